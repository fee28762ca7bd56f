import { i18n, type Messages } from "@lingui/core";
import type { Locale } from "@/lib/boot";

const LOADERS: Record<Locale, () => Promise<{ messages: Messages }>> = {
  en: () => import("./en"),
  de: () => import("./de"),
};

/** Switch the language of the page. */
export async function loadMessages(locale: Locale): Promise<void> {
  const { messages } = await LOADERS[locale]();
  i18n.loadAndActivate({ locale, messages });
  document.documentElement.lang = locale;
}
