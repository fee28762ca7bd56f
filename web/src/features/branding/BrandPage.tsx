import { t } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useCan } from "@/lib/access";
import { boot } from "@/lib/boot";
import { showBrand } from "@/lib/brand";
import { type Colors, readColor, tokensOf } from "@/lib/contrast";
import { formState } from "@/lib/refusals";
import { showTheme } from "@/lib/theme";
import { Button } from "@/ui/Button";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { Notice } from "@/ui/Notice";
import { Page, Section } from "@/ui/Page";
import { toast } from "@/ui/Toast";
import { type Branding, type BrandingChange, brandingQuery, useChangeBranding } from "./api";
import { ColorField } from "./parts/ColorField";
import { Preview } from "./parts/Preview";

export function BrandPage() {
  const mayChange = useCan("tenant:manage");
  const { branding, tag } = useSuspenseQuery(brandingQuery).data;
  const [draft, setDraft] = useState(() => draftOf(branding));
  // While a colour is being typed, the last one that was complete is shown.
  const [colors, setColors] = useState<Colors>(branding.colors);
  const [unread, setUnread] = useState<Record<string, string>>();
  const publishing = useChangeBranding();
  const { t } = useLingui();

  const type = (part: keyof Colors) => (text: string) => {
    setDraft({ ...draft, [part]: text });
    const color = readColor(text);
    if (color) setColors({ ...colors, [part]: color });
  };
  const publish = (change: BrandingChange) =>
    publishing.mutate(
      { change, tag },
      {
        onSuccess: ({ branding: now }) => {
          setDraft({ ...draftOf(now), ...("name" in change ? {} : { name: draft.name }) });
          setColors(now.colors);
          showTheme(now.tokens);
          showBrand(now);
          toast({ title: <Trans>Published. Visitors see it from now on.</Trans> });
        },
      },
    );

  const state = formState(publishing, {
    branding_changed: t`Somebody else has published something meanwhile. Yours is still here: publish again to replace theirs.`,
    permission_denied: t`You may no longer change this. Ask an owner or an admin.`,
  });
  const tokens = tokensOf(colors);
  const name = draft.name.trim() || boot.name;
  return (
    <Page
      title={<Trans>Brand</Trans>}
      lead={<Trans>How this workspace presents itself to everybody who opens it.</Trans>}
    >
      <div className="grid grid-cols-1 items-start gap-8 lg:grid-cols-[minmax(0,5fr)_minmax(0,7fr)]">
        {mayChange ? (
          <Form
            {...state}
            errors={unread ?? state.errors}
            onSubmit={() => {
              const wrong = unreadIn(draft);
              setUnread(wrong);
              if (!wrong) publish({ name: draft.name.trim() || null, colors });
            }}
          >
            <Section
              title={<Trans>Name and colours</Trans>}
              actions={
                <>
                  <Button
                    kind="quiet"
                    className="max-sm:h-auto! max-sm:min-h-11 max-sm:whitespace-normal!"
                    onClick={() => publish({ colors: null })}
                    unavailable={publishing.isPending}
                  >
                    <Trans>Use the platform’s colours</Trans>
                  </Button>
                  <Button type="submit" busy={publishing.isPending}>
                    <Trans>Publish</Trans>
                  </Button>
                </>
              }
            >
              <Field
                name="name"
                label={<Trans>Name shown to visitors</Trans>}
                hint={<Trans>Left empty, it is the name of the workspace.</Trans>}
                value={draft.name}
                onValueChange={(text: string) => setDraft({ ...draft, name: text })}
                placeholder={boot.name}
                maxLength={120}
                autoComplete="organization"
              />
              <ColorField
                name="primary"
                label={t`Primary colour`}
                hint={<Trans>For the main button and for links.</Trans>}
                value={draft.primary}
                onChange={type("primary")}
              />
              <ColorField
                name="accent"
                label={t`Accent colour`}
                hint={<Trans>Around what has the focus.</Trans>}
                value={draft.accent}
                onChange={type("accent")}
              />
            </Section>
          </Form>
        ) : (
          <Notice>
            <Trans>Owners and admins of this workspace can change its name and colours.</Trans>
          </Notice>
        )}
        <section className="grid gap-4" aria-label={t`Preview`}>
          <div className="grid grid-cols-1 gap-6 sm:grid-cols-2">
            <Preview
              look="light"
              title={<Trans>On light pages</Trans>}
              name={name}
              colors={colors}
              theme={tokens.light}
            />
            <Preview
              look="dark"
              title={<Trans>On dark pages</Trans>}
              name={name}
              colors={colors}
              theme={tokens.dark}
            />
          </div>
          <p className="text-caption text-quiet">
            <Trans>
              A colour that would be hard to read or to see is shown lighter or darker. Its hue
              stays.
            </Trans>
          </p>
        </section>
      </div>
    </Page>
  );
}

type Draft = { name: string } & Colors;

function draftOf(branding: Branding): Draft {
  return { name: branding.name === boot.name ? "" : branding.name, ...branding.colors };
}

/** What to say of colours that are none. */
function unreadIn({ primary, accent }: Draft): Record<string, string> | undefined {
  const wrong = Object.entries({ primary, accent }).filter(([, text]) => !readColor(text));
  if (wrong.length === 0) return undefined;
  const words = t`Write a colour in six digits, as #1f4d3a, or pick one.`;
  return Object.fromEntries(wrong.map(([field]) => [field, words]));
}
