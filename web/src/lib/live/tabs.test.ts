import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Live } from "./live";

// Each `Live` is a tab of its own; locks and channels are those of Node.

type Tab = { live: Live; heard: string[]; isHidden: boolean };

const FOREVER = new Promise<void>(() => undefined);

const tabs: Tab[] = [];
/** The streams that are open, with the last event that each asked to go on after. */
let streams: { after: string | null; tell: (text: string) => void; signal: AbortSignal }[] = [];

beforeEach(() => {
  streams = [];
  vi.stubGlobal("document", new EventTarget());
});

afterEach(() => {
  for (const { live } of tabs.splice(0)) live.stop();
  vi.unstubAllGlobals();
});

function open(patience = FOREVER): Tab {
  const live = new Live("http://localhost/v1/projects/events", {
    send: async (request) => {
      const { signal } = request;
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          const tell = (text: string) => controller.enqueue(new TextEncoder().encode(text));
          streams.push({ after: request.headers.get("Last-Event-ID"), tell, signal });
          signal.addEventListener("abort", () => controller.error(signal.reason));
        },
      });
      return new Response(body);
    },
    wait: async () => undefined,
    isHidden: () => tab.isHidden,
    patience: () => patience,
  });
  const tab: Tab = { live, heard: [], isHidden: false };
  live.on(({ data }) => tab.heard.push(data));
  live.start();
  tabs.push(tab);
  return tab;
}

const running = () => streams.filter(({ signal }) => !signal.aborted);

test("one tab reads for all, and the next goes on where it stopped", async () => {
  const first = open();
  await vi.waitFor(() => expect(first.live.state.get()).toBe("open"));
  const second = open();
  streams[0]?.tell("id: 7\ndata: a\n\n");
  await vi.waitFor(() => expect([first.heard, second.heard]).toEqual([["a"], ["a"]]));
  expect(streams).toHaveLength(1);

  first.live.stop();

  await vi.waitFor(() => expect(running()).toHaveLength(1));
  expect(running()[0]?.after).toBe("7");
  running()[0]?.tell("id: 8\ndata: b\n\n");
  await vi.waitFor(() => expect(second.heard).toEqual(["a", "b"]));
  expect(first.heard).toEqual(["a"]);
});

test("a hidden tab hands over to one that is looked at", async () => {
  const first = open();
  await vi.waitFor(() => expect(first.live.state.get()).toBe("open"));
  const second = open();
  first.isHidden = true;
  const looked = new BroadcastChannel("stagify:live");
  looked.postMessage({ kind: "visible" });
  await vi.waitFor(() => expect(streams).toHaveLength(2));
  looked.close();
  await vi.waitFor(() => expect(running()).toHaveLength(1));
  running()[0]?.tell("id: 1\ndata: a\n\n");
  await vi.waitFor(() => expect([first.heard, second.heard]).toEqual([["a"], ["a"]]));
});

test("a tab that leads and is looked at keeps the stream", async () => {
  const first = open();
  await vi.waitFor(() => expect(first.live.state.get()).toBe("open"));
  const second = open();
  const looked = new BroadcastChannel("stagify:live");
  looked.postMessage({ kind: "visible" });
  // The leader answers how things stand.
  await vi.waitFor(() => expect(second.live.state.get()).toBe("open"));
  looked.close();
  expect(streams).toHaveLength(1);
});

test("a leader that its device has put to sleep is replaced", async () => {
  // It holds the lock and answers nothing.
  const asleep = navigator.locks.request("stagify:live", () => FOREVER).catch(() => "replaced");
  const tab = open(Promise.resolve());
  await vi.waitFor(() => expect(tab.live.state.get()).toBe("open"));
  expect(await asleep).toBe("replaced");
  expect(streams).toHaveLength(1);
});

test("a tab whose place was taken stops reading and waits for its turn", async () => {
  const first = open();
  await vi.waitFor(() => expect(first.live.state.get()).toBe("open"));
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const other = navigator.locks.request("stagify:live", { steal: true }, () => held);
  await vi.waitFor(() => expect(running()).toHaveLength(0));
  release();
  await other;
  await vi.waitFor(() => expect(running()).toHaveLength(1));
});
