import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { useSession } from "@/lib/access";
import { formState } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Dialog, FormActions } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { toast } from "@/ui/Toast";
import type { Role, RoleWish } from "../api";
import { useSaveRole } from "../mutations";
import {
  ALWAYS,
  GROUPS,
  type Group,
  grantable,
  switched,
  useGroupNames,
  usePermissionNames,
} from "../permissions";
import { useRoleWords } from "./refusals";

/** Make a role, or change one: its name, and what it may do. */
export default function RoleFormDialog({
  role,
  onClose,
}: {
  role: Role | null;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const save = useSaveRole();
  const words = useRoleWords();
  const [chosen, setChosen] = useState([...new Set([...ALWAYS, ...(role?.permissions ?? [])])]);
  const submit = ({ name }: { name: string }) =>
    save.mutate(
      { role, wish: { name, permissions: chosen as RoleWish["permissions"] } },
      {
        onSuccess: () => {
          onClose();
          toast({ title: role ? t`The role is changed.` : t`The role is made.` });
        },
      },
    );
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={role ? <Trans>Change a role</Trans> : <Trans>New role</Trans>}
      description={
        role ? (
          <Trans>It takes effect within a second for everybody who has this role.</Trans>
        ) : (
          <Trans>Nobody can give what they may not do themselves.</Trans>
        )
      }
    >
      <Form<{ name: string }>
        {...formState(save, words, { at: { role_name_taken: "name" } })}
        onSubmit={submit}
      >
        <Field
          name="name"
          label={<Trans>Name</Trans>}
          placeholder={t`Bookkeeper`}
          defaultValue={role?.name}
          maxLength={100}
          required
          autoComplete="off"
          autoFocus
        />
        <p className="text-caption text-quiet">
          <Trans>Every role sees photos, usage, the workspace and who belongs to it.</Trans>
        </p>
        <Choice chosen={chosen} onChange={setChosen} />
        <FormActions onCancel={onClose}>
          <Button type="submit" busy={save.isPending}>
            {role ? <Trans>Save</Trans> : <Trans>Make the role</Trans>}
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  );
}

function Choice({
  chosen,
  onChange,
}: {
  chosen: string[];
  onChange: (permissions: string[]) => void;
}) {
  const { permissions } = useSession();
  const names = usePermissionNames();
  const groups = useGroupNames();
  const may = grantable(permissions);
  return (Object.keys(GROUPS) as Group[]).map((group) => {
    const shown = GROUPS[group].filter((each) => may.includes(each) || chosen.includes(each));
    if (shown.length === 0) return null;
    return (
      <fieldset key={group} className="grid">
        <legend className="mb-1 font-medium text-caption">{groups[group]}</legend>
        {shown.map((permission) => (
          <label
            key={permission}
            className="flex min-h-11 cursor-pointer items-center gap-3 has-disabled:cursor-default has-disabled:text-quiet"
          >
            <input
              type="checkbox"
              disabled={ALWAYS.includes(permission)}
              checked={chosen.includes(permission)}
              onChange={(event) =>
                onChange(switched(chosen, permission, event.currentTarget.checked))
              }
              className="size-4.5 shrink-0 accent-brand"
            />
            {names[permission]}
          </label>
        ))}
      </fieldset>
    );
  });
}
