import { ApiError, api, data, OfflineError, type Schemas, withKey } from "@/lib/api";
import { Refused, type Ticket } from "./queue";
import type { ProjectState, Refusal, Upload } from "./state";

type Project = Schemas["ProjectRead"];

/** Called with every project that a photo of this page has become, before the live stream tells of it. */
export const projectListeners = new Set<(project: Project) => void>();

/** A place for the photo on the server, for five minutes. */
export async function openUpload(upload: Upload, signal: AbortSignal): Promise<Ticket> {
  const { name, type, size, width, height } = upload;
  const sides = width && height ? { width, height } : {};
  return await refusing(
    data(
      api.POST("/v1/uploads", {
        body: { filename: name, content_type: type as never, size, ...sides },
        signal,
      }),
    ),
  );
}

export async function createProject(upload: Upload, ticket: string): Promise<ProjectState> {
  const { room_type, style } = upload.choice;
  const project = await refusing(
    data(
      api.POST("/v1/projects", {
        params: withKey(upload.id),
        body: { upload_id: ticket, name: nameOf(upload.name), room_type, style },
      }),
    ),
  );
  for (const listener of projectListeners) listener(project as Project);
  return stateOf(project as Project);
}

/** The name of a photo without the ending of its file. */
function nameOf(filename: string): string {
  return filename.replace(/\.[a-z0-9]{1,5}$/i, "").trim() || filename;
}

export function closeUpload(ticket: string): void {
  const path = { upload_id: ticket };
  // After a day the server closes it by itself.
  api.DELETE("/v1/uploads/{upload_id}", { params: { path } }).catch(() => undefined);
}

/** The newest projects, for when nothing is heard of them. */
export async function readProjects(): Promise<ProjectState[]> {
  const page = await data(api.GET("/v1/projects", { params: { query: { limit: 100 } } }));
  return ((page as { items: Project[] }).items ?? []).map(stateOf);
}

export function stateOf(project: Project): ProjectState {
  const { id, status, progress, failure, updated_at } = project;
  return { id, status, progress, failure, updated_at };
}

async function refusing<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof OfflineError)
      throw new Refused({ code: "network", status: 0, detail: "", facts: {} });
    if (error instanceof ApiError) throw new Refused(refusalOf(error));
    throw error;
  }
}

function refusalOf(error: ApiError): Refusal {
  const facts = Object.entries(error.problem).filter(
    (entry): entry is [string, string | number] =>
      typeof entry[1] === "number" || typeof entry[1] === "string",
  );
  return {
    code: error.code,
    status: error.status,
    detail: error.detail,
    requestId: error.requestId,
    retryAfter: error.retryAfter,
    facts: Object.fromEntries(facts),
  };
}
