import { Trans, useLingui } from "@lingui/react/macro";
import { Check } from "lucide-react";
import { Fragment } from "react";
import { Section } from "@/ui/Page";
import type { Role } from "../api";
import { GROUPS, type Group, useGroupNames, usePermissionNames } from "../permissions";
import { useRoleName, useRoleSentence } from "../words";

/** What each role may do: a table, and on a phone a list for each role. */
export function RoleTable({ roles }: { roles: readonly Role[] }) {
  return (
    <Section title={<Trans>What each role may do</Trans>}>
      <Lists roles={roles} />
      <Columns roles={roles} />
    </Section>
  );
}

function Columns({ roles }: { roles: readonly Role[] }) {
  const { t } = useLingui();
  const roleName = useRoleName();
  const names = usePermissionNames();
  const groups = useGroupNames();
  return (
    <section
      aria-label={t`Roles`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the keyboard
      tabIndex={0}
      className="-mx-1 overflow-x-auto px-1 max-sm:hidden"
    >
      <table className="w-full border-collapse text-left">
        <thead>
          <tr className="border-line border-b">
            <td />
            {roles.map((role) => (
              <th key={role.key} scope="col" className="min-w-24 max-w-40 px-3 pb-2 text-center">
                <bdi className="font-medium text-caption">{roleName(role)}</bdi>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {(Object.keys(GROUPS) as Group[]).map((group) => (
            <Fragment key={group}>
              <tr>
                <th
                  scope="colgroup"
                  colSpan={roles.length + 1}
                  className="pt-5 pb-1 font-medium text-caption text-quiet"
                >
                  {groups[group]}
                </th>
              </tr>
              {GROUPS[group].map((permission) => (
                <tr key={permission} className="border-line border-b last:border-0">
                  <th scope="row" className="py-2 pr-4 font-normal">
                    {names[permission]}
                  </th>
                  {roles.map((role) => (
                    <td key={role.key} className="px-3 py-2 text-center">
                      {role.permissions.includes(permission) ? (
                        <Check
                          role="img"
                          aria-label={t`yes`}
                          className="mx-auto size-4.5 text-brand-text"
                        />
                      ) : (
                        <span className="text-quiet">
                          <span aria-hidden>–</span>
                          <span className="sr-only">{t`no`}</span>
                        </span>
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </Fragment>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Lists({ roles }: { roles: readonly Role[] }) {
  const roleName = useRoleName();
  const sentence = useRoleSentence();
  const names = usePermissionNames();
  return (
    <dl className="grid gap-6 sm:hidden">
      {roles.map((role) => (
        <div key={role.key} className="grid gap-1">
          <dt className="font-medium">
            <bdi>{roleName(role)}</bdi>
          </dt>
          <dd>
            <details>
              <summary className="min-h-11 cursor-pointer content-center text-quiet">
                {sentence(role) ?? <Trans>A role of this workspace</Trans>}
              </summary>
              <ul className="grid list-disc gap-1 pl-5 text-quiet">
                {Object.values(GROUPS)
                  .flat()
                  .filter((each) => role.permissions.includes(each))
                  .map((each) => (
                    <li key={each}>{names[each]}</li>
                  ))}
              </ul>
            </details>
          </dd>
        </div>
      ))}
    </dl>
  );
}
