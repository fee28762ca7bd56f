import { Trans, useLingui } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { formState } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { Section } from "@/ui/Page";
import { toast } from "@/ui/Toast";
import { meQuery, useChangeMe } from "../api";

export function Profile() {
  const { t } = useLingui();
  const { data: me } = useSuspenseQuery(meQuery);
  const change = useChangeMe();
  return (
    <Section title={<Trans>You</Trans>}>
      <Form<{ name: string }>
        {...formState(change)}
        onSubmit={({ name }) =>
          change.mutate({ name }, { onSuccess: () => toast({ title: t`Saved.` }) })
        }
      >
        <Field
          name="name"
          label={<Trans>Name</Trans>}
          defaultValue={me.name}
          required
          maxLength={120}
          autoComplete="name"
        />
        <Button type="submit" busy={change.isPending} className="justify-self-start">
          <Trans>Save</Trans>
        </Button>
      </Form>
    </Section>
  );
}
