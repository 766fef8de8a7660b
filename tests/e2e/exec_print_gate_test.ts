import { run } from "../../src/cli/app.ts";
import { fakeContext, type FakeContextOptions } from "../fakes/context.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { inHome, replay, seen, standIn } from "./support.ts";

const CLOSED = /^error: Cannot run Claude Code non-interactively: /;

async function called(home: TestHome): Promise<boolean> {
  return await seen(home, "args").then(() => true, () => false);
}

async function allow(home: TestHome, value: boolean): Promise<void> {
  await Deno.mkdir(`${home.path}/.zag`, { recursive: true });
  await Deno.writeTextFile(
    `${home.path}/.zag/zag.jsonc`,
    JSON.stringify({ claude: { allow_print: value } }),
  );
}

Deno.test(
  "exec does not start claude where nobody has allowed print, and says the ways on",
  inHome(async (home) => {
    await standIn(home, replay("simple"));
    for (const value of [undefined, "", "0", "false", "FALSE"]) {
      const { code, stdout, stderr } = await home.zag(["exec", "hi"], {
        env: { ZAG_CLAUDE_ALLOW_PRINT: value, ANTHROPIC_API_KEY: value },
      });
      assertEquals([value, code, stdout], [value, 1, ""]);
      assertMatch(stderr, CLOSED);
      for (
        const way of [
          "ZAG_CLAUDE_ALLOW_PRINT=1",
          "claude.allow_print",
          "ANTHROPIC_API_KEY",
          '"zag run --exit"',
        ]
      ) assertStringIncludes(stderr, way);
      assert(!stderr.includes("[y/N]"), "nobody can be asked");
    }
    await allow(home, false);
    assertMatch((await home.zag(["exec", "hi"])).stderr, CLOSED);
    assertEquals(await called(home), false);
    assertEquals(await home.logPaths(), []);
  }),
);

for (
  const [name, env] of [
    ["the variable", { ZAG_CLAUDE_ALLOW_PRINT: "yes" }],
    ["the configuration", {}],
    ["an API key", { ANTHROPIC_API_KEY: "k" }],
    ["another base URL", { ANTHROPIC_BASE_URL: "http://localhost:1" }],
    ["Bedrock", { CLAUDE_CODE_USE_BEDROCK: "1" }],
    ["Vertex", { CLAUDE_CODE_USE_VERTEX: "1" }],
  ] as const
) {
  Deno.test(
    `exec starts claude when print is allowed by ${name}, and -d says so`,
    inHome(async (home) => {
      await standIn(home, replay("simple"));
      if (Object.keys(env).length === 0) await allow(home, true);
      const { code, stdout, stderr } = await home.zag(["-d", "exec", "hi"], { env: { ...env } });
      assertEquals([code, stdout], [0, "STUB:hello\n"]);
      const what = Object.keys(env)[0] ?? "claude.allow_print";
      assertStringIncludes(stderr, `* non-interactive use is allowed by ${what}\n`);
    }),
  );
}

Deno.test(
  "exec does not let a project's configuration allow print",
  inHome(async (home) => {
    await standIn(home, replay("simple"));
    await new Deno.Command("git", { args: ["init", "-q"], cwd: home.work }).output();
    await home.zag(["-p", "mock", "exec", "hi"]);
    const project = `${home.path}/.zag/projects/${home.rows("sessions")[0]?.project}`;
    await Deno.writeTextFile(`${project}/zag.jsonc`, '{"claude":{"allow_print":true}}');
    const { code, stderr } = await home.zag(["exec", "hi"]);
    assertEquals(code, 1);
    assertMatch(stderr, CLOSED);
  }),
);

/** Runs `exec` in this process at a pretended terminal. */
async function atTerminal(home: TestHome, options: FakeContextOptions) {
  const ctx = fakeContext({
    env: home.env(),
    cwd: home.work,
    stdinTty: true,
    stderrTty: true,
    now: () => new Date(),
    ...options,
  });
  return { code: await run(["exec", "hi"], ctx), out: ctx.out, err: ctx.err };
}

Deno.test(
  "exec asks once at a terminal and remembers a yes in the global configuration",
  inHome(async (home) => {
    await standIn(home, replay("simple"));
    const asked = await atTerminal(home, { stdin: "y\n" });
    assertEquals([asked.code, asked.out], [0, "STUB:hello\n"]);
    assertStringIncludes(asked.err, "[y/N] ");
    const config = await Deno.readTextFile(`${home.path}/.zag/zag.jsonc`);
    assertEquals(JSON.parse(config).claude, { allow_print: true });
    const again = await atTerminal(home, { stdin: "" });
    assertEquals([again.code, again.err.includes("[y/N]")], [0, false]);
    assertEquals((await home.zag(["exec", "hi"])).code, 0);
  }),
);

Deno.test(
  "exec takes anything but a yes for a no, and does not ask again",
  inHome(async (home) => {
    await standIn(home, replay("simple"));
    const asked = await atTerminal(home, { stdin: "\n" });
    assertEquals([asked.code, asked.out], [1, ""]);
    assertStringIncludes(asked.err, "[y/N] ");
    assertMatch(asked.err.slice(asked.err.indexOf("[y/N] ") + 6), /Cannot run Claude Code/);
    const again = await atTerminal(home, { stdin: "y\n" });
    assertEquals([again.code, again.err.includes("[y/N]")], [1, false]);
    assertEquals(await called(home), false);
  }),
);

Deno.test(
  "exec does not ask when stderr is no terminal, or when the terminal is gone",
  inHome(async (home) => {
    await standIn(home, replay("simple"));
    const unseen = await atTerminal(home, { stdin: "y\n", stderrTty: false });
    assertEquals([unseen.code, unseen.err.includes("[y/N]")], [1, false]);
    const gone = await atTerminal(home, { stdin: "" });
    assertEquals(gone.code, 1);
    assertEquals(await called(home), false);
  }),
);
