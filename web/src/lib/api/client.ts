import createClient from "openapi-fetch";
import { expiry } from "../expiry";
import { proof } from "../proof";
import { ApiError, errorOf, OfflineError } from "./errors";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** The API of this host. A refusal is thrown as an `ApiError`, so an answer always has its data. */
export const api = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? "http://localhost",
  credentials: "same-origin",
  fetch: read,
});

/** The data of an answer. */
export async function data<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}

/** The answer to a request, read to its end: it may break off, as when the page is left. */
async function read(request: Request): Promise<Response> {
  const response = await send(request);
  const body = await reached(request, response.blob());
  return new Response(body.size > 0 ? body : null, response);
}

/** Send a request; the body of the answer is still to come. If the session has ended meanwhile, or a fresh proof of
 * who the person is is asked for, the request waits for it and is then repeated with the same key, so that
 * nothing on the page is lost. */
export async function send(request: Request): Promise<Response> {
  const again = request.clone();
  try {
    return await signedIn(request);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "step_up_required") throw error;
    if (!(await proof.ask())) throw error;
    return await signedIn(again);
  }
}

async function signedIn(request: Request): Promise<Response> {
  const again = request.clone();
  const { renewals } = expiry;
  const response = await withToken(request);
  if (response.status === 401 && expiry.concerns(request)) {
    // Unless the person came back while this request was under way.
    if (expiry.renewals === renewals) await expiry.renewal();
    return await checked(await reach(again));
  }
  return await checked(response);
}

// Calls that change something, and how many have ended. Some give the session a new token.
const changes = new Set<Promise<Response>>();
let changesEnded = 0;

/** What is read while such a call is under way may be sent with the old token, and refused, although nobody was
 * logged out: then it is read again. */
async function withToken(request: Request): Promise<Response> {
  if (request.method !== "GET") return await reach(request);
  const again = request.clone();
  const before = changesEnded;
  const response = await reach(request);
  const isOld = response.status === 401 && (changes.size > 0 || changesEnded !== before);
  if (!isOld) return response;
  await Promise.allSettled(changes);
  return await reach(again);
}

async function reach(request: Request): Promise<Response> {
  const answer = reached(request, fetch(request));
  if (request.method === "GET") return await answer;
  changes.add(answer);
  try {
    return await answer;
  } finally {
    changes.delete(answer);
    changesEnded += 1;
  }
}

/** What came of a request: without a connection, an `OfflineError`. */
async function reached<T>(request: Request, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new OfflineError(error);
  }
}

async function checked(response: Response): Promise<Response> {
  if (!response.ok) throw await errorOf(response);
  return response;
}
