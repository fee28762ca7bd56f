import { i18n, type Messages } from "@lingui/core";
import { boot, type Locale } from "@/lib/boot";
import { loadTextsBy } from "@/lib/texts";

const SHARED: Record<Locale, () => Promise<{ messages: Messages }>> = {
  en: () => import("./en"),
  de: () => import("./de"),
};
// Those of other features, a file for each. The list is that of `en.ts` and `de.ts`.
const OF_FEATURES = import.meta.glob<Messages>(
  ["/src/features/*/locales/*.po", "!/src/features/{catalog,photos,session,usage}/locales/*.po"],
  { import: "messages" },
);

/** Load what every page shows, in the language that the page came in. */
export async function loadMessages(): Promise<void> {
  const { locale } = boot;
  const { messages } = await SHARED[locale]();
  i18n.load(locale, messages);
  i18n.activate(locale);
  document.documentElement.lang = locale;
}

loadTextsBy(async (feature) => {
  const { locale } = boot;
  const messages = await OF_FEATURES[`/src/features/${feature}/locales/${locale}.po`]?.();
  if (messages) i18n.load(locale, messages);
});
