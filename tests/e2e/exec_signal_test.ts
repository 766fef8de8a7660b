import type { Step } from "../../src/providers/mock/script.ts";
import { assert, assertEquals } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { CLAUDE_OUTPUT, inHome, leftovers, onlyLog, script, standIn, waitFor } from "./support.ts";

/** A running zag whose stdout and stderr are collected. */
class Running {
  readonly child: Deno.ChildProcess;
  stdout = "";
  stderr = "";
  readonly #ended: Promise<unknown>;

  constructor(home: TestHome, args: string[], env: Record<string, string>) {
    this.child = home.spawn(args, { env });
    this.#ended = Promise.all([this.#collect("stdout"), this.#collect("stderr")]);
  }

  async says(text: string): Promise<void> {
    await waitFor(text, () => this.stdout.includes(text) ? true : undefined);
  }

  /** The exit code; a signal that zag died of counts as 0. */
  async end(): Promise<number> {
    const { code, signal } = await this.child.status;
    await this.#ended;
    return signal === null ? code : 0;
  }

  async #collect(name: "stdout" | "stderr"): Promise<void> {
    for await (const text of this.child[name].pipeThrough(new TextDecoderStream())) {
      this[name] += text;
    }
  }
}

/** A mock agent that has said half of something when it is interrupted. */
function speaking(home: TestHome, args: string[] = []): Running {
  const half: Step[] = [
    { do: "say", text: "whole" },
    { do: "say", text: "ab", deltas: 2, delay: 600_000 },
  ];
  return new Running(home, ["-p", "mock", "exec", "hi", ...args], script(half));
}

for (
  const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129], [
    "SIGQUIT",
    131,
  ]] as const
) {
  Deno.test(
    `exec passes ${signal} on, keeps what was said and exits with ${code}`,
    inHome(async (home) => {
      const zag = speaking(home);
      await zag.says("whole\n\na");
      zag.child.kill(signal);
      assertEquals(await zag.end(), code);
      assertEquals([zag.stdout, zag.stderr], ["whole\n\na\n", ""]);
      const log = await onlyLog(home);
      const said = log.filter(({ type }) => type === "assistant_message");
      assertEquals(said.map(({ content }) => content), ["whole", "a"]);
      const { type, success, outcome, error } = log.at(-1)!;
      assertEquals([type, success, outcome, error], [
        "session_ended",
        false,
        "interrupted",
        `Interrupted by ${signal}`,
      ]);
      const [session] = home.rows("sessions");
      assertEquals([session?.outcome, session?.signal], ["interrupted", signal]);
      assertEquals(home.rows("processes")[0]?.status, "killed");
      const ended = `${home.path}/.zag/events/${session?.session_id}.ended`;
      assertEquals(JSON.parse(await Deno.readTextFile(ended)).success, false);
    }),
  );
}

Deno.test(
  "exec -o json says how far an interrupted agent came",
  inHome(async (home) => {
    const zag = speaking(home, ["-o", "json"]);
    await waitFor(
      "the first message in the log",
      async () => (await home.logs())[0]?.some(({ content }) => content === "whole") || undefined,
    );
    zag.child.kill("SIGTERM");
    assertEquals(await zag.end(), 143);
    const { is_error, events } = JSON.parse(zag.stdout);
    assertEquals([is_error, events.length > 0], [true, true]);
  }),
);

/** A stand-in that says what it gets and does not end. */
const STUBBORN = `
cat > /dev/null
trap 'echo INT >> "$HOME/seen/got"' INT
trap 'echo TERM >> "$HOME/seen/got"' TERM
head -n 1 '${CLAUDE_OUTPUT}simple/stdout.ndjson'
echo ready > "$HOME/seen/ready"
while :; do sleep 0.05; done`;

Deno.test(
  "exec kills an agent that ignores SIGINT at once when a second one comes",
  inHome(async (home) => {
    await standIn(home, STUBBORN);
    // A file is there before there is anything in it.
    const file = async (name: string) =>
      await Deno.readTextFile(`${home.path}/seen/${name}`).catch(() => "") || undefined;
    const zag = new Running(home, ["exec", "hi"], { ZAG_CLAUDE_ALLOW_PRINT: "1" });
    await waitFor("the agent", () => file("ready"));
    zag.child.kill("SIGINT");
    assertEquals(await waitFor("the first signal", () => file("got")), "INT\n");
    const start = performance.now();
    zag.child.kill("SIGINT");
    assertEquals(await zag.end(), 130);
    assert(performance.now() - start < 4500, "the grace of 5 s was not waited for");
    assertEquals((await onlyLog(home)).at(-1)?.signal, "SIGKILL");
  }),
);

Deno.test(
  "exec gives an agent that ignores SIGTERM its grace, then kills it",
  inHome(async (home) => {
    await standIn(home, STUBBORN);
    const zag = new Running(home, ["exec", "hi"], { ZAG_CLAUDE_ALLOW_PRINT: "1" });
    await waitFor("the agent", () => Deno.stat(`${home.path}/seen/ready`).catch(() => undefined));
    zag.child.kill("SIGTERM");
    assertEquals(await zag.end(), 143);
    assertEquals((await onlyLog(home)).at(-1)?.signal, "SIGKILL");
  }),
);

Deno.test(
  "exec takes the result of an agent that finishes when it is interrupted, and still exits with 130",
  inHome(async (home) => {
    await standIn(
      home,
      `cat > /dev/null
       trap 'cat "${CLAUDE_OUTPUT}sigint_during_text/stdout.ndjson" | tail -n +2; exit 0' INT
       head -n 1 '${CLAUDE_OUTPUT}sigint_during_text/stdout.ndjson'
       echo ready > "$HOME/seen/ready"
       while :; do sleep 0.05; done`,
    );
    const zag = new Running(home, ["exec", "hi"], { ZAG_CLAUDE_ALLOW_PRINT: "1" });
    await waitFor("the agent", () => Deno.stat(`${home.path}/seen/ready`).catch(() => undefined));
    zag.child.kill("SIGINT");
    assertEquals(await zag.end(), 130);
    assert(zag.stdout.startsWith("tick 0 "), zag.stdout);
    const [session] = home.rows("sessions");
    assertEquals([session?.outcome, session?.exit_code], ["interrupted", 0]);
  }),
);

Deno.test(
  "exec ends on a signal although nobody reads its output",
  inHome(async (home) => {
    const line = '{"type":"assistant","message":{"content":[{"type":"text","text":"x"}]}}';
    await standIn(home, `cat > /dev/null; yes '${line}'`);
    const child = home.spawn(["exec", "hi", "-o", "stream-json"], {
      env: { ZAG_CLAUDE_ALLOW_PRINT: "1" },
    });
    await standstill(home);
    child.kill("SIGTERM");
    assertEquals((await child.status).code, 143);
    assertEquals(await leftovers(home), []);
    assertEquals((await onlyLog(home)).at(-1)?.outcome, "interrupted");
    await child.stdout.cancel();
    await child.stderr.cancel();
  }),
);

/** Waits until the log does not grow any more. */
async function standstill(home: TestHome): Promise<void> {
  let last = -1;
  await waitFor("a standstill", async () => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const [path] = await home.logPaths();
    const { size } = path === undefined ? { size: 0 } : await Deno.stat(path);
    const still = size > 10_000 && size === last;
    last = size;
    return still || undefined;
  });
}
