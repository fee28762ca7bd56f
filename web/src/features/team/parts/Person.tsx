import { Trans } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { Avatar } from "@/ui/Avatar";
import type { Member } from "../api";

/** A line of a list of people: who it is, something about them, what can be done. On a phone the last stands
 * below. */
export function Person({
  person: { name, email },
  isYou = false,
  note,
  children,
}: {
  person: Member;
  isYou?: boolean;
  note: ReactNode;
  children?: ReactNode;
}) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-3 py-4">
      <Avatar name={name} />
      <span className="grid min-w-0 flex-1 basis-56 [overflow-wrap:anywhere]">
        <span className="font-medium">
          <bdi>{name}</bdi>
          {isYou && (
            <span className="ml-2 whitespace-nowrap rounded-full bg-raised px-2 py-0.5 font-normal text-caption text-quiet">
              <Trans>You</Trans>
            </span>
          )}
        </span>
        <span className="text-quiet">{email}</span>
        <span className="text-caption text-quiet">{note}</span>
      </span>
      <span className="flex flex-wrap items-center gap-x-3 gap-y-2 max-sm:w-full max-sm:pl-13">
        {children}
      </span>
    </li>
  );
}
