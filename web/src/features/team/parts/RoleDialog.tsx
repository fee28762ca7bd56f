import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { proof } from "@/lib/proof";
import { formState } from "@/lib/refusals";
import { useStore } from "@/lib/store";
import { Button } from "@/ui/Button";
import { Dialog, FormActions } from "@/ui/Dialog";
import { Form } from "@/ui/Form";
import { Notice } from "@/ui/Notice";
import { toast } from "@/ui/Toast";
import { Typed } from "@/ui/Typed";
import type { Member, Role } from "../api";
import { useChangeRole } from "../mutations";
import { givable } from "../rules";
import { useRoleName } from "../words";
import { RoleChoice } from "./RoleChoice";
import { useMemberWords } from "./refusals";

/** Give somebody another role. */
export default function RoleDialog({
  member,
  roles,
  permissions,
  isYou,
  onClose,
}: {
  member: Member;
  roles: Role[];
  permissions: readonly string[];
  isYou: boolean;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const roleName = useRoleName();
  const words = useMemberWords();
  const change = useChangeRole();
  const [chosen, setChosen] = useState(member.role ?? "");
  // The question who it is stands alone.
  const isProving = useStore(proof.wanted);
  const { name } = member;
  const save = () => {
    if (chosen === member.role) return onClose();
    change.mutate(
      { member, role: chosen },
      {
        onSuccess: () => {
          onClose();
          const called = roleName(roles.find(({ key }) => key === chosen));
          toast({ title: t`${name} has a new role: ${called}.` });
        },
      },
    );
  };
  return (
    <Dialog
      open={!isProving}
      onOpenChange={onClose}
      title={
        isYou ? (
          <Trans>Your role</Trans>
        ) : (
          <Trans>
            The role of <Typed text={name} />
          </Trans>
        )
      }
      description={
        isYou ? (
          <Trans>It takes effect everywhere within a second, for your API keys too.</Trans>
        ) : (
          <Trans>It takes effect everywhere within a second, for their API keys too.</Trans>
        )
      }
    >
      <Form {...formState(change, words)} onSubmit={save}>
        <RoleChoice roles={givable(roles, permissions)} value={chosen} onChange={setChosen} />
        {isYou && chosen !== member.role && (
          <Notice tone="warn">
            <Trans>You cannot take this back by yourself: somebody else has to.</Trans>
          </Notice>
        )}
        {!isYou && chosen === "owner" && chosen !== member.role && (
          <Notice tone="warn">
            <Trans>An owner may do everything that you may, also remove you.</Trans>
          </Notice>
        )}
        <FormActions onCancel={onClose}>
          <Button type="submit" busy={change.isPending} unavailable={chosen === ""}>
            <Trans>Save</Trans>
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  );
}
