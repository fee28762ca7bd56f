import { defineConfig } from "@lingui/cli";
import { formatter } from "@lingui/format-po";

// The test that compares them with the sources has catalogs of its own.
const catalogs = process.env.WEB_CATALOGS ?? "<rootDir>/src";

// Each feature has catalogs of its own, so that two people seldom touch the same file.
export default defineConfig({
  sourceLocale: "en",
  locales: ["en", "de"],
  catalogs: [
    {
      path: `${catalogs}/features/{name}/locales/{locale}`,
      include: ["<rootDir>/src/features/{name}/"],
    },
    {
      path: `${catalogs}/locales/{locale}`,
      include: ["<rootDir>/src/"],
      exclude: ["<rootDir>/src/features/**"],
    },
  ],
  format: formatter({ lineNumbers: false }),
});
