import { Trans } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useCan } from "@/lib/access";
import { rolesQuery } from "./api";
import { NotShown } from "./parts/NotShown";
import { OwnRoles } from "./parts/OwnRoles";
import { RoleTable } from "./parts/RoleTable";
import { TeamPlace } from "./parts/TeamPlace";

/** What each role may do, and the roles that the workspace has made. */
export function RolesPage() {
  return useCan("members:read") ? <Roles /> : <NotShown />;
}

function Roles() {
  const { data: roles } = useSuspenseQuery(rolesQuery);
  const makesRoles = useCan("roles:manage");
  return (
    <TeamPlace
      title={<Trans>Roles</Trans>}
      lead={<Trans>What people may do here. Each has one role.</Trans>}
    >
      {makesRoles && <OwnRoles roles={roles.filter(({ is_custom }) => is_custom)} />}
      <RoleTable roles={roles} />
    </TeamPlace>
  );
}
