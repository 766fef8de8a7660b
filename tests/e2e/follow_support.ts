/** What the tests of commands share that follow logs: a running zag, and a session to be followed. */
import type { LogKind } from "../../src/events/log_event.ts";
import type { NewSession } from "../../src/sessions/records.ts";
import { append, line } from "../sessions/follow/support.ts";
import { assert } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { ALIVE, recordRun } from "./ps_support.ts";

/** What a process prints, as it comes. */
export class Output {
  #text = "";
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** Waits until the text is there so many times; fails when the output ends before. */
  async waitFor(text: string, times = 1): Promise<void> {
    while (this.#text.split(text).length <= times) {
      const { done, value } = await this.#reader.read();
      assert(!done, `the output ended without ${JSON.stringify(text)}:\n${this.#text}`);
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }

  /** Everything, once it has ended. */
  async rest(): Promise<string> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return this.#text;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }
}

/** A zag that runs. */
export interface Running extends AsyncDisposable {
  readonly child: Deno.ChildProcess;
  readonly out: Output;
  readonly err: Output;
  /** How it ended, and all that it printed. */
  end(): Promise<{ code: number; out: string; err: string }>;
}

/** Starts zag; it is killed at the end of the test if it still runs. */
export function start(
  home: TestHome,
  args: readonly string[],
  env: Record<string, string> = {},
): Running {
  const child = home.spawn(args, { env });
  const out = new Output(child.stdout);
  const err = new Output(child.stderr);
  return {
    child,
    out,
    err,
    async end() {
      const [outText, errText, { code }] = await Promise.all([
        out.rest(),
        err.rest(),
        child.status,
      ]);
      return { code, out: outText, err: errText };
    },
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await Promise.all([out.rest(), err.rest(), child.status]);
    },
  };
}

/** A session that this process runs, as far as the index knows; the test writes its log. */
export class LiveSession {
  readonly id: string;
  readonly #path: string;
  #seq = 0;

  constructor(home: TestHome, session: Partial<NewSession> = {}) {
    this.id = recordRun(home, ALIVE, session).sessionId;
    const logs = `${home.path}/.zag/logs/sessions`;
    Deno.mkdirSync(logs, { recursive: true });
    this.#path = `${logs}/${this.id}.jsonl`;
    this.write({
      type: "session_started",
      command: "exec",
      model: null,
      cwd: "/w",
      resumed: false,
      backfilled: false,
    });
  }

  /** Adds events to the log, in one write. */
  write(...kinds: LogKind[]): void {
    append(
      this.#path,
      ...kinds.map((kind) =>
        line(++this.#seq, kind, Date.now()).replace(
          '"wrapper_session_id":"s"',
          () => `"wrapper_session_id":"${this.id}"`,
        )
      ),
    );
  }

  /** Adds the line that ends it. */
  end(success = true): void {
    this.write({ type: "session_ended", success, error: null });
  }
}

/** A tool that an agent calls. */
export function tool(tool_name: string): LogKind {
  return { type: "tool_call", tool_name, tool_id: null, input: {} };
}

/** What a tool said. */
export function toolResult(tool_name: string | null, success: boolean | null): LogKind {
  return {
    type: "tool_result",
    tool_name,
    tool_id: null,
    success,
    output: "",
    error: null,
    data: null,
  };
}
