import { Trans } from "@lingui/react/macro";
import { useId } from "react";
import { looks } from "@/ui/looks";
import type { Role } from "../api";
import { useAbilities, useRoleName, useRoleSentence } from "../words";

/** A line with a round button that is chosen as a whole. */
export const choiceLook = looks(
  "flex cursor-pointer gap-3 rounded-card border border-line p-3.5 transition-colors duration-120",
  "hover:bg-raised has-checked:border-brand-ring has-checked:outline-1 has-checked:outline-brand-ring",
  "has-focus-visible:outline-3 has-focus-visible:outline-brand-ring",
);

/** One of the roles that one may give, each with what it is for. */
export function RoleChoice({
  roles,
  value,
  onChange,
}: {
  roles: readonly Role[];
  value: string;
  onChange: (key: string) => void;
}) {
  const group = useId();
  const roleName = useRoleName();
  const sentence = useRoleSentence();
  const abilities = useAbilities();
  return (
    <fieldset className="grid gap-2">
      <legend className="sr-only">
        <Trans>Role</Trans>
      </legend>
      {roles.map((role) => (
        <label key={role.key} className={choiceLook}>
          <input
            type="radio"
            name={group}
            value={role.key}
            checked={role.key === value}
            onChange={() => onChange(role.key)}
            className="mt-1 size-4 shrink-0 accent-brand"
          />
          <span className="grid min-w-0">
            <span className="font-medium">
              <bdi>{roleName(role)}</bdi>
            </span>
            <span className="text-caption text-quiet">
              {sentence(role) ?? abilities(role.permissions)}
            </span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
