import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Live } from "./live";

// Each `Live` is a tab of its own; locks and channels are those of Node.

type Tab = { live: Live; heard: string[]; isHidden: boolean };

const FOREVER = new Promise<void>(() => undefined);

const tabs: Tab[] = [];
/** The streams that are open, with the last event that each asked to go on after. */
let streams: Stream[] = [];

type Stream = {
  of: Tab;
  after: string | null;
  tell: (text: string) => void;
  end: () => void;
  signal: AbortSignal;
  isOver: boolean;
};

beforeEach(() => {
  streams = [];
  vi.stubGlobal("document", new EventTarget());
});

afterEach(() => {
  for (const { live } of tabs.splice(0)) live.stop();
  vi.unstubAllGlobals();
});

function open(patience = FOREVER, isHidden = false): Tab {
  const live = new Live("http://localhost/v1/projects/events", {
    send: async (request) => {
      const { signal } = request;
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          const stream: Stream = {
            of: tab,
            after: request.headers.get("Last-Event-ID"),
            tell: (text) => controller.enqueue(new TextEncoder().encode(text)),
            end: () => {
              stream.isOver = true;
              controller.close();
            },
            signal,
            isOver: false,
          };
          streams.push(stream);
          signal.addEventListener("abort", () => stream.isOver || controller.error(signal.reason));
        },
      });
      return new Response(body);
    },
    wait: async () => undefined,
    isHidden: () => tab.isHidden,
    patience: () => patience,
  });
  const tab: Tab = { live, heard: [], isHidden };
  live.on(({ data }) => tab.heard.push(data));
  live.start();
  tabs.push(tab);
  return tab;
}

const running = () => streams.filter(({ signal, isOver }) => !signal.aborted && !isOver);

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

test("a hidden tab hands over to the one that is looked at, whichever waits before it", async () => {
  const first = open();
  await vi.waitFor(() => expect(first.live.state.get()).toBe("open"));
  first.isHidden = true;
  const second = open(FOREVER, true);
  await vi.waitFor(() => expect(second.live.state.get()).toBe("open"));
  streams[0]?.tell("id: 1\n\n");
  const third = open();
  await vi.waitFor(() => expect(running().map(({ of }) => of)).toEqual([third]));
  // It goes on where the stream was, although it has heard of no event itself.
  expect(running()[0]?.after).toBe("1");
  running()[0]?.tell("id: 2\ndata: a\n\n");
  await vi.waitFor(() =>
    expect([first.heard, second.heard, third.heard]).toEqual([["a"], ["a"], ["a"]]),
  );
});

test("a tab that leads and is looked at keeps the stream", async () => {
  const first = open();
  await vi.waitFor(() => expect(first.live.state.get()).toBe("open"));
  const second = open();
  // The leader answers how things stand.
  await vi.waitFor(() => expect(second.live.state.get()).toBe("open"));
  expect(streams).toHaveLength(1);
});

test("each tab is told when events begin to arrive, and all of them when some may be missing", async () => {
  const first = open();
  await vi.waitFor(() => expect(first.live.beginnings.get()).toBe(1));
  const second = open();
  await vi.waitFor(() => expect(second.live.beginnings.get()).toBe(1));

  // Nobody knows where this stream was.
  streams[0]?.end();
  await vi.waitFor(() => expect(running()).toHaveLength(1));
  expect(running()[0]?.after).toBeNull();
  const both = () => [first.live.beginnings.get(), second.live.beginnings.get()];
  await vi.waitFor(() => expect(both()).toEqual([2, 2]));

  running()[0]?.tell("id: 5\n\n");
  running()[0]?.end();
  await vi.waitFor(() => expect(streams).toHaveLength(3));
  expect(running()[0]?.after).toBe("5");
  expect(both()).toEqual([2, 2]);
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
