/** What holds for a session with `--fallback`, whoever it is that has it: caps, policies, place, notices. */
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import type { Finished, TestHome } from "../support/zag.ts";
import type { Step } from "../../src/providers/mock/script.ts";
import { bringForward, untilWaits, withoutJitter } from "./limit_support.ts";
import { inHome, jsonLines, script, standIn } from "./support.ts";
import { ended, kill9, rowOf } from "./spawn_support.ts";
import { repository } from "./worktree_support.ts";

/** Lines of Claude Code that end with a limit, or not, after it has told what it has cost. */
function claudeLines({ usd, limited }: { usd: number; limited: boolean }): string {
  const session_id = "0a1b2c3d-0000-4000-8000-00000000c1a0";
  const usage = { input_tokens: 100, output_tokens: 20 };
  return [
    { type: "system", subtype: "init", session_id, model: "opus", tools: [], cwd: "/" },
    {
      type: "result",
      subtype: "success",
      is_error: limited,
      ...(limited && { api_error_status: 429 }),
      result: limited ? "API Error: Request rejected (429) · rate limit" : "done",
      session_id,
      num_turns: 1,
      duration_ms: 1,
      total_cost_usd: usd,
      usage,
    },
  ].map((line) => JSON.stringify(line)).join("\n");
}

/** Claude Code is at its limit, having spent that much. */
async function atItsLimit(home: TestHome, usd: number): Promise<void> {
  await home.program("said", claudeLines({ usd, limited: true }));
  await standIn(home, 'pwd > "$HOME/seen/cwd"; cat "$HOME/bin/said"');
}

async function ask(
  home: TestHome,
  args: readonly string[],
  turns: Step[][] = [[{ do: "say", text: "here" }]],
  to = "mock",
): Promise<Finished> {
  return await home.zag(["-p", "claude", "exec", "--fallback", to, ...args, "do it"], {
    env: { ZAG_CLAUDE_ALLOW_PRINT: "1", ...script(...turns) },
  });
}

/** What a session has spent, by its budget. */
async function spent(home: TestHome): Promise<Record<string, unknown>> {
  const id = String(home.rows("sessions")[0]?.session_id);
  const { stdout } = await home.zag(["cost", "--session", id, "--json"]);
  return JSON.parse(stdout).budgets[0];
}

const uses = (usage: Partial<Record<"input_tokens" | "output_tokens" | "cost_usd", number>>) =>
  ({ do: "usage", ...usage }) as Step;

Deno.test(
  "exec --fallback counts what all providers have spent against one cap",
  inHome(async (home) => {
    await atItsLimit(home, 0.3);
    const said = { do: "say", text: "here" } as const;
    const within = await ask(home, ["--max-cost", "0.5", "--max-tokens", "300"], [
      [uses({ input_tokens: 50, output_tokens: 10, cost_usd: 0.1 }), said],
    ]);
    assertEquals([within.code, within.stdout], [0, "here\n"], within.stderr);
    const { spent_cost_usd, spent_tokens, left_cost_usd } = await spent(home);
    assertEquals([spent_cost_usd, spent_tokens, left_cost_usd], [0.4, 180, 0.1]);
  }),
);

for (
  const [cap, words] of [
    [["--max-cost", "0.5"], "$0.60 of the $0.50 in the budget"],
    [["--max-tokens", "150"], "180 of the 150 tokens in the budget"],
  ] as const
) {
  Deno.test(
    `exec --fallback ${cap[0]} ends the second provider when both together have passed it`,
    inHome(async (home) => {
      await atItsLimit(home, 0.3);
      const more = uses({ input_tokens: 50, output_tokens: 10, cost_usd: 0.3 });
      const ran = await ask(home, cap, [[more, { do: "hang" }]]);
      assertEquals(ran.code, 125, ran.stderr);
      assertStringIncludes(ran.stderr, words);
      assertEquals(home.rows("sessions").map(({ provider, outcome }) => [provider, outcome]), [
        ["mock", "killed"],
      ]);
    }),
  );
}

Deno.test(
  "exec --fallback starts nobody else when the cap is reached or passed",
  inHome(async (home) => {
    for (const usd of [0.5, 0.7]) {
      await atItsLimit(home, usd);
      const ran = await ask(home, ["--max-cost", "0.5"]);
      assertEquals([ran.code, ran.stdout.includes("here")], [125, false], ran.stderr);
      assertStringIncludes(ran.stderr, `$${usd.toFixed(2)} of the $0.50`);
    }
    const sessions = home.rows("sessions");
    assertEquals(sessions.map(({ outcome }) => outcome), ["failure", "failure"]);
    assertEquals(home.rows("processes").map(({ status }) => status), ["exited", "exited"]);
  }),
);

Deno.test(
  "--fallback refuses a cap in dollars before anything starts where another provider could not hold it",
  inHome(async (home) => {
    await atItsLimit(home, 0.3);
    for (const command of ["exec", "spawn"]) {
      const { code, stderr } = await home.zag(
        ["-p", "claude", command, "--fallback", "codex", "--max-cost", "1", "hi"],
        { env: { ZAG_CLAUDE_ALLOW_PRINT: "1" } },
      );
      assertEquals(code, 1, command);
      assertStringIncludes(stderr, "Cannot use --max-cost with Codex: it tells tokens");
      assertStringIncludes(stderr, "zag config prices.");
    }
    assertEquals(await home.logPaths(), []);
    // A cap of the configuration keeps nobody from starting, and is said.
    const set = await home.zag(["config", "budget.max_cost", "1"]);
    assertEquals(set.code, 0, set.stderr);
    const warned = await ask(home, [], undefined, "codex,mock");
    assertEquals([warned.code, warned.stdout.endsWith("here\n")], [0, true], warned.stderr);
    const [first, ...others] = warned.stderr.split("\n").filter((line) => line.includes("codex"));
    assertStringIncludes(first ?? "", "codex could not go on: Cannot use --max-cost");
    assert(others.some((line) => line.includes("codex cannot go on")), warned.stderr);
  }),
);

Deno.test(
  "--fallback refuses a policy before anything starts that another provider could not hold",
  inHome(async (home) => {
    await atItsLimit(home, 0.3);
    const asks = '{"rules":[{"ask":"shell"}]}';
    for (const command of ["exec", "spawn"]) {
      for (const to of ["mock,codex", "ollama"]) {
        const { code, stderr } = await home.zag(
          ["-p", "claude", command, "--fallback", to, "--permissions", asks, "hi"],
          { env: { ZAG_CLAUDE_ALLOW_PRINT: "1" } },
        );
        assertEquals([command, to, code], [command, to, 1], stderr);
        assertStringIncludes(stderr, to === "ollama" ? "Ollama" : "Codex");
      }
    }
    assertEquals(await home.logPaths(), []);
    const held = await ask(home, ["--permissions", '{"default":"deny"}'], [
      [{ do: "tool", name: "write", input: {}, output: "" }, { do: "say", text: "denied" }],
    ]);
    assertEquals(held.code, 0, held.stderr);
    const results = (await home.logs()).flat().filter(({ type }) => type === "tool_result");
    assertEquals(results.map(({ success }) => success), [false]);
  }),
);

Deno.test(
  "exec --fallback -w goes on in the same worktree",
  inHome(async (home) => {
    await repository(home);
    await atItsLimit(home, 0.3);
    const ran = await ask(home, ["-w", "apart", "-o", "json"], [[{ do: "prompt" }]]);
    assertEquals(ran.code, 0, ran.stderr);
    const { cwd } = JSON.parse(JSON.parse(ran.stdout).result);
    assertEquals(cwd, (await Deno.readTextFile(`${home.path}/seen/cwd`)).trim());
    assertStringIncludes(cwd, "apart");
  }),
);

Deno.test(
  "input goes on with the provider that had a session with --fallback last",
  inHome(async (home) => {
    await atItsLimit(home, 0.3);
    const turns: Step[][] = [[{ do: "say", text: "here" }], [{ do: "prompt" }]];
    const ran = await ask(home, [], turns);
    assertEquals(ran.code, 0, ran.stderr);
    const id = String(home.rows("sessions")[0]?.session_id);
    const more = await home.zag(["input", "--session", id, "and now?"], { env: script(...turns) });
    assertEquals(more.code, 0, more.stderr);
    const told = JSON.parse(more.stdout.slice(more.stdout.indexOf("{")));
    assertEquals([told.resumed, told.prompt], [true, "and now?"]);
    assertEquals(home.rows("sessions").map(({ provider, outcome }) => [provider, outcome]), [
      ["mock", "success"],
    ]);
  }),
);

Deno.test(
  "--notify tells once how a session with --fallback has ended, whoever had it",
  inHome(async (home) => {
    await atItsLimit(home, 0.3);
    const tell = await home.program("tell", '#!/bin/sh\ncat >> "$HOME/told"\n');
    const told = async () => {
      const text = await Deno.readTextFile(`${home.path}/told`).catch(() => "");
      await Deno.remove(`${home.path}/told`).catch(() => {});
      return jsonLines(text).map(({ event, provider }) => [event, provider]);
    };
    assertEquals((await ask(home, ["--notify", tell])).code, 0);
    assertEquals(await told(), [["end", "mock"]]);
    const fails: Step[][] = [[{ do: "error", message: "no", fatal: true }]];
    await ask(home, ["--notify", tell], fails);
    assertEquals(await told(), [["failure", "mock"]]);
    await ask(home, ["--notify", tell, "--no-auto-resume"], [[{ do: "limit", reset_in: 9 }]]);
    assertEquals(await told(), [["failure", "mock"]]);
    await ask(home, ["--notify", tell, "--no-auto-resume"], undefined, "codex");
    assertEquals(await told(), [["failure", "claude"]]);
  }),
);

Deno.test(
  "exec --fallback asks the provider again that has answered, when its JSON is wrong, and no other",
  inHome(async (home) => {
    await atItsLimit(home, 0.3);
    const { code, stderr } = await ask(home, ["--json", "--no-auto-resume"], [
      [{ do: "say", text: "no" }],
      [{ do: "limit", reset_in: 9 }],
      [{ do: "json", value: 1 }],
    ]);
    assertEquals(code, 1, stderr);
    assertEquals(stderr.split("goes on").length - 1, 1, stderr);
    assertEquals(home.rows("sessions").map(({ provider, outcome }) => [provider, outcome]), [
      ["mock", "failure"],
    ]);
  }),
);

Deno.test(
  "a size of the model holds for whoever goes on, and Claude is not asked twice that nobody named",
  inHome(async (home) => {
    await atItsLimit(home, 0.3);
    const env = { ZAG_CLAUDE_ALLOW_PRINT: "1", ...script([{ do: "prompt" }]) };
    const { code, stdout, stderr } = await home.zag(
      ["exec", "--fallback", "claude,mock", "-m", "small", "-o", "json", "hi"],
      { env },
    );
    assertEquals(code, 0, stderr);
    assertEquals(JSON.parse(JSON.parse(stdout).result).model, "mock-small");
    assertEquals(stderr.includes("claude goes on"), false, stderr);
  }),
);

Deno.test(
  "a session that waits with its last provider goes on with that one when its zag was killed",
  inHome(async (home) => {
    await withoutJitter(home);
    await atItsLimit(home, 0.3);
    const turns: Step[][] = [
      [{ do: "say", text: "half" }, { do: "limit", reset_in: 3600 }],
      [{ do: "prompt" }],
    ];
    const env = { ZAG_CLAUDE_ALLOW_PRINT: "1", ...script(...turns) };
    const child = home.spawn(
      ["-p", "claude", "exec", "--fallback", "mock", "--max-cost", "5", "do it"],
      { env, stdio: { stdout: "null", stderr: "null" } },
    );
    const wait = await untilWaits(home);
    await kill9(child.pid);
    await child.status;
    bringForward(home);
    assertEquals((await home.zag(["session", "list"], { env })).code, 0);
    assertEquals(await ended(home, wait.sessionId), 0);
    const { provider, outcome } = rowOf(home, wait.sessionId);
    assertEquals([provider, outcome], ["mock", "success"]);
    // What Claude has spent counts after the crash, too.
    const { spent_cost_usd } = await spent(home);
    assertEquals(spent_cost_usd, 0.3);
  }),
);
