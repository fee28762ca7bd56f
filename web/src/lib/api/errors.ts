import type { components } from "./schema";

export type Problem = components["schemas"]["Problem"];
type FieldProblem = components["schemas"]["FieldProblem"];

/** A refusal of the API (RFC 9457). A feature chooses its words by `code`, which never changes. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** The server's sentence: for codes that a feature has no words for. */
  readonly detail: string;
  /** What is wrong with parts of the request: where, and what kind of mistake. */
  readonly errors: FieldProblem[];
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
    this.errors = problem.errors ?? [];
    this.requestId = problem.request_id ?? undefined;
    this.retryAfter = retryAfter;
    this.problem = problem;
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
