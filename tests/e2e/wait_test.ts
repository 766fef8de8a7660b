import { LineSplitter } from "../../src/processes/lines.ts";
import type { Step } from "../../src/providers/mock/script.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import type { TestHome, ZagOptions } from "../support/zag.ts";
import { inHome, jsonLines, mock, script, waitFor } from "./support.ts";

const uuid = (number: number) => `${String(number).padStart(8, "0")}-1111-4222-8333-444444444444`;
const [A, B, C] = [uuid(1), uuid(2), uuid(3)] as const;

/** A step that lasts until the gate is opened. */
const gate = (name: string): Step => ({
  do: "run",
  command: ["sh", "-c", `until [ -e gate-${name} ]; do sleep 0.02; done`],
});
const open = (home: TestHome, name: string) => Deno.writeTextFile(`${home.work}/gate-${name}`, "");
const FAIL: Step = { do: "error", message: "no luck", fatal: true };

/** Starts a session in the background; resolves when its run is in the index. */
async function start(
  home: TestHome,
  id: string,
  steps: Step[],
  args: readonly string[] = ["--session", id],
): Promise<Deno.ChildProcess> {
  const child = home.spawn(["-p", "mock", "exec", ...args, "hi"], {
    env: script(steps, [gate("resumed")]),
    stdio: { stdout: "null", stderr: "null" },
  });
  await waitFor(`the run of session ${id}`, () => {
    try {
      return home.rows("processes").find((row) =>
        row.session_id === id && row.status === "running"
      );
    } catch {
      return undefined;
    }
  });
  return child;
}

/** A `zag wait` that goes on. */
class Waiting {
  readonly #child: Deno.ChildProcess;
  readonly #out: AsyncGenerator<string>;
  readonly #err: AsyncGenerator<string>;

  constructor(home: TestHome, args: readonly string[], options: ZagOptions = {}) {
    this.#child = home.spawn(["wait", "--debug", ...args], options);
    this.#out = linesOf(this.#child.stdout);
    this.#err = linesOf(this.#child.stderr);
  }

  /** Resolves once it watches, and has found that it has to wait. */
  async watches(): Promise<void> {
    for (;;) {
      const { value, done } = await this.#err.next();
      assert(!done, "it waits");
      if (value.includes("are polled every")) return;
    }
  }

  /** The next line on stdout. */
  async line(): Promise<string> {
    const { value } = await this.#out.next();
    return value;
  }

  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  /** The exit code, with what is left of the output. */
  async end(): Promise<{ code: number; out: string[]; err: string[] }> {
    const [out, err] = await Promise.all([collect(this.#out), collect(this.#err)]);
    return { code: (await this.#child.status).code, out, err };
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const splitter = new LineSplitter();
  for await (const chunk of stream) yield* splitter.push(chunk);
}

async function collect(lines: AsyncGenerator<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

const ended = (id: string, error: string | null = null) =>
  JSON.stringify({ session_id: id, success: error === null, error });

Deno.test(
  "wait prints sessions in the order in which they end",
  inHome(async (home) => {
    const children = [
      await start(home, A, [gate("a")]),
      await start(home, B, [gate("b")]),
      await start(home, C, [gate("c"), FAIL]),
    ];
    const waiting = new Waiting(home, [A, B, C, "--json"]);
    await waiting.watches();
    const seen: string[] = [];
    for (const name of ["c", "a", "b"]) {
      await open(home, name);
      seen.push(await waiting.line());
    }
    assertEquals(seen, [ended(C, "no luck"), ended(A), ended(B)]);
    const { code, out } = await waiting.end();
    assertEquals([code, out], [1, []]);
    for (const child of children) await child.status;
  }),
);

Deno.test(
  "wait returns when the books are closed",
  inHome(async (home) => {
    const child = await start(home, A, [gate("a")]);
    const waiting = new Waiting(home, [A]);
    await waiting.watches();
    await open(home, "a");
    assertEquals(await waiting.line(), `${A} ✓ completed`);
    const [{ status }] = home.rows("processes") as [{ status: string }];
    assertEquals(status, "exited", "the session can be resumed");
    assertEquals((await waiting.end()).code, 0);
    await child.status;
  }),
);

Deno.test(
  "wait counts sessions that ended before at once",
  inHome(async (home) => {
    const say: Step[] = [{ do: "say", text: "yes" }];
    await mock(home, [FAIL], ["--session", B, "--name", "bad one", "hi"]);
    await mock(home, say, ["--session", A, "--name", "good one", "hi"]);
    const all = await home.zag(["wait", "good one", B]);
    assertEquals(
      [all.code, all.stdout, all.stderr],
      [1, `${B} (bad one) ✗ failed: no luck\n${A} (good one) ✓ completed\n`, ""],
    );
    const latest = await home.zag(["wait", "--latest", "--json"]);
    assertEquals([latest.code, latest.stdout], [0, ended(A) + "\n"]);
    const any = await home.zag(["wait", A, B, "--any", "--json"]);
    assertEquals([any.code, any.stdout], [1, ended(B, "no luck") + "\n"]);
  }),
);

Deno.test(
  "wait --any ends with the first session",
  inHome(async (home) => {
    const children = [await start(home, A, [gate("a")]), await start(home, B, [gate("b")])];
    const waiting = new Waiting(home, [A, B, "--any", "--json"]);
    await waiting.watches();
    await open(home, "b");
    const { code, out } = await waiting.end();
    assertEquals([code, out], [0, [ended(B)]]);
    await open(home, "a");
    for (const child of children) await child.status;
  }),
);

Deno.test(
  "wait sees that a session was killed, and has its agent ended",
  inHome(async (home) => {
    const child = await start(home, A, [gate("never")]);
    await waitFor("its agent", () => home.rows("processes")[0]!.agent_pid ?? undefined);
    const waiting = new Waiting(home, [A, "--json"]);
    await waiting.watches();
    child.kill("SIGKILL");
    await child.status;
    const { code, out } = await waiting.end();
    assertEquals([code, out], [1, [ended(A, "zag was killed while the session ran")]]);
    assertEquals(home.rows("sessions")[0]!.outcome, "dead");
  }),
);

Deno.test(
  "wait --timeout gives up, and leaves the session alone",
  inHome(async (home) => {
    const child = await start(home, A, [gate("a")]);
    await mock(home, [FAIL], ["--session", B, "hi"]);
    const { code, stdout, stderr } = await home.zag(["wait", "--timeout", "2", "--json", A, B]);
    assertEquals(
      [code, jsonLines(stdout)],
      [124, [JSON.parse(ended(B, "no luck")), JSON.parse(ended(A, "timeout"))]],
    );
    assertStringIncludes(
      stderr,
      `error: Cannot wait for session "${A}": it had not ended after 2s`,
    );
    const text = await home.zag(["wait", "--timeout=1s", A]);
    assertEquals([text.code, text.stdout], [124, ""]);
    await open(home, "a");
    assertEquals((await child.status).code, 0);
  }),
);

Deno.test(
  "wait waits for the newest run of a session that was resumed",
  inHome(async (home) => {
    await mock(home, [{ do: "say", text: "one" }], ["--session", A, "hi"], {
      env: script([{ do: "say", text: "one" }], [gate("resumed")]),
    });
    const child = await start(home, A, [], ["--resume", A]);
    const waiting = new Waiting(home, [A]);
    await waiting.watches();
    await open(home, "resumed");
    const { code, out } = await waiting.end();
    assertEquals([code, out], [0, [`${A} ✓ completed`]]);
    await child.status;
  }),
);

Deno.test(
  "wait for a tag leaves out the session in which it runs",
  inHome(async (home) => {
    const say: Step[] = [{ do: "say", text: "yes" }];
    for (const id of [A, B]) await mock(home, say, ["--session", id, "--tag", "night", "hi"]);
    await mock(home, say, ["--session", C, "--tag", "day", "hi"]);
    const all = await home.zag(["wait", "--tag", "NIGHT", "--tag", "day"]);
    assertEquals(
      [all.code, all.stdout],
      [0, `${A} ✓ completed\n${B} ✓ completed\n${C} ✓ completed\n`],
    );
    const inside = await home.zag(["wait", "--tag", "night"], { env: { ZAG_SESSION_ID: A } });
    assertEquals([inside.code, inside.stdout], [0, `${B} ✓ completed\n`]);
    const alone = await home.zag(["wait", "--tag", "day"], { env: { ZAG_SESSION_ID: C } });
    assertEquals([alone.code, alone.stdout], [1, ""]);
    assertStringIncludes(alone.stderr, "the only one is that which this command was started in");
    const named = await home.zag(["wait", "--tag", "day", C], { env: { ZAG_SESSION_ID: C } });
    assertEquals([named.code, named.stdout], [0, `${C} ✓ completed\n`]);
    assertStringIncludes(named.stderr, `warning: session ${C} is the one`);
  }),
);

Deno.test(
  "wait ends with Ctrl-C",
  inHome(async (home) => {
    const child = await start(home, A, [gate("a")]);
    const waiting = new Waiting(home, [A]);
    await waiting.watches();
    waiting.interrupt();
    const { code, out } = await waiting.end();
    assertEquals([code, out], [130, []]);
    await open(home, "a");
    await child.status;
  }),
);

Deno.test(
  "wait gives each of 20 sessions that end at once, once",
  inHome(async (home) => {
    const ids = Array.from({ length: 20 }, (_, index) => uuid(index + 1));
    const children = await Promise.all(ids.map((id) => start(home, id, [gate("all")])));
    const waiting = new Waiting(home, [...ids, "--json"]);
    await waiting.watches();
    await open(home, "all");
    const { code, out } = await waiting.end();
    assertEquals([code, out.toSorted()], [0, ids.map((id) => ended(id))]);
    for (const child of children) await child.status;
  }),
);
