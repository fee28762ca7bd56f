import type { Messages } from "@lingui/core";

// What is loaded with every page: the texts of the frames, and of features that several others show.
const catalogs = import.meta.glob<Messages>(
  ["/src/locales/de.po", "/src/features/{catalog,photos,session,usage}/locales/de.po"],
  { eager: true, import: "messages" },
);

export const messages: Messages = Object.assign({}, ...Object.values(catalogs));
