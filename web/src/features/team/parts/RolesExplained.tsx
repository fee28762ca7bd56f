import { Trans } from "@lingui/react/macro";
import { Section } from "@/ui/Page";
import type { Role } from "../api";
import { type Explained, explained } from "../rules";
import { useBaseWords, usePermissionWords, useRoleName } from "../words";

/** What each role may do; each builds on another. */
export function RolesExplained({ roles }: { roles: Role[] }) {
  const roleName = useRoleName();
  return (
    <Section title={<Trans>What each role may do</Trans>}>
      <dl className="grid gap-x-8 gap-y-6 sm:grid-cols-2 lg:grid-cols-4">
        {explained(roles).map((each) => (
          <div key={each.role.key} className="grid content-start gap-2">
            <dt className="font-medium">
              <bdi>{roleName(each.role)}</bdi>
            </dt>
            <dd>
              <Abilities {...each} />
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}

function Abilities({ base, more }: Explained) {
  const baseWords = useBaseWords();
  const words = usePermissionWords();
  return (
    <ul className="grid gap-1 text-quiet">
      {base && <li>{baseWords(base)}</li>}
      {words(more).map((each) => (
        <li key={each}>{each}</li>
      ))}
    </ul>
  );
}
