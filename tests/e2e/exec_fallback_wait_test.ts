/** Sessions with `--fallback` that nobody else can go on with, and what is said of those who do. */
import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import type { Step } from "../../src/providers/mock/script.ts";
import { limit, untilWaits, withoutJitter } from "./limit_support.ts";
import { inHome, leftovers, onlyLog, replay, script, standIn } from "./support.ts";

const DONE: Step[] = [{ do: "usage", input_tokens: 5, output_tokens: 1 }, {
  do: "say",
  text: "all of it",
}];
const LIMIT: Step[] = [{ do: "usage", input_tokens: 10, output_tokens: 2 }, ...limit(3600)];

const types = async (home: TestHome) =>
  (await onlyLog(home)).map(({ type }) => String(type)).filter((type) =>
    type.startsWith("usage_limit")
  );

for (
  const [what, prepare] of [
    ["are not installed", undefined],
    ["do not start", (home: TestHome) => home.program("codex", "#!/no/such/interpreter\n")],
  ] as const
) {
  Deno.test(
    `exec --fallback waits for the end of the limit where the others ${what}`,
    inHome(async (home) => {
      await withoutJitter(home);
      await prepare?.(home);
      const args = ["-p", "mock", "exec", "--fallback", "codex,gemini", "-o", "json", "do it"];
      const running = home.zag(args, { env: script(LIMIT, DONE) });
      const wait = await untilWaits(home);
      assertEquals([wait.scope, wait.attempt], ["weekly", 1]);
      const [session] = home.rows("sessions");
      assertEquals([session?.provider, session?.outcome], ["mock", null]);
      assertEquals((await home.zag(["usage", "resume", wait.incidentId])).code, 0);
      const { code, stdout, stderr } = await running;
      assertEquals(code, 0, stderr);
      assertStringIncludes(stderr, "codex cannot go on: ");
      assertStringIncludes(stderr, "gemini cannot go on: ");
      assertStringIncludes(stderr, "\u23f3 Mock agent: usage limit (weekly)");
      const { agent, result, usage } = JSON.parse(stdout);
      assertEquals([agent, result, usage.input_tokens], ["mock", "all of it", 15]);
      assertEquals((await types(home)).slice(-2), ["usage_limit_hit", "usage_limit_resumed"]);
      assertEquals(home.rows("sessions").map(({ provider, outcome }) => [provider, outcome]), [
        ["mock", "success"],
      ]);
      assertEquals(home.rows("processes").map(({ provider, status }) => [provider, status]), [
        ["mock", "exited"],
      ]);
      assertEquals(await leftovers(home), []);
    }),
  );
}

Deno.test(
  "exec --fallback that ends without anybody says when the limit ends, and how to go on",
  inHome(async (home) => {
    const args = ["exec", "--no-auto-resume", "--fallback", "codex", "-o", "json", "do it"];
    const ran = await home.zag(["-p", "mock", ...args], { env: script(LIMIT) });
    const [{ session_id: id } = {}] = home.rows("sessions");
    assertMatch(ran.stderr, /The limit ends at .*\d\d:\d\d\. To go on then: zag exec --resume /);
    assertStringIncludes(ran.stderr, `--resume ${id} "..."\n`);
    assertEquals(ran.stderr.includes("goes on"), false, ran.stderr);
    // What there was is told once.
    assertEquals(JSON.parse(ran.stdout).usage.input_tokens, 10);
  }),
);

Deno.test(
  "exec --fallback knows no dollars where the only one who tells them has spent none",
  inHome(async (home) => {
    const lines = [
      { type: "turn.started" },
      { type: "item.completed", item: { id: "i", type: "agent_message", text: "here" } },
      { type: "turn.completed", usage: { input_tokens: 5, output_tokens: 1 } },
    ];
    await home.program("said", lines.map((line) => JSON.stringify(line)).join("\n"));
    await home.program(
      "codex",
      `#!/bin/sh
if [ "$*" = --version ]; then echo "codex-cli 0.137.0"; exit; fi
cat > /dev/null; cat "$HOME/bin/said"
`,
    );
    const free: Step[] = [{ do: "usage", input_tokens: 3, cost_usd: 0 }, ...limit(3600)];
    const ran = await home.zag(
      ["-p", "mock", "exec", "--fallback", "codex", "-o", "json", "do it"],
      { env: script(free) },
    );
    const { agent, total_cost_usd, usage } = JSON.parse(ran.stdout);
    assertEquals([agent, total_cost_usd, usage.input_tokens], ["codex", null, 8], ran.stderr);
    const [{ session_id: id } = {}] = home.rows("sessions");
    const shown = await home.zag(["session", "show", String(id), "--json"]);
    const used = JSON.parse(shown.stdout).usage;
    assertEquals([used.cost_usd, used.input_tokens], [null, 8]);
  }),
);

Deno.test(
  "exec --fallback tells in the log who went on",
  inHome(async (home) => {
    await standIn(home, replay("rate_limit"));
    const ran = await home.zag(
      ["-p", "mock", "exec", "--fallback", "claude", "--no-auto-resume", "-o", "json", "do it"],
      { env: { ZAG_CLAUDE_ALLOW_PRINT: "1", ...script(LIMIT) } },
    );
    const says = (await onlyLog(home)).filter(({ type }) => type === "provider_status");
    const took = says.filter(({ message }) => String(message).includes("claude goes on"));
    assertEquals(took.map(({ data }) => data), [{ fallback: { from: "mock", to: "claude" } }]);
    assertStringIncludes(ran.stderr, "; claude goes on\n");
  }),
);

Deno.test(
  "exec --fallback tells who waits at last nothing again that it has kept",
  inHome(async (home) => {
    await withoutJitter(home);
    const text = JSON.stringify({
      type: "assistant",
      message: {
        id: "m1",
        role: "assistant",
        model: "opus",
        content: [{ type: "text", text: "what was said" }],
      },
      session_id: "s-1",
    });
    await home.program("said", text);
    await standIn(home, `cat "$HOME/bin/said"; echo; ${replay("rate_limit")}`);
    const over: Step[] = [{ do: "limit", scope: "weekly", reset_at: "2020-01-01T00:00:00Z" }];
    const ran = await home.zag(
      ["-p", "claude", "exec", "--fallback", "mock", "-o", "json", "do it"],
      { env: { ZAG_CLAUDE_ALLOW_PRINT: "1", ...script(over, [{ do: "prompt" }]) } },
    );
    assertEquals(ran.code, 0, ran.stderr);
    assertEquals(JSON.parse(JSON.parse(ran.stdout).result).prompt, "Continue");
  }),
);

Deno.test(
  "--fallback refuses names that nobody can mean, with a hint",
  inHome(async (home) => {
    for (
      const [names, why] of [
        ["codex,codex", '"codex" is there twice'],
        ["", "it names nobody"],
        ["codex,,gemini", "a name is empty"],
        ["codex,mock", '"mock" has the session already'],
        ["auto", "who goes on is not left to a choice"],
      ] as const
    ) {
      for (const command of names === "auto" ? ["spawn"] : ["exec"]) {
        const args = ["-p", "mock", command, "--fallback", names, "hi"];
        const { code, stderr } = await home.zag(args);
        assertEquals([names, code], [names, 64], stderr);
        assertStringIncludes(stderr, `Cannot use --fallback "${names}": ${why}\n`);
        assertStringIncludes(stderr, "--fallback codex,gemini");
      }
    }
    const unknown = await home.zag(["-p", "mock", "exec", "--fallback", "codx", "hi"]);
    assertStringIncludes(unknown.stderr, 'Unknown provider "codx"');
    assertEquals([unknown.code, unknown.stderr.includes("auto")], [64, false], unknown.stderr);
    await home.zag(["config", "provider", "mock"]);
    const own = await home.zag(["exec", "--fallback", "mock", "hi"]);
    assertEquals(own.code, 64, own.stderr);
    assertEquals(await home.logPaths(), []);
  }),
);
