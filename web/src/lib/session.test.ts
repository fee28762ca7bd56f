import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { expiry } from "./expiry";
import { sessionQuery } from "./session";

const ADA = { user: { id: "ada" } };
const answers: (object | null)[] = [];
let queries: QueryClient;

beforeEach(() => {
  vi.useFakeTimers();
  queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  answers.length = 0;
  expiry.armed = false;
  vi.stubGlobal("fetch", async () => {
    const answer = answers.shift();
    if (answer === undefined) throw new TypeError("no answer is left");
    return answer ? Response.json(answer) : new Response("{}", { status: 401 });
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const read = () => queries.fetchQuery({ ...sessionQuery, staleTime: 0 });

test("who was never signed in has none", async () => {
  answers.push(null);
  expect(await read()).toBeNull();
  expect(expiry.ended.get()).toBe(false);
});

test("a page that had one keeps it until the person is back", async () => {
  answers.push(ADA, null, null, ADA);
  await read();
  const again = read();
  await vi.waitFor(() => expect(expiry.ended.get()).toBe(true));
  expect(queries.getQueryData(sessionQuery.queryKey)).toEqual(ADA);
  expiry.renewed();
  expect(await again).toEqual(ADA);
  expect(answers).toEqual([]);
});

test("a token that another window was given a moment ago is waited for", async () => {
  answers.push(ADA, null, ADA);
  await read();
  const again = read();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await again).toEqual(ADA);
  expect(expiry.ended.get()).toBe(false);
});

test("what the plan includes is asked for again while nobody knows", () => {
  const again = sessionQuery.refetchInterval as (of: {
    state: { data: unknown };
  }) => number | false;
  const after = (data: unknown) => again({ state: { data } });
  expect(after({ ...ADA, entitlements: null })).toBeGreaterThan(0);
  for (const data of [undefined, null, ADA, { ...ADA, entitlements: { plan: "pro" } }])
    expect(after(data)).toBe(false);
});

test("a page that is being left asks for nobody", async () => {
  answers.push(ADA, null, null);
  await read();
  const again = read();
  expiry.armed = false;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(answers).toEqual([]);
  expect(expiry.ended.get()).toBe(false);
  expect(queries.getQueryData(sessionQuery.queryKey)).toEqual(ADA);
  // Nothing goes on waiting after the test.
  answers.push(ADA);
  expiry.renewed();
  await again;
});
