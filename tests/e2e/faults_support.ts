/** What the tests of faults share: their chances, and what must hold of every log. */
import type { LogEvent, LogKind } from "../../src/events/log_event.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** Numbers from 0 up to 1, the same ones for the same seed. */
export function chances(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** The lines of a log; fails unless each can be read and their numbers are 1, 2, 3 and so on. */
export async function soundLog(path: string): Promise<LogEvent[]> {
  const text = await Deno.readTextFile(path);
  assert(text === "" || text.endsWith("\n"), `${path} ends with a newline`);
  const lines: LogEvent[] = text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
  assertEquals(lines.map(({ seq }) => seq), lines.map((_, index) => index + 1), path);
  return lines;
}

/**
 * Lets the log of a session that has ended grow in its middle: the lines of a long run, mostly output
 * of tools, from behind its first lines up to its end. Numbers stay without gaps.
 */
export async function growLog(path: string, bytes: number): Promise<number> {
  const lines = (await Deno.readTextFile(path)).split("\n").slice(0, -1);
  const head = lines.slice(0, 3);
  const tail = lines.slice(3);
  const envelope = /^\{"seq":\d+(,.*?"completeness":"\w+",)/.exec(head[0]!)![1]!;
  const kinds = Array.from({ length: 64 }, (_, index) => JSON.stringify(kindAt(index)).slice(1));
  using file = await Deno.open(path, { write: true, truncate: true });
  const encoder = new TextEncoder();
  let written = 0;
  let pending = `${head.join("\n")}\n`;
  let seq = head.length;
  while (written < bytes) {
    while (pending.length < 4e6) pending += `{"seq":${++seq}${envelope}${kinds[seq % 64]}\n`;
    const chunk = encoder.encode(pending);
    for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
    written += chunk.length;
    pending = "";
  }
  const end = tail.map((line) => line.replace(/^\{"seq":\d+/, `{"seq":${++seq}`) + "\n").join("");
  await file.write(encoder.encode(end));
  return seq;
}

/** The entries of a long run; their lengths are those of a session that reads files. */
function kindAt(index: number): LogKind {
  if (index % 16 === 0) {
    return { type: "assistant_message", content: `Step ${index}. `.repeat(20), message_id: null };
  }
  const call = { tool_name: "Read", tool_kind: "file_read", tool_id: `t${index}` } as const;
  if (index % 2 === 0) {
    return { type: "tool_call", ...call, input: { path: `src/module_${index}.ts` } };
  }
  const output = Array.from({ length: index * 3 }, (_, line) => `${line}: const v${line} = "ä";\n`);
  const result = { success: true, output: output.join(""), error: null, data: null };
  return { type: "tool_result", ...call, ...result };
}
