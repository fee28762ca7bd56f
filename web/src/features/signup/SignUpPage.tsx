import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError } from "@/lib/api";
import { boot } from "@/lib/boot";
import { wordsFor } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { ChoiceGroup } from "@/ui/ChoiceGroup";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { Notice } from "@/ui/Notice";
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
  const refusal = signUp.error instanceof ApiError ? signUp.error : null;
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
        busy={signUp.isPending}
        errors={refusal ? fieldsOf(refusal) : undefined}
        onSubmit={({ person, email }) =>
          signUp.mutate(
            { email, name: person, locale: boot.locale, tenant: { type: kind, name, slug } },
            { onSuccess: () => void navigate({ to: "/signup/code" }) },
          )
        }
      >
        {signUp.error && <Notice tone="danger">{wordsOf(signUp.error)}</Notice>}
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
          You have an account?{" "}
          <Link to="/login" className="text-brand-text underline underline-offset-4">
            Log in
          </Link>
        </Trans>
      </p>
    </div>
  );
}

/** The server's names of the fields are those of its own document. */
function fieldsOf(refusal: ApiError): Record<string, string> {
  const names: Record<string, string> = {
    name: "person",
    "tenant.name": "workspace",
    "tenant.slug": "slug",
  };
  const fields = refusal.errors.map(({ field, message }) => [names[field] ?? field, message]);
  if (refusal.code.startsWith("slug_")) fields.push(["slug", refusal.detail]);
  return Object.fromEntries(fields) as Record<string, string>;
}

function wordsOf(error: Error): string {
  const isAboutFields = error instanceof ApiError && error.errors.length > 0;
  if (isAboutFields) return t`Something is not right yet: see below.`;
  return wordsFor(error, { slug_taken: t`That address is taken. Choose another one below.` });
}
