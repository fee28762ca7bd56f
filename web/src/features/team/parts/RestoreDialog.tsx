import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useCan, useSession } from "@/lib/access";
import { ApiError } from "@/lib/api";
import { proof } from "@/lib/proof";
import { formState } from "@/lib/refusals";
import { useStore } from "@/lib/store";
import { Button, buttonLook } from "@/ui/Button";
import { Dialog, FormActions } from "@/ui/Dialog";
import { Form } from "@/ui/Form";
import { toast } from "@/ui/Toast";
import { Typed } from "@/ui/Typed";
import type { Member, Role } from "../api";
import { useRestoreMember } from "../mutations";
import { givable } from "../rules";
import { RoleChoice } from "./RoleChoice";
import { useRestoreWords } from "./refusals";

// What is proposed for somebody whose role does not exist any more.
const LEAST = "viewer";

/** Bring somebody back, as what they were or as something else. */
export default function RestoreDialog({
  member,
  roles,
  onClose,
}: {
  member: Member;
  roles: Role[];
  onClose: () => void;
}) {
  const { t } = useLingui();
  const { permissions } = useSession();
  const restore = useRestoreMember();
  const words = useRestoreWords();
  const canManageKeys = useCan("api_keys:manage");
  const [role, setRole] = useState(member.role ?? LEAST);
  const [resumes, setResumes] = useState(false);
  // The question who it is stands alone.
  const isProving = useStore(proof.wanted);
  const { error } = restore;
  const isFull = error instanceof ApiError && error.code === "no_seat_left";
  const save = () =>
    restore.mutate(
      { member, role, resumes },
      {
        onSuccess: () => {
          onClose();
          toast({ title: t`${member.name} belongs to the workspace again.` });
        },
      },
    );
  return (
    <Dialog
      open={!isProving}
      onOpenChange={onClose}
      title={
        <Trans>
          Bring back <Typed text={member.name} />
        </Trans>
      }
      description={<Trans>They take a seat again, with what they had made.</Trans>}
    >
      <Form
        {...formState(restore, words)}
        way={
          isFull && (
            <Link to="/office/usage" className={buttonLook("secondary", "small")}>
              <Trans>What the plan includes</Trans>
            </Link>
          )
        }
        onSubmit={save}
      >
        <RoleChoice roles={givable(roles, permissions)} value={role} onChange={setRole} />
        {canManageKeys && (
          <label className="flex min-h-11 cursor-pointer items-center gap-3">
            <input
              type="checkbox"
              checked={resumes}
              onChange={(event) => setResumes(event.currentTarget.checked)}
              className="size-4.5 shrink-0 accent-brand"
            />
            <Trans>Let the API keys work again that they had made</Trans>
          </label>
        )}
        <FormActions onCancel={onClose}>
          <Button type="submit" busy={restore.isPending}>
            <Trans>Bring back</Trans>
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  );
}
