/** `zag run --exit --headless` whose agent hits a usage limit: nobody sees it, and nobody would go on. */
import { STANDS_MS } from "../../src/agent/unseen_limit.ts";
import type { Step } from "../../src/providers/mock/script.ts";
import { Pty } from "../support/pty.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { type TestHome, ZAG } from "../support/zag.ts";
import { look } from "./limit_crash_support.ts";
import {
  bringForward,
  limit,
  ownerOf,
  untilWaits,
  waiting,
  withoutJitter,
} from "./limit_support.ts";
import { alive, ended, kill9, rowOf } from "./spawn_support.ts";
import { inHome, leftovers, onlyLog, script, waitFor } from "./support.ts";

const FAR = 3600;
const OVER: Step[] = [{ do: "limit", scope: "weekly", reset_at: "2020-01-01T00:00:00Z" }];
const SCHEMA = '{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}';

/** A step that hands in a result. */
function handIn(result: string): Step {
  return { do: "run", command: ["zag", "ps", "kill", "self", result] };
}

/** Says what it was told, hands in what will not do, and then what will. */
const AFTER: Step[] = [{ do: "prompt" }, handIn("three"), handIn('{"n":3}'), { do: "hang" }];

const ASKED = ["run", "-a", "--headless", "--exit", "the count", "--json-schema", SCHEMA];

/** Runs a session that hands in a count. */
function run(home: TestHome, env: Record<string, string>, ...flags: string[]) {
  return home.zag(["-p", "mock", ...ASKED, "--timeout", "60s", ...flags, "count"], { env });
}

/** Starts one, and waits until it waits. */
async function asleep(home: TestHome, env: Record<string, string>, ...flags: string[]) {
  await withoutJitter(home);
  const child = home.spawn(["-p", "mock", ...ASKED, ...flags, "count"], { env });
  return { child, ...await untilWaits(home) };
}

/** What the agent was told when it went on. */
async function told(home: TestHome): Promise<Record<string, unknown>> {
  const said = (await onlyLog(home)).filter(({ type }) => type === "assistant_message");
  return JSON.parse(String(said.at(-1)!.content));
}

/** It was told again how the session ends, and what it was started with; its result was checked. */
async function assertConstrained(home: TestHome): Promise<void> {
  const { prompt, system_prompt, resumed, max_turns, mcp_config, auto_approve } = await told(home);
  assertMatch(String(prompt), /^Continue\n\n.*zag ps kill self/);
  const system = String(system_prompt);
  assert(system.startsWith("be brief\n\nThis session ends when"), system);
  assertEquals(system.split("This session ends when").length, 2);
  for (const part of ["the count", "must be JSON", '"integer"']) {
    assertStringIncludes(system, part);
  }
  assertEquals([resumed, max_turns, auto_approve], [true, 9, true]);
  assertEquals(mcp_config, { mcpServers: { s: { command: "true" } } });
  const refusals = (await onlyLog(home)).filter(({ type, success }) =>
    type === "tool_result" && success === false
  );
  assertEquals(refusals.length, 1);
}

const FLAGS = [
  ...["-s", "be brief", "--max-turns", "9"],
  ...["--mcp-config", '{"mcpServers":{"s":{"command":"true"}}}'],
];

/** What the log says of limits and of the end. */
async function story(home: TestHome): Promise<string[]> {
  const log = await onlyLog(home);
  return log.map(({ type }) => String(type)).filter((type) =>
    /^(usage_limit_|session_(result|ended))/.test(type)
  );
}

const WENT_ON = ["usage_limit_hit", "usage_limit_resumed", "session_result", "session_ended"];

Deno.test(
  "run --exit --headless goes on when a usage limit is over, with its constraints, and prints the result",
  inHome(async (home) => {
    await withoutJitter(home);
    const ran = await run(home, script(OVER, AFTER), ...FLAGS);
    assertEquals([ran.code, ran.stdout], [0, '{"n":3}\n'], ran.stderr);
    assertMatch(
      ran.stderr,
      /⏳ Mock agent: usage limit \(weekly\), goes on at .* zag usage cancel/,
    );
    await assertConstrained(home);
    assertEquals(await story(home), WENT_ON);
    const [session] = home.rows("sessions");
    assertEquals([session?.outcome, session?.error], ["success", null]);
    assertEquals(waiting(home), []);
    assertEquals((await home.zag(["output"])).stdout, '{"n":3}\n');
    assertEquals(await leftovers(home), []);
  }),
);

Deno.test(
  "run --exit --headless that waits and whose zag is killed is gone on with by the next command",
  inHome(async (home) => {
    const env = script(limit(FAR), AFTER);
    const { child, sessionId } = await asleep(home, env, ...FLAGS);
    const shown = await home.zag(["status", sessionId]);
    assertEquals([shown.code, shown.stdout], [0, "idle\n"]);
    child.kill("SIGKILL");
    await child.output();
    await look(home, { env });
    const owner = ownerOf(home);
    assert(alive(owner), "another zag looks after it");
    // The one that has taken its place dies, too.
    await kill9(owner);
    bringForward(home);
    await look(home, { env });
    assertEquals(await ended(home, sessionId), 0);
    await assertConstrained(home);
    assertEquals(await story(home), WENT_ON);
    assertEquals([rowOf(home, sessionId).outcome, waiting(home)], ["success", []]);
    assertEquals((await home.zag(["output", sessionId])).stdout, '{"n":3}\n');
    await waitFor("its zag's end", async () => (await leftovers(home)).length === 0 || undefined);
  }),
);

Deno.test(
  "run --exit --headless: usage cancel ends the wait, zag usage resume brings it forward",
  inHome(async (home) => {
    const first = await asleep(home, script(limit(FAR), AFTER));
    assertEquals((await home.zag(["usage", "cancel", first.sessionId])).code, 0);
    const { code, stderr } = await first.child.output();
    assertEquals(code, 2);
    const said = new TextDecoder().decode(stderr);
    assertStringIncludes(said, "Mock agent hit a usage limit");
    assertStringIncludes(said, `zag run -a --headless --resume ${first.sessionId}`);
    assertEquals(await story(home), ["usage_limit_hit", "usage_limit_cancelled", "session_ended"]);
    assertEquals(rowOf(home, first.sessionId).outcome, "failure");
    const second = await asleep(home, script(limit(FAR), [handIn('{"n":4}'), { do: "hang" }]));
    assertEquals((await home.zag(["usage", "resume", second.incidentId])).code, 0);
    const { stdout } = await second.child.output();
    assertEquals(new TextDecoder().decode(stdout), '{"n":4}\n');
    assertEquals(await leftovers(home), []);
  }),
);

Deno.test(
  "run --exit --headless: cancel and signals end a session that waits",
  inHome(async (home) => {
    const env = script(limit(FAR), AFTER);
    const first = await asleep(home, env);
    assertEquals((await home.zag(["cancel", first.sessionId])).code, 0);
    assertEquals((await first.child.output()).code, 2);
    assertEquals(rowOf(home, first.sessionId).outcome, "killed");
    const second = await asleep(home, env);
    second.child.kill("SIGINT");
    assertEquals((await second.child.output()).code, 130);
    assertEquals(rowOf(home, second.sessionId).outcome, "interrupted");
    assertEquals([waiting(home), await leftovers(home)], [[], []]);
  }),
);

Deno.test(
  "run --exit --headless: a result that somebody hands in while the session waits is its result",
  inHome(async (home) => {
    const { child, sessionId } = await asleep(home, script(limit(FAR), AFTER));
    const wrong = await home.zag(["ps", "kill", sessionId, "five"]);
    assertEquals([wrong.code, waiting(home).length], [1, 1]);
    const killed = await home.zag(["ps", "kill", sessionId, '{"n":5}']);
    assertEquals(killed.code, 0, killed.stderr);
    const { code, stdout } = await child.output();
    assertEquals([code, new TextDecoder().decode(stdout)], [0, '{"n":5}\n']);
    assertEquals([rowOf(home, sessionId).outcome, waiting(home)], ["success", []]);
  }),
);

Deno.test(
  "run --exit --headless --no-auto-resume ends with the limit in place of waiting for ever",
  inHome(async (home) => {
    await withoutJitter(home);
    const ran = await run(home, script(OVER, AFTER), "--no-auto-resume");
    assertEquals([ran.code, ran.stdout], [2, ""]);
    assertStringIncludes(ran.stderr, "Mock agent hit a usage limit");
    assertEquals(await story(home), ["usage_limit_hit", "session_ended"]);
    assertEquals(home.rows("resumes"), []);
    assertEquals(await leftovers(home), []);
  }),
);

Deno.test(
  "run --exit --headless waits for nothing where the agent goes on by itself after a limit",
  inHome(async (home) => {
    await withoutJitter(home);
    const steps: Step[] = [
      // At once: an agent that is held up in between stands still.
      notes(LIMIT, { type: "text", text: "I go on" }),
      { do: "sleep", ms: STANDS_MS + 300 },
      handIn('{"n":3}'),
      { do: "hang" },
    ];
    const ran = await run(home, script(steps));
    assertEquals([ran.code, ran.stdout], [0, '{"n":3}\n'], ran.stderr);
    assertEquals(await story(home), ["usage_limit_hit", "session_result", "session_ended"]);
  }),
);

/** What an agent notes at a limit. */
const LIMIT = { type: "limit", scope: "weekly", reset_at: "2020-01-01T00:00:00Z", message: "x" };

/** A step that adds lines to what the agent keeps of its session, in one write; its turn goes on. */
function notes(...lines: readonly Record<string, string>[]): Step {
  const script = 'printf "%s\\n" "$@" | tee -a "$ZAG_MOCK_STATE"/*.jsonl';
  const texts = lines.map((line) => JSON.stringify(line));
  return { do: "run", command: ["sh", "-c", script, "sh", ...texts] };
}

Deno.test(
  "run --exit at a terminal leaves a usage limit to the person who sees it",
  inHome(async (home) => {
    await withoutJitter(home);
    const steps: Step[] = [
      notes(LIMIT),
      { do: "sleep", ms: STANDS_MS + 300 },
      handIn("3"),
      { do: "hang" },
    ];
    await using pty = new Pty(
      ZAG.program,
      [...ZAG.args, "-p", "mock", "run", "--exit", "the count", "count"],
      { cwd: home.work, env: home.env({ TERM: "xterm-256color", ...script(steps) }) },
    );
    const { code } = await pty.waitForExit();
    assertEquals(code, 0, pty.text);
    assertEquals((await home.zag(["output"])).stdout, "3\n");
    assertEquals(await story(home), ["usage_limit_hit", "session_result", "session_ended"]);
    const [hit] = (await onlyLog(home)).filter(({ type }) => type === "usage_limit_hit");
    assertEquals([hit?.scheduled_resume_at, home.rows("resumes")], [undefined, []]);
  }),
);
