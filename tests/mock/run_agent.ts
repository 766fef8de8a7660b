/** Starts the mock agent as a real process, and reads what it prints. */
import type { Event } from "../../src/events/event.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import { MockParser } from "../../src/providers/mock/events.ts";
import type { ParserState } from "../../src/providers/parser.ts";
import { LineSplitter } from "../../src/processes/lines.ts";
import { ZAG } from "../support/zag.ts";

/** How a test starts the agent. */
export interface RunOptions {
  args?: readonly string[];
  /** The steps of one turn, or a whole script. */
  script?: unknown;
  stdin?: string;
  env?: Record<string, string>;
  state?: string;
}

/** What a finished agent left behind. */
export interface Run {
  code: number;
  signal: string | null;
  stdout: string;
  stderr: string;
  /** Stdout as the parser reads it. */
  events: Event[];
  notes: LogKind[];
  state: Readonly<ParserState>;
}

/** Starts the agent; the caller sees to its end. */
export function startAgent(options: RunOptions = {}): Deno.ChildProcess {
  const script = Array.isArray(options.script)
    ? { turns: [{ steps: options.script }] }
    : options.script;
  return new Deno.Command(ZAG.program, {
    args: [...ZAG.args, "mock-agent", "--", ...options.args ?? []],
    env: {
      ZAG_MOCK_SCRIPT: typeof script === "string" ? script : JSON.stringify(script) ?? "",
      ZAG_MOCK_STATE: options.state ?? "",
      NO_COLOR: "1",
      ...options.env,
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs the agent to its end. */
export async function runAgent(options: RunOptions = {}): Promise<Run> {
  const child = startAgent(options);
  // An agent that refuses to start does not read its prompt.
  await writeStdin(child, options.stdin ?? "").catch(() => {});
  const { code, signal, stdout, stderr } = await child.output();
  const partial = options.args?.includes("--partial") ?? false;
  return {
    code,
    signal,
    stdout: new TextDecoder().decode(stdout),
    stderr: new TextDecoder().decode(stderr),
    ...parse([stdout], partial),
  };
}

async function writeStdin(child: Deno.ChildProcess, text: string): Promise<void> {
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
}

/** Parses chunks as the engine does. */
export function parse(
  chunks: Iterable<Uint8Array>,
  partialMessages = false,
): Pick<Run, "events" | "notes" | "state"> {
  const events: Event[] = [];
  const notes: LogKind[] = [];
  const sink = {
    event: (event: Event) => void events.push(event),
    note: (note: LogKind) => void notes.push(note),
  };
  const parser = new MockParser({ partialMessages });
  const splitter = new LineSplitter();
  for (const chunk of chunks) for (const line of splitter.push(chunk)) parser.line(line, sink);
  const last = splitter.end();
  if (last !== undefined) parser.line(last, sink);
  parser.end(sink);
  return { events, notes, state: parser.state };
}

/** The last answer of a run that succeeded. */
export function said(run: Run): string {
  if (run.state.result === undefined) throw new Error(`nothing was said: ${run.stdout}`);
  return run.state.result;
}

/** Runs a test with a directory that is removed afterwards. */
export async function withTempDir(test: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir();
  try {
    await test(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}
