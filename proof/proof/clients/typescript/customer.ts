// What a customer's program looks like with the generated types. It is compiled, not run: the
// compiler says whether the types are of use, such as that a refusal has a `code`.
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "./schema.ts";

type Problem = components["schemas"]["Problem"];
type Project = components["schemas"]["ProjectRead"];

export class Refused extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.status} ${problem.code}: ${problem.detail} (${problem.request_id})`);
    this.problem = problem;
  }
}

export function api(host: string, key: string) {
  const client = createClient<paths>({ baseUrl: host });
  const authorize: Middleware = {
    onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${key}`);
    },
  };
  client.use(authorize);
  return client;
}

export async function stage(
  client: ReturnType<typeof api>,
  photo: Blob,
  style: string,
): Promise<Project> {
  const ticket = await client.POST("/v1/uploads", {
    body: { filename: "room.jpg", content_type: "image/jpeg", size: photo.size },
  });
  // A refusal is never undefined, whatever its status.
  if (ticket.error !== undefined) throw new Refused(ticket.error);
  const { id, url, method, headers } = ticket.data;
  const stored = await fetch(url, { method, headers, body: photo });
  // 412 says that an earlier attempt has arrived.
  if (!stored.ok && stored.status !== 412) throw new Error(`the store says ${stored.status}`);
  const created = await client.POST("/v1/projects", {
    params: { header: { "Idempotency-Key": id } },
    body: { upload_id: id, room_type: "living_room", style },
  });
  if (created.error !== undefined) throw new Refused(created.error);
  return created.data;
}

export function explain(problem: Problem): string {
  switch (problem.code) {
    case "quota_exceeded":
      return `${problem.used} of ${problem.limit} used until ${problem.resets_at ?? "you upgrade"}`;
    case "invalid_request":
      return (problem.errors ?? []).map((each) => `${each.field} ${each.message}`).join("; ");
    default:
      return problem.detail;
  }
}
