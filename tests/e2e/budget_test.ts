/** Caps on what a call spends. */
import type { Step } from "../../src/providers/mock/script.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { Finished, TestHome } from "../support/zag.ts";
import { asleep, HOUR, look } from "./limit_crash_support.ts";
import { bringForward, change } from "./limit_support.ts";
import { ended, rowOf } from "./spawn_support.ts";
import { inHome, jsonLines, leftovers, mock, onlyLog, script, waitFor } from "./support.ts";

const used = (cost_usd: number, input_tokens = 100, output_tokens = 20): Step => ({
  do: "usage",
  cost_usd,
  input_tokens,
  output_tokens,
});

const say = (text: string): Step => ({ do: "say", text });

/** Dollars that the index knows of. */
function spent(home: TestHome): unknown[] {
  return home.rows("usage").map(({ cost_usd }) => cost_usd);
}

function assertOver({ code, stderr }: Finished, words: string | RegExp): void {
  assertEquals(code, 125, stderr);
  if (typeof words === "string") assertStringIncludes(stderr, words);
  else assertMatch(stderr, words);
}

for (
  const [flag, value, words] of [
    [
      "--max-cost",
      "0.01",
      "$0.02 of the $0.01 in the budget is spent (by the agent's own numbers)",
    ],
    ["--max-tokens", "110", "120 of the 110 tokens in the budget are spent"],
  ] as const
) {
  Deno.test(
    `exec ${flag} ends an agent in the middle of a turn, with all that it has started`,
    inHome(async (home) => {
      const steps: Step[] = [
        { do: "fork", mode: "new_session" },
        say("so far"),
        used(0.02),
        { do: "hang" },
      ];
      const run = await mock(home, steps, ["hi", flag, value]);
      assertOver(run, `error: Mock agent was ended: ${words}`);
      assertEquals(run.stdout, "so far\n");
      assertEquals(await leftovers(home), []);
      const { success, outcome, error } = (await onlyLog(home)).at(-1)!;
      assertEquals([success, outcome], [false, "killed"]);
      assertStringIncludes(String(error), words);
      // What was used until then is in the books, though the turn has no end.
      assertEquals(spent(home), [0.02]);
    }),
  );
}

Deno.test(
  "exec --max-cost shows an answer that has passed the cap, and says so",
  inHome(async (home) => {
    const script = { turns: [{ steps: [say("all of it")] }] };
    const over = (...flags: string[]) =>
      home.zag(["-p", "mock", "exec", ...flags, "a b c"], {
        env: { ZAG_MOCK_SCRIPT: JSON.stringify(script) },
      });
    const run = await over("--max-tokens", "5");
    assertEquals(run.stdout, "all of it\n");
    assertOver(run, "error: Mock agent may not go on: 6 of the 5 tokens in the budget are spent");
    assertEquals((await onlyLog(home)).at(-1)?.outcome, "failure");
    const exact = await over("--max-tokens", "6");
    assertEquals([exact.code, exact.stdout, exact.stderr], [0, "all of it\n", ""]);
  }),
);

Deno.test(
  "exec --max-tokens holds in every format",
  inHome(async (home) => {
    for (const format of ["text", "json", "json-pretty", "stream-json"]) {
      const run = await mock(home, [say("x"), used(0)], ["hi", "--max-tokens=9", "-o", format]);
      assertOver(run, "120 of the 9 tokens");
      if (format !== "json") continue;
      const { is_error, error_message, usage } = JSON.parse(run.stdout);
      assertEquals([is_error, usage.input_tokens], [true, 100]);
      assertStringIncludes(error_message, "120 of the 9 tokens");
    }
  }),
);

Deno.test(
  "exec --max-cost counts all corrections of --json together",
  inHome(async (home) => {
    const run = await home.zag(["-p", "mock", "exec", "--json", "--max-cost=0.05", "hi"], {
      env: script(
        [used(0.02), say("no")],
        [used(0.02), say("no")],
        [say("no"), used(0.02), { do: "hang" }],
        [say("{}")],
      ),
    });
    assertOver(run, "$0.06 of the $0.05 in the budget is spent");
    assertEquals([run.stdout, spent(home)], ["", [0.02, 0.02, 0.02]]);
  }),
);

Deno.test(
  "exec --max-cost counts all messages of a stream together",
  inHome(async (home) => {
    const messages = ["one", "two", "three"].map((content) =>
      JSON.stringify({ type: "user_message", content }) + "\n"
    ).join("");
    const run = await home.zag(
      ["-p", "mock", "exec", "-i", "stream-json", "-o", "stream-json", "--max-cost", "0.03"],
      {
        stdin: messages,
        env: script([used(0.02), say("1")], [used(0.02), say("2")], [{ do: "hang" }]),
      },
    );
    assertOver(run, "$0.04 of the $0.03 in the budget is spent");
    const said = jsonLines(run.stdout).filter(({ type }) => type === "assistant_message");
    assert(said.length < 3, `${said.length} answers`);
    assertEquals(spent(home), [0.02, 0.02]);
  }),
);

Deno.test(
  "exec --resume --max-cost does not count what earlier calls have spent",
  inHome(async (home) => {
    const env = script([used(0.02), say("1")], [used(0.02), say("2")], [used(0.02), say("3")]);
    const exec = (...args: string[]) => home.zag(["-p", "mock", "exec", ...args], { env });
    assertEquals((await exec("--max-cost=0.03", "--name", "it", "hi")).code, 0);
    assertEquals((await exec("--max-cost=0.03", "--resume", "it", "hi")).code, 0);
    const budget = () => JSON.parse(String(home.rows("sessions")[0]!.budget));
    assertEquals([budget().maxCostUsd, budget().maxTokens], [0.03, null]);
    assertEquals((await exec("--resume", "it", "hi")).code, 0);
    assertEquals(budget(), null);
  }),
);

Deno.test(
  "exec --max-cost lets a session that waited for a limit spend what is left alone",
  inHome(async (home) => {
    const config = { usage_limits: { jitter_secs: 0 } };
    await Deno.mkdir(`${home.path}/.zag`, { recursive: true });
    await Deno.writeTextFile(`${home.path}/.zag/zag.jsonc`, JSON.stringify(config));
    const run = await home.zag(["-p", "mock", "exec", "--max-cost=0.03", "hi"], {
      env: script(
        [used(0.02), { do: "limit", reset_in: 1 }],
        [say("more"), used(0.02), { do: "hang" }],
      ),
    });
    assertOver(run, "$0.04 of the $0.03 in the budget is spent");
    assertEquals([run.stdout, spent(home)], ["more\n", [0.02, 0.02]]);
  }),
);

for (const args of [[], ["--json"]]) {
  Deno.test(
    `exec ${
      ["--max-cost", ...args].join(" ")
    } holds for a session whose zag was killed while it waited`,
    inHome(async (home) => {
      const agent = script([used(0.02), { do: "limit", reset_in: HOUR }], [used(0.02), say("{}")]);
      const id = await asleep(home, ["--max-cost=0.03", ...args], agent);
      const since = () => JSON.parse(String(rowOf(home, id).budget)).since;
      const began = since();
      bringForward(home);
      await look(home, { env: agent });
      await ended(home, id);
      assertStringIncludes(
        String(rowOf(home, id).error),
        "$0.04 of the $0.03 in the budget is spent",
      );
      assertEquals([since(), spent(home)], [began, [0.02, 0.02]]);
    }),
  );
}

Deno.test(
  "exec --max-tokens counts after a crash what each provider has used by its own rules",
  inHome(async (home) => {
    const agent = script([used(0), { do: "limit", reset_in: HOUR }], [used(0), say("done")]);
    const id = await asleep(home, ["--max-tokens=150"], agent);
    // What Codex tells as input contains what came from a cache.
    change(home, "UPDATE usage SET provider = 'codex', cache_read_tokens = input_tokens");
    bringForward(home);
    await look(home, { env: agent });
    assertEquals([await ended(home, id), rowOf(home, id).error], [0, null]);
  }),
);

/** A step in which an agent runs zag, whose agent takes other steps. */
function inside(args: readonly string[], ...steps: Step[]): Step {
  const variable = `ZAG_MOCK_SCRIPT=${
    JSON.stringify({ turns: [{ steps }], after: "repeat-last" })
  }`;
  return { do: "run", command: ["env", variable, "zag", "-p", "mock", ...args] };
}

/** What the tools of the only session without a parent have printed. */
async function printed(home: TestHome): Promise<string> {
  const [row] = home.rows("sessions").filter(({ parent_session_id }) => parent_session_id === null);
  const log = jsonLines(await Deno.readTextFile(String(row!.log_path)));
  return log.filter(({ type }) => type === "tool_result").map(({ output, error }) =>
    `${output ?? ""}${error ?? ""}`
  ).join("");
}

Deno.test(
  "exec --max-cost counts what sessions spend that the agent has started",
  inHome(async (home) => {
    const run = await mock(home, [
      inside(["exec", "go"], used(0.03), say("child")),
      used(0.02),
      { do: "hang" },
    ], ["hi", "--max-cost", "0.04"]);
    assertOver(run, "$0.05 of the $0.04 in the budget is spent, $0.03 of it by sessions that it");
    assertEquals(spent(home).sort(), [0.02, 0.03]);
  }),
);

Deno.test(
  "exec gives a session that an agent has started what is left, and no more than its own cap",
  inHome(async (home) => {
    const child = (...flags: string[]) =>
      inside(["exec", ...flags, "go"], say("child"), used(0.03), { do: "hang" });
    const parent = [child(), say("goes on")];
    const left = await mock(home, parent, ["hi", "--max-cost", "0.02"]);
    // The agent above is stopped, too: what its child has spent is spent.
    assertEquals(left.code, 125, left.stderr);
    const output = await printed(home);
    assertMatch(output, /\$0\.03 of the \$0\.02 in the budget of session [0-9a-f-]{36} is spent/);
  }),
);

Deno.test(
  "exec holds the cap of a session that an agent has started within a larger one",
  inHome(async (home) => {
    const child = inside(["exec", "--max-cost=0.01", "go"], say("child"), used(0.03), {
      do: "hang",
    });
    const { code, stdout } = await mock(home, [child, say("goes on")], ["hi", "--max-cost=5"]);
    assertEquals([code, stdout], [0, "goes on\n"]);
    assertStringIncludes(await printed(home), "$0.03 of the $0.01 in the budget is spent");
  }),
);

Deno.test(
  "exec does not start a session for which nothing is left",
  inHome(async (home) => {
    const steps = [
      inside(["exec", "first"], say("first"), used(0.03)),
      inside(["exec", "second"], say("second")),
      say("goes on"),
    ];
    const { code } = await mock(home, steps, ["hi", "--max-cost", "0.03"]);
    assertEquals(code, 0);
    const output = await printed(home);
    assertMatch(
      output,
      /Cannot start Mock agent: \$0\.03 of the \$0\.03 in the budget of session \S+ is spent/,
    );
    assert(!output.includes("second\n"));
    assertEquals(home.rows("sessions").length, 2);
  }),
);

Deno.test(
  "exec counts for all sessions above what sessions deep below have spent",
  inHome(async (home) => {
    const deepest = inside(["exec", "third"], say("deepest"), used(0.03), { do: "hang" });
    const middle = inside(["exec", "second"], deepest, say("middle"));
    const { code } = await mock(home, [middle, say("top")], ["hi", "--max-cost", "0.02"]);
    assertEquals(code, 125);
    const budgets = home.rows("sessions").map(({ budget }) => budget !== null);
    assertEquals(budgets.filter((has) => has).length, 1);
    assertEquals(spent(home).includes(0.03), true);
  }),
);

Deno.test(
  "exec counts what a session spends that an agent goes on with and did not begin",
  inHome(async (home) => {
    const env = script([say("begun")]);
    await home.zag(["-p", "mock", "exec", "--name", "other", "hi"], { env });
    const steps = [
      inside(["exec", "--resume", "other", "more"], used(0.001), say("x")),
      inside(["exec", "--resume", "other", "more"], used(0.03), say("x")),
      used(0.001),
      say("done"),
    ];
    const run = await mock(home, steps, ["hi", "--max-cost", "0.02"]);
    assertEquals(run.code, 125, run.stderr);
  }),
);

Deno.test(
  "spawn --max-cost ends the agent of a session in the background",
  inHome(async (home) => {
    const { stdout } = await home.zag(["spawn", "-p", "mock", "--max-cost", "$0.01", "hi"], {
      env: script([used(0.02), { do: "hang" }]),
    });
    const { code } = await home.zag(["wait", stdout.trim()]);
    assertEquals(code, 1);
    const [row] = home.rows("sessions");
    assertEquals(row!.outcome, "killed");
    assertStringIncludes(String(row!.error), "$0.02 of the $0.01 in the budget is spent");
  }),
);

Deno.test(
  "spawn --interactive --max-cost counts all messages together",
  inHome(async (home) => {
    const env = script([used(0.02), say("1")], [used(0.02), say("2")], [used(0.02), say("3")]);
    const { stdout } = await home.zag(
      ["spawn", "-p", "mock", "--interactive", "--max-cost", "0.03", "hi"],
      { env },
    );
    const id = stdout.trim();
    await home.zag(["input", "--session", id, "again"], { env });
    await home.zag(["wait", id]);
    const [row] = home.rows("sessions");
    assertStringIncludes(String(row!.error), "$0.04 of the $0.03 in the budget is spent");
    assertEquals(spent(home), [0.02, 0.02]);
  }),
);

Deno.test(
  "retry and input hold the cap that a session was started with, and take another one",
  inHome(async (home) => {
    const env = script([say("1"), used(0.02)], [say("2"), used(0.02)], [say("3"), used(0.02)]);
    await home.zag(["-p", "mock", "exec", "--name", "it", "--max-cost", "0.01", "hi"], { env });
    const again = await home.zag(["input", "--name", "it", "more"], { env });
    assertOver(again, "$0.02 of the $0.01");
    const more = await home.zag(["input", "--name", "it", "--max-cost", "1", "more"], { env });
    assertEquals([more.code, more.stdout], [0, "3\n"], more.stderr);
    const retried = async (...flags: string[]) => {
      const { stdout } = await home.zag(["retry", "--json", "it", ...flags], { env });
      const id: string = JSON.parse(stdout)[0].new_session_id ?? JSON.parse(stdout)[0].session_id;
      return await waitFor("the retry", () => {
        const row = home.rows("sessions").find(({ session_id }) => session_id === id);
        return row?.outcome == null ? undefined : String(row.outcome);
      });
    };
    // Ended before its last word, or behind it.
    assertMatch(await retried(), /^(killed|failure)$/);
    assertEquals(await retried("--max-cost", "1"), "success");
  }),
);

for (
  const [command, args] of [
    ["pipe", ["first", "--", "go on"]],
    ["plan", ["go on"]],
    ["review", ["--uncommitted"]],
  ] as const
) {
  Deno.test(
    `${command} --max-tokens ends the agent`,
    inHome(async (home) => {
      await mock(home, [say("first")], ["--name", "first", "hi"]);
      const git = (...args: string[]) => new Deno.Command("git", { args, cwd: home.work }).output();
      await git("init", "-q");
      await Deno.writeTextFile(`${home.work}/a.txt`, "a\n");
      const run = await home.zag(["-p", "mock", command, "--max-tokens", "1", ...args], {
        env: script([used(0), { do: "hang" }]),
      });
      assertOver(run, "of the 1 tokens in the budget are spent");
    }),
  );
}

Deno.test(
  "exec holds the cap of the configuration, and takes another one",
  inHome(async (home) => {
    const set = await home.zag(["config", "--global", "budget.max_cost", "0.01"]);
    assertEquals(set.code, 0, set.stderr);
    const steps = [say("x"), used(0.02)];
    assertOver(await mock(home, steps), "$0.02 of the $0.01");
    assertEquals((await mock(home, steps, ["hi", "--max-cost", "0.02"])).code, 0);
  }),
);

Deno.test(
  "exec refuses a cap that is no amount",
  inHome(async (home) => {
    for (const value of ["0", "-1", "1e3", "none", "0.0", "$"]) {
      const { code, stderr } = await home.zag(["exec", `--max-cost=${value}`, "hi"]);
      assertEquals(code, 64);
      assertStringIncludes(stderr, "it must be an amount of US dollars above 0");
    }
    for (const value of ["0", "1.5", "k", "1G", "-5"]) {
      const { code, stderr } = await home.zag(["exec", `--max-tokens=${value}`, "hi"]);
      assertEquals(code, 64);
      assertStringIncludes(stderr, "it must be a number of tokens above 0");
    }
    assertEquals(await Deno.stat(`${home.path}/.zag/zag.db`).catch(() => "none"), "none");
  }),
);

Deno.test(
  "run --max-tokens ends an agent at a terminal",
  inHome(async (home) => {
    const run = await home.zag(
      ["-p", "mock", "run", "--exit", "--headless", "-a", "--max-tokens", "110", "hi"],
      { env: script([say("x"), used(0)]) },
    );
    assertOver(run, "120 of the 110 tokens in the budget are spent");
    assertEquals(await leftovers(home), []);
    assertEquals(home.rows("sessions")[0]!.outcome, "killed");
  }),
);
