import { describe, expect, test } from "vitest";
import { ApiError, OfflineError } from "../api";
import { newer, withNewer, without } from "./newer";
import { type StreamEvent, StreamParser } from "./sse";
import { follow, pauseAfter } from "./stream";

describe("the text of a stream", () => {
  const TEXT =
    ': hello\n\nid: 7\nevent: project\ndata: {"a":\ndata: 1}\n\ndata: x\r\n\r\nevent: lost\n\n';
  const EVENTS: StreamEvent[] = [
    { id: "7", event: "project", data: '{"a":\n1}' },
    { id: undefined, event: "message", data: "x" },
  ];

  test("becomes its events", () => {
    expect(new StreamParser().push(TEXT)).toEqual(EVENTS);
  });

  test("wherever it is cut", () => {
    for (let cut = 0; cut <= TEXT.length; cut++) {
      const parser = new StreamParser();
      const found = [...parser.push(TEXT.slice(0, cut)), ...parser.push(TEXT.slice(cut))];
      expect(found).toEqual(EVENTS);
    }
  });

  test("that only says how far it is has no data", () => {
    expect(new StreamParser().push(": open\nid: 8\n\n: nothing\n\n")).toEqual([
      { id: "8", event: "message", data: "" },
    ]);
  });

  test("an event that is not complete is not told", () => {
    expect(new StreamParser().push("data: half")).toEqual([]);
  });
});

describe("what is known of projects", () => {
  const at = (second: number, id = "p") => ({ id, updated_at: `2026-11-27T10:00:0${second}Z` });

  test("an older state never replaces a newer one", () => {
    expect(newer(at(5), at(4))).toEqual(at(5));
    expect(newer(at(4), at(5))).toEqual(at(5));
    expect(newer(undefined, at(1))).toEqual(at(1));
  });

  test("of two that are equally old, the one that was told", () => {
    const told = { ...at(4), progress: 1 };
    expect(newer({ ...at(4), progress: 0 }, told)).toBe(told);
  });

  test("a list keeps its order and its identity where nothing changes", () => {
    const list = [at(1, "a"), at(2, "b")];
    expect(withNewer(list, at(3, "a"))).toEqual([at(3, "a"), at(2, "b")]);
    expect(withNewer(list, at(1, "b"))).toBe(list);
    expect(withNewer(list, at(1, "c"))).toBe(list);
    expect(without(list, "a")).toEqual([at(2, "b")]);
    expect(without(list, "c")).toBe(list);
  });
});

describe("a stream that is followed", () => {
  /** Follow with these answers, one for each try; the last one ends it. */
  async function followed(answers: (() => Response)[]) {
    const stop = new AbortController();
    const asked: (string | null)[] = [];
    const told: string[] = [];
    const pauses: number[] = [];
    await follow(
      "http://localhost/v1/projects/events",
      stop.signal,
      { id: undefined },
      {
        event: ({ data }) => told.push(data),
        open: (anew) => told.push(anew ? "open anew" : "open"),
        moved: () => told.push("moved"),
        down: () => told.push("down"),
        ended: () => told.push("ended"),
      },
      {
        send: async (request) => {
          asked.push(request.headers.get("Last-Event-ID"));
          const answer = answers.shift();
          if (answer) return answer();
          stop.abort();
          throw new OfflineError(null);
        },
        wait: async (milliseconds) => {
          pauses.push(milliseconds);
        },
      },
    );
    return { asked, told, pauses };
  }

  const stream = (text: string) => () => new Response(text);
  const refused = (status: number, after?: number) => () => {
    throw new ApiError(status, {}, after);
  };

  test("is opened again after its last event", async () => {
    const { asked, told } = await followed([stream("id: 1\ndata: a\n\n"), stream("data: b\n\n")]);
    expect(asked).toEqual([null, "1", "1"]);
    expect(told).toEqual(["open anew", "a", "ended", "open", "b", "ended"]);
  });

  test("is opened again where it was, although nothing had happened", async () => {
    const { asked, told } = await followed([stream(": open\nid: 4\n\n"), stream("data: b\n\n")]);
    expect(asked).toEqual([null, "4", "4"]);
    expect(told).toEqual(["open anew", "moved", "ended", "open", "b", "ended"]);
  });

  test("that the server ends now and then has not failed", async () => {
    const { told, pauses } = await followed(Array.from({ length: 6 }, () => stream("")));
    expect(Math.max(...pauses)).toBeLessThanOrEqual(1_000);
    expect(told).not.toContain("down");
  });

  test("that was never open has not ended", async () => {
    const { told } = await followed([refused(503)]);
    expect(told).toEqual(["down"]);
  });

  test("that this session may not have is as good as one that has ended", async () => {
    const { told } = await followed([refused(403), stream("data: a\n\n")]);
    expect(told).toEqual(["down", "ended", "open anew", "a", "ended"]);
  });

  test("waits longer each time that it fails, but never for good", async () => {
    const { pauses } = await followed(Array.from({ length: 8 }, () => refused(503)));
    expect(pauses).toHaveLength(8);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(30_000);
    expect(pauses[7]).toBeGreaterThan(pauses[0] ?? 0);
  });

  test("waits as long as the server asks", async () => {
    const { pauses } = await followed([refused(429, 20)]);
    expect(pauses[0]).toBeGreaterThanOrEqual(20_000);
  });

  test("begins anew with short pauses after an event", async () => {
    const fails = Array.from({ length: 6 }, () => refused(503));
    const { pauses } = await followed([...fails, stream("data: a\n\n")]);
    expect(pauses.at(-1)).toBeLessThanOrEqual(1_000);
  });

  test("pauses lie between a half and the whole of what they may be", () => {
    expect([0, 1, 2, 9].map((failures) => pauseAfter(failures, () => 0))).toEqual([
      500, 1000, 2000, 15_000,
    ]);
    expect(pauseAfter(9, () => 1)).toBe(30_000);
  });
});
