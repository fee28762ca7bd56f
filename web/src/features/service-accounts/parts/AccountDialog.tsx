import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { type Role, RolePicker } from "@/features/team";
import { formState } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Dialog, FormActions } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { toast } from "@/ui/Toast";
import { type ServiceAccount, useSaveAccount } from "../api";
import { useAccountWords } from "../words";

// What a program needs that furnishes photos.
const USUAL = "member";

/** Make a service account, or change one. */
export default function AccountDialog({
  account,
  roles,
  onClose,
}: {
  account: ServiceAccount | null;
  roles: readonly Role[];
  onClose: () => void;
}) {
  const { t } = useLingui();
  const save = useSaveAccount();
  const words = useAccountWords();
  const first = account?.role ?? USUAL;
  const [role, setRole] = useState(roles.some(({ key }) => key === first) ? first : "");
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={account ? <Trans>Change a service account</Trans> : <Trans>New service account</Trans>}
      description={
        account ? (
          <Trans>Another role takes effect within a second, for its keys too.</Trans>
        ) : (
          <Trans>Give each program one of its own, then make keys for it.</Trans>
        )
      }
    >
      <Form<{ name: string }>
        {...formState(save, words, { at: { service_account_name_taken: "name" } })}
        busy={save.isPending || role === ""}
        onSubmit={({ name }) =>
          save.mutate(
            { account, wish: { name, role } },
            {
              onSuccess: () => {
                onClose();
                toast({
                  title: account
                    ? t`The service account is changed.`
                    : t`The service account is made. Now make a key for it.`,
                });
              },
            },
          )
        }
      >
        <Field
          name="name"
          label={<Trans>Name</Trans>}
          placeholder={t`Listing importer`}
          defaultValue={account?.name}
          maxLength={120}
          required
          autoComplete="off"
          autoFocus
        />
        <RolePicker label={<Trans>Role</Trans>} roles={roles} value={role} onChange={setRole} />
        <FormActions onCancel={onClose}>
          <Button type="submit" busy={save.isPending} unavailable={role === ""}>
            {account ? <Trans>Save</Trans> : <Trans>Make it</Trans>}
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  );
}
