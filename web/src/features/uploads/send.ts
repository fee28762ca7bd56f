import { Refused, type Ticket } from "./queue";
import type { Refusal } from "./state";

/** Put a file at a signed link. Resolves if it is stored there, by this request or by an earlier one
 * whose answer was lost (412). `fetch` does not tell how much has been sent. */
export function put(
  file: Blob,
  { url, headers }: Ticket,
  sent: (part: number) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) {
      // The browser sets it, and lets nobody else.
      if (name.toLowerCase() !== "content-length") request.setRequestHeader(name, value);
    }
    request.upload.onprogress = ({ loaded, total }) => {
      if (total > 0) sent(loaded / total);
    };
    request.onload = () => {
      if ((request.status >= 200 && request.status < 300) || request.status === 412) resolve();
      else reject(new Refused(refusalOf(request)));
    };
    const onlost = () => void lost(file).then((refusal) => reject(new Refused(refusal)));
    request.onerror = request.ontimeout = onlost;
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.onabort = () => {
      if (signal.aborted) reject(new DOMException("aborted", "AbortError"));
      // The browser gave it up, because the page is being left: to the next one that is no fault of the photo.
      else onlost();
    };
    request.send(file);
  });
}

function refusalOf(request: XMLHttpRequest): Refusal {
  const { status } = request;
  const problem = problemOf(request.responseText);
  // The link is no longer valid, or the store does not know it: a new one will do.
  const code =
    status === 403 || status === 404 ? "link_refused" : (problem.code ?? `store_${status}`);
  const seconds = Number(request.getResponseHeader("Retry-After") ?? Number.NaN);
  return {
    code,
    status,
    detail: problem.detail ?? "",
    requestId: problem.request_id,
    retryAfter: Number.isFinite(seconds) ? seconds : undefined,
    facts: {},
  };
}

function problemOf(body: string): { code?: string; detail?: string; request_id?: string } {
  try {
    return JSON.parse(body);
  } catch {
    return {};
  }
}

/** Nobody answered: because the connection broke, or because the file is not there any more. */
async function lost(file: Blob): Promise<Refusal> {
  const code = (await isReadable(file)) ? "network" : "file_unreadable";
  return { code, status: code === "network" ? 0 : 400, detail: "", facts: {} };
}

/** Whether the file is still where it was chosen, unchanged. */
export async function isReadable(file: Blob): Promise<boolean> {
  try {
    await file.slice(-1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
