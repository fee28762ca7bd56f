import { Trans, useLingui } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { setLocale, setLook } from "@/lib/preferences";
import { wordsFor } from "@/lib/refusals";
import { ChoiceGroup } from "@/ui/ChoiceGroup";
import { Notice } from "@/ui/Notice";
import { Section } from "@/ui/Page";
import { type Me, type MeChange, meQuery, useChangeMe } from "../api";

type Theme = NonNullable<Me["theme"]> | "auto";
type Language = NonNullable<Me["locale"]> | "auto";

/** Language and look; what is chosen is shown at once. */
export function Looks() {
  const { t } = useLingui();
  const { data: me } = useSuspenseQuery(meQuery);
  const change = useChangeMe();
  // What was chosen shows at once, and is taken back if it could not be kept.
  const [wish, setWish] = useState<MeChange>({});
  const shown = { ...me, ...wish };
  const wishFor = (next: MeChange, onSuccess: () => void) => {
    setWish(next);
    change.mutate(next, { onSuccess, onSettled: () => setWish({}) });
  };
  const chooseLook = (theme: Theme) => {
    const chosen = theme === "auto" ? null : theme;
    wishFor({ theme: chosen }, () => setLook(chosen));
  };
  const setLanguage = (language: Language) => {
    const chosen = language === "auto" ? null : language;
    wishFor({ locale: chosen }, () => {
      setLocale(chosen);
      // The page is written anew in that language.
      location.reload();
    });
  };
  return (
    <Section title={<Trans>Language and look</Trans>}>
      {change.error && <Notice tone="danger">{wordsFor(change.error)}</Notice>}
      <ChoiceGroup<Language>
        name="language"
        label={<Trans>Language, also of your mails</Trans>}
        value={shown.locale ?? "auto"}
        onChange={setLanguage}
        options={[
          { value: "auto", label: t`Same as the browser` },
          { value: "en", label: "English" },
          { value: "de", label: "Deutsch" },
        ]}
      />
      <ChoiceGroup<Theme>
        name="look"
        label={<Trans>Look</Trans>}
        value={shown.theme ?? "auto"}
        onChange={chooseLook}
        options={[
          { value: "auto", label: t`Same as the device` },
          { value: "light", label: t`Light` },
          { value: "dark", label: t`Dark` },
        ]}
      />
    </Section>
  );
}
