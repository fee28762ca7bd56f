import { Trans, useLingui } from "@lingui/react/macro";
import { Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useFeature } from "@/lib/access";
import { wordsFor } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { Section } from "@/ui/Page";
import { toast } from "@/ui/Toast";
import { Typed } from "@/ui/Typed";
import type { Role } from "../api";
import { useDeleteRole } from "../mutations";
import { useAbilities } from "../words";
import { useRoleWords } from "./refusals";

const RoleFormDialog = lazy(() => import("./RoleFormDialog"));
const ConfirmDialog = lazy(async () => ({ default: (await import("@/ui/Dialog")).ConfirmDialog }));

type Open = { what: "form" | "delete"; role: Role | null };

/** The roles that the workspace has made: made, changed and deleted by those who may. */
export function OwnRoles({ roles }: { roles: readonly Role[] }) {
  const { t } = useLingui();
  const isIncluded = useFeature("custom_roles");
  const abilities = useAbilities();
  const [open, setOpen] = useState<Open | null>(null);
  const remove = useDeleteRole();
  const words = useRoleWords();
  const close = () => setOpen(null);
  const ask = (role: Role) => {
    remove.reset();
    setOpen({ what: "delete", role });
  };
  return (
    <Section
      title={<Trans>Roles of your own</Trans>}
      description={
        isIncluded ? (
          <Trans>For people who need some of what another role has, such as a bookkeeper.</Trans>
        ) : (
          <Trans>
            With the Enterprise plan you make roles that fit your team, such as a bookkeeper who
            sees usage and invoices but changes no photo. The four roles below come with every plan.
          </Trans>
        )
      }
      actions={
        <Button
          kind="secondary"
          unavailable={!isIncluded}
          onClick={() => setOpen({ what: "form", role: null })}
        >
          <Plus aria-hidden className="size-4.5" />
          <Trans>New role</Trans>
        </Button>
      }
    >
      {roles.length > 0 && (
        <ul className="grid divide-y divide-line">
          {roles.map((role) => (
            <li key={role.key} className="flex flex-wrap items-center gap-x-4 gap-y-3 py-4">
              <span className="grid min-w-0 flex-1 basis-56 [overflow-wrap:anywhere]">
                <bdi className="font-medium">{role.name}</bdi>
                <span className="text-caption text-quiet">{abilities(role.permissions)}</span>
              </span>
              <span className="flex flex-wrap gap-3">
                {isIncluded && (
                  <Button
                    kind="secondary"
                    size="small"
                    aria-label={t`Change ${role.name}`}
                    onClick={() => setOpen({ what: "form", role })}
                  >
                    <Trans>Change</Trans>
                  </Button>
                )}
                <Button
                  kind="secondary"
                  size="small"
                  aria-label={t`Delete ${role.name}`}
                  onClick={() => ask(role)}
                >
                  <Trans>Delete</Trans>
                </Button>
              </span>
            </li>
          ))}
        </ul>
      )}
      {isIncluded && roles.length === 0 && (
        <p className="text-quiet">
          <Trans>None yet. Most teams do well with the four below.</Trans>
        </p>
      )}
      <Suspense>
        {open?.what === "form" && <RoleFormDialog role={open.role} onClose={close} />}
        {open?.what === "delete" && open.role && (
          <ConfirmDialog
            open
            onOpenChange={close}
            title={
              <Trans>
                Delete the role “<Typed text={open.role.name} />
                ”?
              </Trans>
            }
            description={<Trans>Open invitations with this role stop working.</Trans>}
            confirm={<Trans>Delete</Trans>}
            busy={remove.isPending}
            onConfirm={() =>
              open.role &&
              remove.mutate(open.role, {
                onSuccess: () => {
                  close();
                  toast({ title: t`The role is deleted.` });
                },
              })
            }
          >
            {remove.error && <Notice tone="danger">{wordsFor(remove.error, words)}</Notice>}
          </ConfirmDialog>
        )}
      </Suspense>
    </Section>
  );
}
