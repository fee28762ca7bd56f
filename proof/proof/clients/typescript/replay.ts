// Gives every recorded answer to the client that openapi-fetch makes of the generated types, and
// checks what it returns with the document's own schemas. Prints a line of JSON for each complaint.
import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import createClient from "openapi-fetch";
import type { paths } from "./schema.ts";

interface Recorded {
  method: string;
  // The call's path in the document; or what to check a body with that comes from no call of it.
  template?: string;
  schema?: string;
  status: number;
  content_type: string;
  headers: Record<string, string>;
  body: string;
}

type Json = Record<string, unknown>;

const [documentFile, recordedFile] = process.argv.slice(2) as [string, string];
const document = JSON.parse(readFileSync(documentFile, "utf8")) as Json;
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv, { keywords: true });
ajv.addSchema({ ...document, $id: "https://document.invalid/" });

const validators = new Map<string, ValidateFunction>();

function validator(pointer: string): ValidateFunction {
  const known = validators.get(pointer);
  if (known !== undefined) return known;
  const made = ajv.compile({ $ref: `https://document.invalid/#${pointer}` });
  validators.set(pointer, made);
  return made;
}

function resolved(node: Json): Json {
  if (typeof node.$ref !== "string") return node;
  const [, , kind, name] = node.$ref.split("/") as [string, string, string, string];
  return ((document.components as Json)[kind] as Json)[name] as Json;
}

/** The pointer to the schema of an answer; null if it has no body; undefined if it is unknown. */
function schemaOf(each: Recorded): string | null | undefined {
  const item = (document.paths as Json)[each.template as string] as Json;
  const operation = item[each.method.toLowerCase()] as Json;
  const response = (operation.responses as Json)[each.status] as Json | undefined;
  if (response === undefined) return undefined;
  const content = resolved(response).content as Json | undefined;
  if (content === undefined) return each.body === "" ? null : undefined;
  if ((content[each.content_type] as Json | undefined)?.schema === undefined) return undefined;
  const steps = ["paths", each.template as string, each.method.toLowerCase(), "responses", `${each.status}`];
  const at = typeof response.$ref === "string" ? response.$ref.slice(1) : pointerOf(steps);
  return at + pointerOf(["content", each.content_type, "schema"]);
}

/** The names of members, one inside the other, as part of a JSON pointer in an address. */
function pointerOf(names: string[]): string {
  const escaped = names.map((name) => name.replaceAll("~", "~0").replaceAll("/", "~1"));
  return escaped.map((name) => `/${encodeURIComponent(name)}`).join("");
}

function invalid(pointer: string, body: unknown): string | null {
  const validate = validator(pointer);
  return validate(body) ? null : ajv.errorsText(validate.errors);
}

async function complaint(each: Recorded): Promise<string | null> {
  if (each.schema !== undefined) {
    return each.body === "" ? null : invalid(each.schema, JSON.parse(each.body));
  }
  const client = createClient<paths>({
    baseUrl: "https://recorded.invalid",
    fetch: async () => {
      const body = each.body === "" ? null : each.body;
      return new Response(body, { status: each.status, headers: each.headers });
    },
  });
  // The request is not sent, so it does not matter which path it has.
  const { data, error } = await client.request(
    each.method.toLowerCase() as "get",
    each.template as "/v1/session",
  );
  const got: unknown = each.status < 300 ? data : error;
  const pointer = schemaOf(each);
  if (pointer === undefined) return `the document has no such answer (${each.content_type})`;
  if (pointer === null || each.method === "HEAD") return null;
  if (got === undefined || got === null) return "the client makes nothing of it";
  if (JSON.stringify(got) !== JSON.stringify(JSON.parse(each.body))) return "the client changes it";
  return invalid(pointer, got);
}

const lines = readFileSync(recordedFile, "utf8").split("\n").filter((line) => line !== "");
for (const [index, line] of lines.entries()) {
  const text = await complaint(JSON.parse(line) as Recorded).catch((error: unknown) => `${error}`);
  if (text !== null) console.log(JSON.stringify({ index, text }));
}
