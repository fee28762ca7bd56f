import type { Messages } from "@lingui/core";

// All catalogs of this language, in one file of the build.
const catalogs = import.meta.glob<Messages>("/src/**/locales/en.po", {
  eager: true,
  import: "messages",
});

export const messages: Messages = Object.assign({}, ...Object.values(catalogs));
