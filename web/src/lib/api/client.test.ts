import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { expiry } from "../expiry";
import { proof } from "../proof";
import { api, data } from "./client";
import { ApiError, OfflineError } from "./errors";

const answers: (() => Response | Promise<Response>)[] = [];
const asked: Request[] = [];

beforeEach(() => {
  answers.length = asked.length = 0;
  expiry.armed = false;
  vi.stubGlobal("fetch", async (request: Request) => {
    asked.push(request);
    const answer = answers.shift();
    if (!answer) throw new TypeError("no answer is left");
    return await answer();
  });
});

afterEach(() => vi.unstubAllGlobals());

const problem =
  (status: number, body: object, headers = {}) =>
  () =>
    new Response(JSON.stringify({ status, ...body }), {
      status,
      headers: { "Content-Type": "application/problem+json", ...headers },
    });

const good = (body: object) => () => Response.json(body);

async function refusal(call: Promise<unknown>): Promise<ApiError> {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

test("an answer is its data", async () => {
  answers.push(good({ meters: [] }));
  expect(await data(api.GET("/v1/usage"))).toEqual({ meters: [] });
});

test("a refusal is thrown with what it says", async () => {
  const errors = [{ field: "body.name", message: "too long", type: "too_long" }];
  answers.push(
    problem(
      429,
      { code: "rate_limited", detail: "Slow down.", request_id: "r-1", errors },
      { "Retry-After": "7" },
    ),
  );
  const error = await refusal(data(api.GET("/v1/usage")));
  expect(error).toMatchObject({
    status: 429,
    code: "rate_limited",
    detail: "Slow down.",
    requestId: "r-1",
    retryAfter: 7,
    errors,
  });
});

test("so is an answer that something else than the API wrote", async () => {
  answers.push(() => new Response("<h1>Bad gateway</h1>", { status: 502 }));
  const error = await refusal(data(api.GET("/v1/usage")));
  expect(error).toMatchObject({ status: 502, code: "unreadable", retryAfter: undefined });
});

test("no connection is an error of its own", async () => {
  answers.push(() => Promise.reject(new TypeError("Failed to fetch")));
  await expect(data(api.GET("/v1/usage"))).rejects.toBeInstanceOf(OfflineError);
});

test("nor is an answer that breaks off", async () => {
  const body = new ReadableStream({
    pull: (controller) => controller.error(new TypeError("lost")),
  });
  answers.push(() => new Response(body, { headers: { "Content-Type": "application/json" } }));
  await expect(data(api.GET("/v1/usage"))).rejects.toBeInstanceOf(OfflineError);
});

test("an answer may be empty", async () => {
  answers.push(() => new Response(null, { status: 204 }));
  expect(await data(api.DELETE("/v1/session"))).toBeUndefined();
});

test("a request that is given up is not offline", async () => {
  const giveUp = new AbortController();
  answers.push(() => Promise.reject(new DOMException("gone", "AbortError")));
  giveUp.abort();
  const call = data(api.GET("/v1/usage", { signal: giveUp.signal }));
  await expect(call).rejects.not.toBeInstanceOf(OfflineError);
});

test("a visitor's 401 is thrown", async () => {
  answers.push(problem(401, { code: "unauthenticated" }));
  const error = await refusal(data(api.GET("/v1/usage")));
  expect(error.status).toBe(401);
  expect(expiry.ended.get()).toBe(false);
});

test("when the session ends, requests wait and are repeated with the same body and key", async () => {
  expiry.armed = true;
  answers.push(problem(401, { code: "unauthenticated" }), good({ id: "k" }));
  const call = data(
    api.POST("/v1/api-keys", {
      params: { header: { "Idempotency-Key": "once" } },
      body: { name: "press", scopes: [] } as never,
    }),
  );
  await vi.waitFor(() => expect(expiry.ended.get()).toBe(true));
  expect(asked).toHaveLength(1);

  expiry.renewed();

  expect(await call).toEqual({ id: "k" });
  expect(asked[1]?.headers.get("idempotency-key")).toBe("once");
  expect(await asked[1]?.json()).toEqual({ name: "press", scopes: [] });
  expect(expiry.ended.get()).toBe(false);
});

test("all of them go on when the person is back", async () => {
  expiry.armed = true;
  const no = problem(401, { code: "unauthenticated" });
  answers.push(no, no, good({ meters: [] }), good({ meters: [] }));
  const calls = [data(api.GET("/v1/usage")), data(api.GET("/v1/usage"))];
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  await vi.waitFor(() => expect(expiry.ended.get()).toBe(true));
  expiry.renewed();
  expect(await Promise.all(calls)).toHaveLength(2);
  expect(expiry.ended.get()).toBe(false);
});

test("a refusal that was under way when the person came back opens no second dialog", async () => {
  expiry.armed = true;
  answers.push(
    () => {
      expiry.renewed();
      return problem(401, { code: "unauthenticated" })();
    },
    good({ meters: [] }),
  );
  expect(await data(api.GET("/v1/usage"))).toEqual({ meters: [] });
  expect(expiry.ended.get()).toBe(false);
});

test("the log-in's own 401 opens no dialog", async () => {
  expiry.armed = true;
  answers.push(problem(401, { code: "invalid_credentials" }));
  const body = { email: "a@example.com", password: "wrong" };
  const error = await refusal(data(api.POST("/v1/session", { body })));
  expect(error.code).toBe("invalid_credentials");
  expect(expiry.ended.get()).toBe(false);
});

const unproved = problem(403, { code: "step_up_required", detail: "Log in again." });

test("what asks who it is waits for the answer, and is sent again", async () => {
  answers.push(unproved, good({ id: "k-1" }));
  const call = data(api.POST("/v1/api-keys", { body: { name: "Importer", addresses: [] } }));
  await vi.waitFor(() => expect(proof.wanted.get()).toBe(true));
  proof.answer(true);
  expect(await call).toEqual({ id: "k-1" });
  expect(proof.wanted.get()).toBe(false);
  const [first, second] = asked;
  expect(await second?.text()).toBe(await first?.text());
});

test("whoever does not say who it is gets the refusal, and nothing is sent", async () => {
  answers.push(unproved);
  const call = refusal(data(api.GET("/v1/usage")));
  await vi.waitFor(() => expect(proof.wanted.get()).toBe(true));
  proof.answer(false);
  expect((await call).code).toBe("step_up_required");
  expect(asked).toHaveLength(1);
});

test("two that ask at the same time have one answer", async () => {
  answers.push(unproved, unproved, good({ meters: [] }), good({ meters: [] }));
  const calls = [data(api.GET("/v1/usage")), data(api.GET("/v1/usage"))];
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  await vi.waitFor(() => expect(proof.wanted.get()).toBe(true));
  await new Promise((done) => setTimeout(done));
  proof.answer(true);
  expect(await Promise.all(calls)).toHaveLength(2);
});

test("what was read with the old token of a session that has a new one is read again", async () => {
  expiry.armed = true;
  let change = (_: Response) => {};
  answers.push(() => new Promise<Response>((done) => (change = done)));
  const changing = data(api.POST("/v1/me/password", { body: {} as never }));
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  answers.push(problem(401, { code: "unauthorized" }), good({ meters: [] }));
  const reading = data(api.GET("/v1/usage"));
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  change(new Response(null, { status: 204 }));
  await changing;
  expect(await reading).toEqual({ meters: [] });
  expect(expiry.ended.get()).toBe(false);
});

test("a session that has ended is no matter of its token", async () => {
  expiry.armed = true;
  answers.push(problem(401, { code: "unauthorized" }), good({ meters: [] }));
  const reading = data(api.GET("/v1/usage"));
  await vi.waitFor(() => expect(expiry.ended.get()).toBe(true));
  expect(asked).toHaveLength(1);
  expiry.renewed();
  expect(await reading).toEqual({ meters: [] });
});
