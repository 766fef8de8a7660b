/** The worked programs do what they say, each as a process of its own. */
import type { Step } from "../../src/providers/mock/script.ts";
import { inHome, script, waitFor } from "../e2e/support.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { fromFileUrl } from "../support/paths.ts";
import type { Finished, TestHome } from "../support/zag.ts";

const EXAMPLES = fromFileUrl(new URL("../../examples/", import.meta.url));

/** A program at work. */
class Example {
  readonly child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #stderr: Promise<string>;
  readonly #stdout: Promise<void>;
  /** What it has printed so far. */
  stdout = "";

  constructor(home: TestHome, [name, ...args]: readonly string[], env: Record<string, string>) {
    this.child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-check", "--no-prompt", `${EXAMPLES}${name}`, ...args],
      cwd: home.work,
      env: home.env(env),
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#writer = this.child.stdin.getWriter();
    this.#stderr = new Response(this.child.stderr).text();
    this.#stdout = this.#read();
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of this.child.stdout) {
      this.stdout += decoder.decode(bytes, { stream: true });
    }
  }

  /** Types a text. */
  async type(text: string): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(text));
  }

  async untilPrints(text: string): Promise<void> {
    await waitFor(`${text} on stdout`, () => this.stdout.includes(text) || undefined);
  }

  /** Ends its stdin, and waits for its end. */
  async finished(): Promise<Finished> {
    await this.#writer.close().catch(() => {});
    const { code, signal } = await this.child.status;
    await this.#stdout;
    return { code, signal, stdout: this.stdout, stderr: await this.#stderr };
  }
}

async function run(
  home: TestHome,
  words: readonly string[],
  env: Record<string, string> = {},
  stdin = "",
): Promise<Finished> {
  const example = new Example(home, words, env);
  if (stdin !== "") await example.type(stdin);
  return await example.finished();
}

Deno.test(
  "one_shot.ts prints an answer, and ends with a code for each way to fail",
  inHome(async (home) => {
    const fine = await run(home, ["one_shot.ts", "mock", "hello there"]);
    assertEquals([fine.code, fine.stdout], [0, "hello there\n"], fine.stderr);
    assertMatch(fine.stderr, /^\(\d+ tokens\)\n$/);
    const broken = script([{ do: "error", message: "no more", fatal: true }]);
    const failed = await run(home, ["one_shot.ts", "mock", "hi"], broken);
    assertEquals([failed.code, failed.stdout, failed.stderr], [1, "", "mock failed: no more\n"]);
    const nobody = await run(home, ["one_shot.ts", "nobody", "hi"]);
    assertEquals([nobody.code, nobody.stdout], [2, ""]);
    assertStringIncludes(nobody.stderr, 'Unknown provider "nobody"');
  }),
);

Deno.test(
  "streaming_chat.ts answers each line while the next one is not there yet",
  inHome(async (home) => {
    const turns: Step[][] = [
      [{ do: "say", text: "abcd", deltas: 2 }, { do: "say", text: "whole" }],
      [{ do: "error", message: "lost", fatal: true }],
      [{ do: "prompt" }],
    ];
    const chat = new Example(home, ["streaming_chat.ts", "mock"], script(...turns));
    await chat.type("first\n\n");
    await chat.untilPrints("abcd\nwhole\n");
    await chat.type("second\n");
    await chat.untilPrints("(failed: lost)\n");
    await chat.type("third\n");
    const { code, stdout, stderr } = await chat.finished();
    assertEquals([code, stderr], [0, ""], stdout);
    const last = JSON.parse(stdout.trim().split("\n").at(-1)!);
    assertEquals([last.prompt, last.turn], ["third", 2]);
    assertEquals(home.rows("sessions").length, 1);
  }),
);

Deno.test(
  "extract.ts prints what it found, also after an answer that does not match",
  inHome(async (home) => {
    await Deno.writeTextFile(`${home.work}/invoice.txt`, "Invoice A1\npen 2.50 EUR\ncup 4 EUR\n");
    const items = [{ name: "pen", cents: 250 }, { name: "cup", cents: 400 }];
    const value = { number: "A1", currency: "EUR", items };
    const answers = script(
      [{ do: "json", value: { ...value, currency: "GBP" } }],
      [{ do: "json", value }],
    );
    const { code, stdout, stderr } = await run(
      home,
      ["extract.ts", "mock", "invoice.txt"],
      answers,
    );
    assertEquals([code, stdout, stderr], [0, "- pen\n- cup\nInvoice A1: 6.50 EUR\n", ""]);
    const never = await run(home, ["extract.ts", "mock", "invoice.txt"]);
    assertEquals([never.code, never.stdout], [1, ""]);
    assertMatch(never.stderr, /^No invoice could be found in invoice\.txt:\n- /);
    const broken = script([{ do: "error", message: "no idea", fatal: true }]);
    const failed = await run(home, ["extract.ts", "mock", "invoice.txt"], broken);
    assertEquals([failed.code, failed.stdout, failed.stderr], [1, "", "mock failed: no idea\n"]);
  }),
);

Deno.test(
  "fan_out.ts keeps the order and the limit, and goes on after a failure",
  inHome(async (home) => {
    const counts = `${home.path}/counts`;
    // Every agent says that it is there, and waits until as many as may run have been.
    const body = `echo >> ${counts}; while [ "$(wc -l < ${counts})" -lt 2 ]; do sleep 0.05; done`;
    const env = {
      ZAG_MOCK_SCRIPT: JSON.stringify({
        turns: [
          { match: "bad", steps: [{ do: "error", message: "broken", fatal: true }] },
          { steps: [{ do: "run", command: ["sh", "-c", body] }, { do: "echo" }] },
        ],
      }),
    };
    const prompts = "one\ntwo\n\nbad\nthree\n";
    const { code, stdout, stderr } = await run(home, ["fan_out.ts", "mock", "2"], env, prompts);
    assertEquals([code, stderr], [1, ""]);
    assertEquals(stdout, "1. one\n2. two\n3. failed: broken\n4. three\n");
    const runs = home.rows("processes").map(({ started_at, exited_at }) => [
      String(started_at),
      String(exited_at),
    ]);
    const atOnce = runs.map(([start]) =>
      runs.filter(([from, to]) => from! <= start! && start! < to!).length
    );
    assert(Math.max(...atOnce) <= 2, JSON.stringify(runs));
    assertEquals(home.rows("sessions").map(({ tags }) => tags), Array(4).fill('["fan-out"]'));
  }),
);

Deno.test(
  "fan_out.ts refuses a limit that is none",
  inHome(async (home) => {
    for (const limit of ["four", "0", "1.5"]) {
      const { code, stdout, stderr } = await run(home, ["fan_out.ts", "mock", limit], {}, "one\n");
      assertEquals([code, stdout], [64, ""]);
      assertStringIncludes(stderr, `not ${limit}`);
    }
  }),
);

Deno.test(
  "fan_out.ts ends all agents at Ctrl-C",
  inHome(async (home) => {
    const env = script([{ do: "say", text: "half" }, { do: "hang" }]);
    const example = new Example(home, ["fan_out.ts", "mock", "2"], env);
    await example.type("one\ntwo\nthree\n");
    const ended = example.finished();
    await waitFor(
      "two agents",
      () => {
        try {
          const agents = home.rows("processes").filter(({ agent_pid }) => agent_pid !== null);
          return agents.length === 2 || undefined;
        } catch {
          return undefined;
        }
      },
    );
    example.child.kill("SIGINT");
    const { code, stdout, stderr } = await ended;
    assertEquals([code, stderr], [1, ""]);
    assertEquals(stdout, ["1", "2", "3"].map((n) => `${n}. failed: stopped\n`).join(""));
    assertEquals(home.rows("processes").length, 2);
  }),
);

Deno.test(
  "approve.ts goes on with more permission after a yes, and not after anything else",
  inHome(async (home) => {
    const turns: Step[][] = [
      [{ do: "say", text: "1. Remove it." }],
      [{ do: "tool", name: "write", needs_permission: true }, { do: "prompt" }],
    ];
    const yes = new Example(home, ["approve.ts", "mock", "tidy up"], script(...turns));
    await yes.untilPrints("1. Remove it.\n");
    await yes.type("y\n");
    const done = await yes.finished();
    assertEquals([done.code, done.stderr], [0, "Carry this out? [y/N] "]);
    const given = JSON.parse(done.stdout.split("\n")[1]!);
    assertEquals([given.prompt, given.auto_approve], ["Carry out the plan.", true]);
    assertEquals(given.history.map(({ answer }: { answer: string }) => answer), ["1. Remove it."]);
    assertEquals(home.rows("sessions").map(({ name }) => name), ["approve: tidy up"]);

    const no = await run(home, ["approve.ts", "mock", "tidy up"], script(...turns), "no\n");
    const id = home.rows("sessions")[1]!.session_id;
    assertEquals(no.code, 0, no.stderr);
    assertEquals(
      no.stdout,
      `1. Remove it.\nNothing was changed. The plan stays in session ${id}.\n`,
    );
    assertEquals(home.rows("processes").length, 3);
  }),
);

Deno.test(
  "resume_after_crash.ts goes on with its session when it was killed, and ends what was left",
  inHome(async (home) => {
    const env = script(
      [
        { do: "say", text: "half of it" },
        { do: "run", command: ["sh", "-c", `touch '${home.path}/begun'; exec sleep 600`] },
      ],
      [{ do: "prompt" }],
    );
    const words = ["resume_after_crash.ts", "mock", "work.session", "write tests"];
    const first = new Example(home, words, env);
    await waitFor(
      "the work",
      async () => await Deno.stat(`${home.path}/begun`).catch(() => undefined),
    );
    const id = await Deno.readTextFile(`${home.work}/work.session`);
    first.child.kill("SIGKILL");
    assertEquals((await first.finished()).signal, "SIGKILL");

    const second = await run(home, words, env);
    assertEquals([second.code, second.stderr], [0, ""]);
    const given = JSON.parse(second.stdout);
    assertEquals([given.resumed, given.prompt], [
      true,
      "You were interrupted. Go on with this: write tests",
    ]);
    assertEquals(given.history[0].prompt, "write tests");
    assertEquals(home.rows("sessions").map(({ session_id }) => session_id), [id]);
    assertEquals(await Deno.stat(`${home.work}/work.session`).catch(() => "gone"), "gone");
  }),
);

Deno.test(
  "resume_after_crash.ts begins when it was killed before its session was there",
  inHome(async (home) => {
    const id = crypto.randomUUID();
    await Deno.writeTextFile(`${home.work}/work.session`, id);
    const words = ["resume_after_crash.ts", "mock", "work.session", "write tests"];
    const { code, stdout, stderr } = await run(home, words);
    assertEquals([code, stdout, stderr], [0, "write tests\n", ""]);
    assertEquals(home.rows("sessions").map(({ session_id }) => session_id), [id]);
  }),
);

Deno.test("each of the examples is run by a test", async () => {
  const tests = await Deno.readTextFile(fromFileUrl(new URL(import.meta.url)));
  const names = (await Array.fromAsync(Deno.readDir(EXAMPLES))).map(({ name }) => name).sort();
  assertEquals(names.length, 6);
  for (const name of names) assert(tests.includes(`["${name}"`), name);
});
