/** Runs the Ollama agent in this process, against a server of its own. */
import { runOllamaAgent } from "../../src/providers/ollama/agent.ts";
import type { OllamaLine, ResultLine } from "../../src/providers/ollama/protocol.ts";
import { assert } from "../support/assert.ts";
import {
  type OllamaServer,
  type OllamaServerOptions,
  startOllamaServer,
} from "../support/ollama_server.ts";

/** What an agent that has ended left behind. */
export interface Run {
  code: number;
  out: string;
  err: string;
  lines: OllamaLine[];
}

/** A server, a directory for the agent's state, and the agent. */
export interface Bench {
  server: OllamaServer;
  /** Directory of the conversations. */
  state: string;
  run(prompt: string, args?: readonly string[], env?: Record<string, string>): Promise<Run>;
  /** The lines of a conversation's file. */
  file(session: string): Promise<string>;
}

/** Gives a test a bench, and tidies up behind it. */
export async function withBench(
  options: OllamaServerOptions,
  test: (bench: Bench) => Promise<void>,
): Promise<void> {
  await using server = startOllamaServer(options);
  const state = await Deno.makeTempDir({ prefix: "zag-ollama-" });
  try {
    await test({
      server,
      state,
      run: (prompt, args = [], env = {}) =>
        runAgent(prompt, args, { OLLAMA_HOST: server.host, ZAG_OLLAMA_STATE: state, ...env }),
      file: (session) => Deno.readTextFile(`${state}/${session}.jsonl`),
    });
  } finally {
    await Deno.remove(state, { recursive: true });
  }
}

/** Runs the agent to its end. */
export async function runAgent(
  prompt: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<Run> {
  let out = "";
  let err = "";
  const code = await runOllamaAgent(args, {
    stdin: new Blob([prompt]).stream(),
    env,
    cwd: "/project",
    write: (text) => void (out += text),
    writeErr: (text) => void (err += text),
  });
  const lines = args.includes("--output=text") || out === ""
    ? []
    : out.trimEnd().split("\n").map((line) => JSON.parse(line));
  return { code, out, err, lines };
}

/** The line that ends every run. */
export function resultOf({ lines }: Run): ResultLine {
  const last = lines.at(-1);
  assert(last?.type === "result", JSON.stringify(last));
  return last;
}

/** Asserts that a run failed, says why in an error and in its result, and returns the words. */
export function failureOf(run: Run): string {
  const result = resultOf(run);
  const errors = run.lines.filter((line) => line.type === "error");
  assert(!result.success && run.code === 1 && errors.length === 1, run.out);
  assert(result.error !== null && result.error === errors[0]?.message, run.out);
  assert(result.text === null, "a failure has no answer");
  return result.error;
}

/** Asserts that nothing could be asked: there is an error and no result. Returns the words. */
export function unreachedOf({ code, err, lines }: Run): string {
  const [line, ...more] = lines;
  assert(code === 1 && line?.type === "error" && more.length === 0, JSON.stringify(lines));
  assert(err === `${line.message}\n`, err);
  return line.message;
}

/** An address at which nobody answers: the system gives this port to nobody who asks for any. */
export function nobody(): string {
  return "127.0.0.1:2";
}
