import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { Building2, LogOut, UserRound } from "lucide-react";
import { useLogOut } from "@/features/session";
import { useSession } from "@/lib/access";
import { boot } from "@/lib/boot";
import { Avatar } from "@/ui/Avatar";
import { Menu, MenuHead, MenuItem, MenuLine, MenuLink } from "@/ui/Menu";

/** Who is signed in, and what concerns only them. */
export default function PersonMenu() {
  const { user } = useSession();
  const logOut = useLogOut();
  return (
    <Menu
      trigger={
        <button type="button" className="grid size-11 place-items-center rounded-full">
          <Avatar name={user?.name ?? ""} />
          <span className="sr-only">
            <Trans>Your account</Trans>
          </span>
        </button>
      }
    >
      <MenuHead>
        <span className="block truncate font-medium text-body text-ink">{user?.name}</span>
        <span className="block truncate">{user?.email}</span>
      </MenuHead>
      <MenuLine />
      <MenuLink link={<Link to="/me" />} icon={<UserRound aria-hidden className="size-4.5" />}>
        <Trans>Your account</Trans>
      </MenuLink>
      <MenuLink
        link={<a href={`${boot.app_url}/tenants`} />}
        icon={<Building2 aria-hidden className="size-4.5" />}
      >
        <Trans>Your workspaces</Trans>
      </MenuLink>
      <MenuItem onClick={() => logOut.mutate()} icon={<LogOut aria-hidden className="size-4.5" />}>
        <Trans>Log out</Trans>
      </MenuItem>
    </Menu>
  );
}
