import type { components } from "./schema";

export type Problem = components["schemas"]["Problem"];

/** A refusal of the API (RFC 9457). A feature chooses its words by `code`, which never changes. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** The server's sentence: for codes that a feature has no words for. */
  readonly detail: string;
  readonly errors: { field: string; message: string }[];
  readonly requestId: string | undefined;
  /** Seconds to wait before the same request can succeed. */
  readonly retryAfter: number | undefined;
  readonly problem: Partial<Problem>;

  constructor(status: number, problem: Partial<Problem>, retryAfter?: number) {
    super(problem.detail ?? `status ${status}`);
    this.name = "ApiError";
    this.status = status;
    this.code = problem.code ?? "unreadable";
    this.detail = problem.detail ?? "";
    this.errors = (problem.errors ?? []) as { field: string; message: string }[];
    this.requestId = problem.request_id ?? undefined;
    this.retryAfter = retryAfter;
    this.problem = problem;
  }

  /** The messages by field, as a form takes them. */
  get fields(): Record<string, string> {
    return Object.fromEntries(this.errors.map(({ field, message }) => [field, message]));
  }

  /** The same by the last part of each, as a form that is flat names them. */
  get ownFields(): Record<string, string> {
    const last = (field: string) => field.slice(field.lastIndexOf(".") + 1);
    return Object.fromEntries(this.errors.map(({ field, message }) => [last(field), message]));
  }
}

/** The request did not reach the server, or its answer did not reach us. */
export class OfflineError extends Error {
  constructor(cause: unknown) {
    super("The server could not be reached.", { cause });
    this.name = "OfflineError";
  }
}

/** What an answer that is not good says; something between us and the API may have written it. */
export async function errorOf(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  return new ApiError(response.status, problem, secondsOf(response.headers.get("Retry-After")));
}

function secondsOf(header: string | null): number | undefined {
  const seconds = header === null ? Number.NaN : Number(header);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}
