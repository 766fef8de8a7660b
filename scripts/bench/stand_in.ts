/** A program called `claude` that prints what a file holds, in place of an agent. */
import { join } from "node:path";

/** Occurs once in each message and nowhere else, so that messages can be counted as bytes. */
export const MARK = "|".charCodeAt(0);

/** A stream of messages to be made. */
export interface StreamOptions {
  /** Assistant messages. */
  readonly messages: number;
  /** Length of each message's line in bytes, without the newline. */
  readonly lineBytes: number;
}

const SESSION = "11111111-1111-4111-8111-111111111111";
const MESSAGES_PER_WRITE = 1000;

/** The lines of an agent's output, in pieces that each end with a newline. */
export function* streamPieces({ messages, lineBytes }: StreamOptions): Generator<string> {
  const empty = message(0, "").length;
  if (lineBytes < empty) {
    throw new RangeError(`Cannot make lines of ${lineBytes} bytes: they take ${empty} at least`);
  }
  const padding = filler(lineBytes - empty);
  yield line({
    type: "system",
    subtype: "init",
    cwd: "/",
    session_id: SESSION,
    tools: ["Bash"],
    model: "stand-in",
  });
  let piece = "";
  for (let number = 0; number < messages; number++) {
    piece += message(number, padding) + "\n";
    if ((number + 1) % MESSAGES_PER_WRITE > 0) continue;
    yield piece;
    piece = "";
  }
  yield piece + line({
    type: "result",
    subtype: "success",
    is_error: false,
    duration_ms: 1,
    num_turns: 1,
    result: "done",
    session_id: SESSION,
    usage: { input_tokens: 1, output_tokens: 1 },
  });
}

function message(number: number, padding: string): string {
  return JSON.stringify({
    type: "assistant",
    message: {
      role: "assistant",
      content: [{ type: "text", text: `${String(number).padStart(7, "0")}|${padding}` }],
      usage: { input_tokens: 1, output_tokens: 1 },
    },
    session_id: SESSION,
  });
}

/** Words, some of them escaped in JSON as real text has it; exactly as long as asked for. */
function filler(bytes: number): string {
  const words = 'So the "tests" pass now, and what is left are a few names.\n';
  const text = words.repeat(Math.ceil(bytes / words.length) + 1);
  for (let length = bytes; length >= 0; length--) {
    const part = text.slice(0, length);
    const written = JSON.stringify(part).length - 2;
    if (written <= bytes) return part + ".".repeat(bytes - written);
  }
  return "";
}

function line(value: unknown): string {
  return JSON.stringify(value) + "\n";
}

/** Writes a stream to a new file and returns how many bytes it has. */
export async function writeStream(path: string, options: StreamOptions): Promise<number> {
  const file = await Deno.open(path, { write: true, createNew: true });
  await ReadableStream.from(streamPieces(options))
    .pipeThrough(new TextEncoderStream())
    .pipeTo(file.writable);
  return (await Deno.stat(path)).size;
}

/**
 * Makes a directory for the front of PATH with a `claude` that reads its prompt and then prints a
 * file. Needs a POSIX shell.
 */
export async function makeStandIn(directory: string, streamPath: string): Promise<string> {
  await Deno.mkdir(directory);
  const quoted = `'${streamPath.replaceAll("'", "'\\''")}'`;
  await Deno.writeTextFile(
    join(directory, "claude"),
    `#!/bin/sh\ncat >/dev/null\nexec cat ${quoted}\n`,
    { mode: 0o755 },
  );
  return directory;
}
