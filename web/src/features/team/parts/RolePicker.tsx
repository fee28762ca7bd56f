import type { ReactNode } from "react";
import { ChoiceGroup } from "@/ui/ChoiceGroup";
import type { Role } from "../api";
import { useAbilities, useRoleName, useRoleSentence } from "../words";

/** One of the roles in a row, for forms that ask for more besides; what the chosen one is for stands below. */
export function RolePicker({
  label,
  roles,
  value,
  onChange,
}: {
  label: ReactNode;
  roles: readonly Role[];
  value: string;
  onChange: (key: string) => void;
}) {
  const roleName = useRoleName();
  const sentence = useRoleSentence();
  const abilities = useAbilities();
  const chosen = roles.find(({ key }) => key === value);
  return (
    <div className="grid gap-2">
      <ChoiceGroup
        name="role"
        label={label}
        value={value}
        onChange={onChange}
        options={roles.map((role) => ({ value: role.key, label: <bdi>{roleName(role)}</bdi> }))}
      />
      {chosen && (
        <p className="text-caption text-quiet">
          {sentence(chosen) ?? abilities(chosen.permissions)}
        </p>
      )}
    </div>
  );
}
