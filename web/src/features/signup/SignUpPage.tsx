import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { boot } from "@/lib/boot";
import { formState } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { ChoiceGroup } from "@/ui/ChoiceGroup";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { Heading } from "@/ui/Page";
import { type SignupWish, useSignUp } from "./api";
import { SlugField } from "./parts/SlugField";
import { slugOf } from "./slugs";

type Kind = SignupWish["tenant"]["type"];

/** An account and a workspace in one form. */
export function SignUpPage() {
  const navigate = useNavigate();
  const signUp = useSignUp();
  const [kind, setKind] = useState<Kind>("individual");
  const [name, setName] = useState("");
  const [own, setOwn] = useState<string | null>(null);
  const slug = own ?? slugOf(name);
  return (
    <div className="grid gap-8">
      <header className="grid gap-1">
        <Heading>
          <Trans>Start with ten free photos</Trans>
        </Heading>
        <p className="text-quiet">
          <Trans>No card. It takes a minute.</Trans>
        </p>
      </header>
      <Form<{ person: string; email: string }>
        {...formState(
          signUp,
          {
            slug_taken: t`That address is taken. Choose another one.`,
            slug_reserved: t`That address is reserved. Choose another one.`,
            slug_invalid: t`That address cannot be used. Choose another one.`,
          },
          {
            at: { slug_taken: "slug", slug_reserved: "slug", slug_invalid: "slug" },
            // The server's names of the fields are those of its own document.
            names: { name: "person", "tenant.name": "workspace", "tenant.slug": "slug" },
          },
        )}
        onSubmit={({ person, email }) =>
          signUp.mutate(
            { email, name: person, locale: boot.locale, tenant: { type: kind, name, slug } },
            { onSuccess: () => void navigate({ to: "/signup/code" }) },
          )
        }
      >
        <Field
          name="person"
          label={<Trans>Your name</Trans>}
          required
          autoComplete="name"
          autoFocus
        />
        <Field
          name="email"
          type="email"
          label={<Trans>Email</Trans>}
          hint={<Trans>A code comes to this address.</Trans>}
          required
          autoComplete="email"
        />
        <ChoiceGroup<Kind>
          name="kind"
          label={<Trans>Who works here</Trans>}
          value={kind}
          onChange={setKind}
          options={[
            { value: "individual", label: t`Only me` },
            { value: "organization", label: t`A team` },
          ]}
        />
        <Field
          name="workspace"
          label={<Trans>Name of the workspace</Trans>}
          placeholder={t`Lakeside Homes`}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          required
          autoComplete="organization"
        />
        <SlugField value={slug} onChange={setOwn} />
        <Button type="submit" size="large" busy={signUp.isPending}>
          <Trans>Send me the code</Trans>
        </Button>
      </Form>
      <p className="text-quiet">
        <Trans>
          Have an account already?{" "}
          <Link to="/login" className="text-brand-text underline underline-offset-4">
            Log in
          </Link>
        </Trans>
      </p>
    </div>
  );
}
