/** An event of a stream (text/event-stream). One without data only says by its id how far the stream is. */
export type StreamEvent = { id: string | undefined; event: string; data: string };

/** Takes the text of a stream piece by piece and returns the events that it completes. */
export class StreamParser {
  #rest = "";
  #lines: string[] = [];

  push(piece: string): StreamEvent[] {
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    const events: StreamEvent[] = [];
    for (const line of lines) {
      if (line !== "") {
        this.#lines.push(line);
        continue;
      }
      const event = eventOf(this.#lines);
      if (event) events.push(event);
      this.#lines = [];
    }
    return events;
  }
}

function eventOf(lines: string[]): StreamEvent | null {
  const data: string[] = [];
  let event = "message";
  let id: string | undefined;
  for (const line of lines) {
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === "data") data.push(value ?? "");
    else if (field === "event") event = value || "message";
    else if (field === "id" && !value?.includes("\0")) id = value ?? "";
  }
  // Without either it is a comment.
  return data.length === 0 && id === undefined ? null : { id, event, data: data.join("\n") };
}
