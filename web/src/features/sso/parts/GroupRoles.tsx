import { Trans, useLingui } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { formState } from "@/lib/refusals";
import { Button, IconButton } from "@/ui/Button";
import { Field, inputLook } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { looks } from "@/ui/looks";
import { type Connection, rolesQuery } from "../api";
import { useChange } from "../mutations";
import { useChangeRefusals, useRoleName } from "../words";

type Row = { id: number; group: string; role: string };

/** Which groups lead to which roles; the first that fits counts. */
export function GroupRoles({ connection }: { connection: Connection }) {
  const { t } = useLingui();
  const change = useChange(connection.id);
  const refusals = useChangeRefusals();
  const roleName = useRoleName();
  // Nobody becomes an owner by a group.
  const roles = useSuspenseQuery(rolesQuery).data.filter(({ key }) => key !== "owner");
  const choices = roles.map((role) => ({ value: role.key, label: roleName(role) }));
  const [rows, setRows] = useState<Row[]>(() =>
    connection.group_roles.map((each, id) => ({ id, ...each })),
  );
  const set = (id: number, part: Partial<Row>) =>
    setRows((known) => known.map((each) => (each.id === id ? { ...each, ...part } : each)));
  const add = () =>
    setRows((known) => [
      ...known,
      { id: Math.max(-1, ...known.map(({ id }) => id)) + 1, group: "", role: "member" },
    ]);
  return (
    <div className="grid gap-4 border-line border-t pt-5">
      <div className="grid gap-1">
        <h3 className="font-semibold">
          <Trans>Groups and roles</Trans>
        </h3>
        <p className="text-caption text-quiet">
          <Trans>
            At each log-in a person gets the role of the first group below that they are in. A role
            that no group has led to stays as you have given it.
          </Trans>
        </p>
      </div>
      <Form<{ group_claim: string }>
        {...formState(change, refusals)}
        onSubmit={({ group_claim }) =>
          change.mutate({
            group_claim,
            group_roles: rows
              .filter(({ group }) => group.trim())
              .map(({ group, role }) => ({ group: group.trim(), role })),
          })
        }
      >
        <RoleSelect
          label={<Trans>Role of everybody else who is new</Trans>}
          choices={choices}
          value={connection.default_role}
          onChange={(role) => change.mutate({ default_role: role })}
          className="max-w-80"
        />
        <Field
          name="group_claim"
          label={<Trans>Claim that names the groups</Trans>}
          defaultValue={connection.group_claim}
          required
          autoComplete="off"
          spellCheck={false}
          className="max-w-80"
        />
        {rows.map(({ id, group, role }, position) => {
          const number = position + 1;
          return (
            <div key={id} className="flex flex-wrap items-end gap-3">
              <Field
                name={`group-${id}`}
                label={t`Group ${number}`}
                value={group}
                onChange={(event) => set(id, { group: event.target.value })}
                autoComplete="off"
                spellCheck={false}
                className="min-w-48 flex-1"
              />
              <RoleSelect
                label={t`Role of group ${number}`}
                choices={choices}
                value={role}
                onChange={(next) => set(id, { role: next })}
                className="min-w-40"
              />
              <IconButton
                label={t`Remove group ${number}`}
                onClick={() => setRows((known) => known.filter((each) => each.id !== id))}
              >
                <X aria-hidden className="size-5" />
              </IconButton>
            </div>
          );
        })}
        <div className="flex flex-wrap items-center gap-3">
          <Button kind="quiet" size="small" onClick={add}>
            <Plus aria-hidden className="size-4" />
            <Trans>Add a group</Trans>
          </Button>
          <Button type="submit" kind="secondary" size="small" busy={change.isPending}>
            <Trans>Save groups</Trans>
          </Button>
          <span aria-live="polite" className="text-caption text-quiet">
            {change.isSuccess && <Trans>Saved</Trans>}
          </span>
        </div>
      </Form>
    </div>
  );
}

/** The browser's own list: there may be many of them, and some are on phones. */
function RoleSelect({
  label,
  choices,
  value,
  onChange,
  className,
}: {
  label: ReactNode;
  choices: readonly { value: string; label: string }[];
  value: string;
  onChange: (value: string) => void;
  className: string;
}) {
  const id = useId();
  return (
    <div className={looks("grid content-start gap-1.5", className)}>
      <label htmlFor={id} className="font-medium text-caption">
        {label}
      </label>
      <select
        id={id}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className={inputLook}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </div>
  );
}
