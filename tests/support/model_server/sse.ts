/** One server-sent event as text. Data that is a string goes out as it is, anything else as JSON. */
export function eventText(data: unknown, name: string | null = null): string {
  const payload = typeof data === "string" ? data : JSON.stringify(data);
  return `${name === null ? "" : `event: ${name}\n`}data: ${payload}\n\n`;
}

/** An event as a client reads it. */
export interface ReceivedEvent {
  readonly event: string | null;
  /** Decoded JSON; the bare text when it is no JSON, such as `[DONE]`. */
  readonly data: unknown;
}

/** The events of a whole body; a torn last event is left out. */
export function parseEvents(body: string): ReceivedEvent[] {
  return body.split("\n\n").slice(0, -1).map((block) => {
    const field = (name: string) =>
      block.split("\n").find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    const text = field("data") ?? "";
    return { event: field("event") ?? null, data: decode(text) };
  });
}

function decode(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
