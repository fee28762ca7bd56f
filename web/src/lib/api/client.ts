import createClient from "openapi-fetch";
import { expiry } from "../expiry";
import { errorOf, OfflineError } from "./errors";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** The API of this host. A refusal is thrown as an `ApiError`, so an answer always has its data. */
export const api = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? "http://localhost",
  credentials: "same-origin",
  fetch: send,
});

/** The data of an answer. */
export async function data<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}

/** Send a request. If the session has ended meanwhile, the request waits for the person to log in
 * again and is then repeated with the same key, so that nothing on the page is lost. */
export async function send(request: Request): Promise<Response> {
  const again = request.clone();
  const { renewals } = expiry;
  const response = await reach(request);
  if (response.status === 401 && expiry.concerns(request)) {
    // Unless the person came back while this request was under way.
    if (expiry.renewals === renewals) await expiry.renewal();
    return await checked(await reach(again));
  }
  return await checked(response);
}

async function reach(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new OfflineError(error);
  }
}

async function checked(response: Response): Promise<Response> {
  if (!response.ok) throw await errorOf(response);
  return response;
}
