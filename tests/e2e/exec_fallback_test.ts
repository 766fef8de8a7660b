import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import type { Finished, TestHome } from "../support/zag.ts";
import { inHome, jsonLines, leftovers, replay, script, seen, standIn } from "./support.ts";

const PROMPT = [{ do: "prompt" }] as const;

/** Asks Claude, and the mock agent in its place. */
async function ask(
  home: TestHome,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Finished> {
  return await home.zag(["-p", "claude", "exec", "--fallback", "mock", ...args, "do it"], {
    env: { ZAG_CLAUDE_ALLOW_PRINT: "1", ...script([...PROMPT]), ...env },
  });
}

/** What the mock agent was told. */
function told(stdout: string): Record<string, unknown> {
  return JSON.parse(stdout.slice(stdout.indexOf("{")));
}

for (
  const [fixture, what] of [["rate_limit", "a usage limit"], ["server_error", "an outage"]] as const
) {
  Deno.test(
    `exec --fallback goes on with another provider in the same session at ${what}`,
    inHome(async (home) => {
      await standIn(home, replay(fixture));
      const { code, stdout, stderr } = await ask(home, ["-s", "brief", "-o", "json"]);
      assertEquals(code, 0, stderr);
      const output = JSON.parse(stdout);
      const answer = told(output.result);
      assertEquals([answer.system_prompt, answer.resumed, output.is_error], [
        "brief",
        false,
        false,
      ]);
      assertEquals(output.agent, "mock");
      assertStringIncludes(stderr, "; mock goes on\n");
      const [session, ...others] = home.rows("sessions");
      assertEquals(others, []);
      assertEquals([session?.provider, session?.outcome], ["mock", "success"]);
      assertEquals(home.rows("processes").map(({ status, provider }) => [status, provider]), [
        ["exited", "mock"],
      ]);
      const [log = []] = await home.logs();
      assertEquals(log.filter(({ type }) => type === "session_ended").length, 1);
      assertEquals(new Set(log.map(({ provider }) => provider)), new Set(["claude", "mock"]));
      assertEquals(home.rows("resumes"), []);
      assertEquals(await leftovers(home), []);
    }),
  );
}

Deno.test(
  "exec --fallback tells the other agent what was said and done so far, below the same prompt",
  inHome(async (home) => {
    const said = [
      { type: "system", subtype: "init", session_id: "s-1", model: "opus", tools: [], cwd: "/" },
      {
        type: "assistant",
        message: {
          id: "m1",
          role: "assistant",
          model: "opus",
          content: [{ type: "text", text: "I have found ```the file```" }],
        },
        session_id: "s-1",
      },
      {
        type: "result",
        subtype: "success",
        is_error: true,
        api_error_status: 529,
        result: "API Error: 529 Overloaded",
        session_id: "s-1",
        num_turns: 1,
        duration_ms: 1,
      },
    ];
    await home.program("said", said.map((line) => JSON.stringify(line)).join("\n"));
    await standIn(home, 'cat > "$HOME/seen/stdin"; cat "$HOME/bin/said"');
    const { code, stdout, stderr } = await ask(home, ["-o", "json"]);
    assertEquals(code, 0, stderr);
    const prompt = String(told(JSON.parse(stdout).result).prompt);
    assertStringIncludes(prompt, "Person: do it\n\nAgent: I have found ```the file```\n````");
    assert(prompt.endsWith("The task was:\n\ndo it"), prompt);
    assertEquals(await seen(home, "stdin"), "do it");
  }),
);

Deno.test(
  "exec --fallback takes who can be started where the first one cannot",
  inHome(async (home) => {
    const { code, stdout, stderr } = await ask(home, [], { PATH: "/usr/bin:/bin" });
    assertEquals([code, told(stdout).prompt], [0, "do it"], stderr);
    assertStringIncludes(stderr, "mock is tried instead");
    assertEquals(home.rows("sessions").map(({ provider }) => provider), ["mock"]);
  }),
);

Deno.test(
  "exec --fallback leaves a session alone that fails on its work, and one that nobody can go on with",
  inHome(async (home) => {
    const env = script([{ do: "error", message: "no such file", fatal: true }], [...PROMPT]);
    const failed = await home.zag(
      ["-p", "mock", "exec", "--fallback", "claude", "-o", "json", "hi"],
      { env },
    );
    assertEquals(JSON.parse(failed.stdout).agent, "mock");
    assertEquals(failed.stderr.includes("goes on"), false);
    await standIn(home, replay("server_error"));
    const alone = await home.zag(
      ["-p", "claude", "exec", "--fallback", "codex", "--exit-on-failure", "hi"],
      { env: { ZAG_CLAUDE_ALLOW_PRINT: "1", PATH: `${home.bin}:/usr/bin:/bin` } },
    );
    assertEquals(alone.code, 1, alone.stderr);
    assertStringIncludes(alone.stderr, "codex cannot go on");
    const outcomes = home.rows("sessions").map(({ provider, outcome }) => [provider, outcome]);
    assertEquals(outcomes, [["mock", "failure"], ["claude", "failure"]]);
    assertEquals(home.rows("processes").map(({ status }) => status), ["exited", "exited"]);
  }),
);

/** How all sessions have ended, and their runs. */
function ends(home: TestHome): unknown[][] {
  const runs = home.rows("processes").map(({ status }) => status);
  return home.rows("sessions").map(({ provider, outcome }, at) => [provider, outcome, runs[at]]);
}

Deno.test(
  "exec --fallback asks the next one where the one before cannot be planned",
  inHome(async (home) => {
    await standIn(home, replay("rate_limit"));
    await home.program("gemini", "#!/bin/sh\necho 0.61.0\n");
    await Deno.mkdir(`${home.work}/a,b`);
    const args = ["--no-auto-resume", "--add-dir", "a,b", "-o", "json", "do it"];
    const to = async (names: string) =>
      await home.zag(["-p", "claude", "exec", "--fallback", names, ...args], {
        env: { ZAG_CLAUDE_ALLOW_PRINT: "1", ...script([...PROMPT]) },
      });
    const { code, stderr } = await to("gemini,mock");
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, "gemini cannot go on: ");
    assertStringIncludes((await to("gemini")).stderr, "gemini cannot go on: ");
    assertEquals(ends(home), [["mock", "success", "exited"], ["claude", "failure", "exited"]]);
    const log = (await home.logs()).flat();
    assertEquals(log.filter(({ type }) => type === "session_ended").length, 2);
  }),
);

Deno.test(
  "exec --fallback asks the next one where the program of the one before does not start",
  inHome(async (home) => {
    await standIn(home, replay("rate_limit"));
    await home.program("codex", "#!/no/such/interpreter\n");
    const to = async (first: string, names: string) =>
      await home.zag(
        ["-p", first, "exec", "--no-auto-resume", "--fallback", names, "-o", "json", "do it"],
        { env: { ZAG_CLAUDE_ALLOW_PRINT: "1", ...script([...PROMPT]) } },
      );
    for (const [first, names] of [["claude", "codex,mock"], ["codex", "mock"]] as const) {
      const { code, stderr } = await to(first, names);
      assertEquals([first, code], [first, 0], stderr);
    }
    const none = await to("codex", "gemini");
    assertEquals(none.code, 2);
    assertStringIncludes(none.stderr, "error: Cannot start");
    const limited = await to("claude", "codex");
    assertEquals([limited.code, JSON.parse(limited.stdout).agent], [0, "claude"]);
    assertStringIncludes(limited.stderr, "codex cannot go on: Cannot start");
    assertEquals(limited.stderr.includes("codex goes on"), false);
    const success = ["mock", "success", "exited"];
    assertEquals(ends(home), [
      success,
      success,
      ["codex", "failure", "exited"],
      ["claude", "failure", "exited"],
    ]);
    const log = (await home.logs()).flat();
    assertEquals(log.filter(({ type }) => type === "session_ended").length, 4);
  }),
);

Deno.test(
  "exec --fallback takes nothing for an outage that stands above the last line of stderr",
  inHome(async (home) => {
    const says = (last: string) =>
      standIn(home, `cat > /dev/null; echo "connect ECONNREFUSED ::1" >&2; ${last} >&2; exit 1`);
    await says("echo 'Error: unknown model foo'");
    const failed = await ask(home);
    assertEquals([failed.code, failed.stderr.includes("goes on")], [2, false], failed.stderr);
    await says("echo 'Error: fetch failed'");
    assertEquals((await ask(home)).code, 0);
    assertEquals(home.rows("sessions").map(({ provider }) => provider), ["claude", "mock"]);
  }),
);

Deno.test(
  "exec --fallback checks an answer that has to be JSON, whoever gives it",
  inHome(async (home) => {
    await standIn(home, replay("rate_limit"));
    const env = script([{ do: "say", text: "no" }], [{ do: "say", text: '{"a":1}' }]);
    const { code, stdout, stderr } = await ask(home, ["--json"], env);
    assertEquals([code, stdout], [0, '{"a":1}\n'], stderr);
    assertEquals(home.rows("sessions").length, 1);
  }),
);

Deno.test(
  "spawn --fallback goes on with another provider in the background",
  inHome(async (home) => {
    await standIn(home, replay("rate_limit"));
    const env = { ZAG_CLAUDE_ALLOW_PRINT: "1", ...script([{ do: "say", text: "here" }]) };
    const spawned = await home.zag(["-p", "claude", "spawn", "--fallback", "mock", "hi"], { env });
    const id = spawned.stdout.trim();
    const waited = await home.zag(["wait", "--json", id]);
    assertEquals(jsonLines(waited.stdout).map(({ success }) => success), [true], waited.stderr);
    assertEquals((await home.zag(["output", id])).stdout, "here\n");
    assertEquals(await leftovers(home, 10_000), []);
  }),
);

Deno.test(
  "retry goes on with another provider where the session could have",
  inHome(async (home) => {
    await standIn(home, "cat > /dev/null; echo broken >&2; exit 1");
    assertEquals((await ask(home)).code, 2);
    await standIn(home, replay("rate_limit"));
    const id = String(home.rows("sessions")[0]?.session_id);
    const env = { ZAG_CLAUDE_ALLOW_PRINT: "1", ...script([{ do: "say", text: "here" }]) };
    const { code, stdout, stderr } = await home.zag(["retry", "--no-auto-resume", id], { env });
    assertEquals(code, 0, stderr);
    const now = stdout.trim().split(" ").at(-1)!;
    assertEquals((await home.zag(["wait", now])).code, 0);
    assertEquals((await home.zag(["output", now])).stdout, "here\n");
  }),
);

Deno.test(
  "--fallback is refused where it cannot be meant, and with a name that nobody has",
  inHome(async (home) => {
    const tries: [string[], string][] = [
      [["exec", "--fallback", "nobody", "hi"], 'Unknown provider "nobody"'],
      [["exec", "--fallback", "claude", "-o", "text", "hi"], "-o text"],
      [["exec", "--fallback", "claude", "-i", "stream-json", "hi"], "messages"],
      [["exec", "--fallback", "claude", "--sandbox", "--", "hi"], "--sandbox"],
    ];
    for (const [args, words] of tries) {
      const { code, stderr } = await home.zag(["-p", "mock", ...args]);
      assertEquals(code !== 0, true, args.join(" "));
      assertStringIncludes(stderr, words);
    }
    assertEquals(await home.logPaths(), []);
  }),
);
