// Prints what Redocly's strict rules find wrong with a document, one line for each.
import { createConfig, lint } from "@redocly/openapi-core";

const config = await createConfig({
  extends: ["recommended-strict"],
  rules: {
    // The platform has no licence yet, and a tag is a word that needs no explanation.
    "info-license": "off",
    "tag-description": "off",
    // A redirect is what some calls are for.
    "operation-2xx-response": "off",
    "operation-operationId-url-safe": "error",
    "operation-singular-tag": "error",
    "no-invalid-media-type-examples": "error",
    "no-invalid-schema-examples": "error",
    "no-invalid-parameter-examples": "error",
    "response-mime-type": "off",
  },
});
// JSON Schema has no bounds of times, and these are what ajv calls them.
const known = /Property `format(Minimum|Maximum)` is not expected here/;
for (const problem of await lint({ ref: process.argv[2], config })) {
  if (known.test(problem.message)) continue;
  const place = problem.location[0]?.pointer ?? "";
  console.log(`${problem.ruleId} ${place}: ${problem.message}`);
}
