/** Usage limits as each agent's CLI reports them, with a clock that the test moves. */
import { launch } from "../../src/agent/launch.ts";
import type { LimitWait } from "../../src/agent/launch_request.ts";
import { zagPaths } from "../../src/config/paths.ts";
import type { Host } from "../../src/host.ts";
import { cancelWaiting, waitingSessions } from "../../src/orchestration/limit_waits.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { FakeClock } from "../fakes/clock.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { fromFileUrl } from "../support/paths.ts";
import type { TestHome } from "../support/zag.ts";
import { waiting, withoutJitter } from "./limit_support.ts";
import { inHome, onlyLog, waitFor } from "./support.ts";

const FIXTURES = fromFileUrl(new URL("../fixtures/", import.meta.url));

/** Some moment of today, in the morning of wherever this is. */
const MORNING = new Date(new Date().setHours(6, 0, 0, 0)).getTime();

const HOUR = 3_600_000;

/** What a CLI printed once when it hit a limit, and when that is over. */
interface Case {
  readonly name: string;
  readonly provider: string;
  readonly fixture: string;
  /** What it says today in place of what it said then. */
  readonly instead?: readonly [RegExp, string];
  /** From the morning on, in milliseconds; undefined: it does not say. */
  readonly resetIn?: number;
  readonly scope: LimitWait["scope"];
}

const CASES: readonly Case[] = [
  { name: "a refused request", provider: "claude", fixture: "rate_limit", scope: "unknown" },
  {
    name: "the line of older versions",
    provider: "claude",
    fixture: "rate_limit",
    instead: [
      /API Error: [^"]*/g,
      `Claude AI weekly usage limit reached|${(MORNING + 5 * HOUR) / 1000}`,
    ],
    resetIn: 5 * HOUR,
    scope: "weekly",
  },
  { name: "a limit without a time", provider: "codex", fixture: "usage_limit", scope: "unknown" },
  {
    name: "a limit with a time of the day",
    provider: "codex",
    fixture: "usage_limit",
    instead: [/try again later\./g, "try again at 1:20 PM."],
    resetIn: 7 * HOUR + 20 * 60_000,
    scope: "unknown",
  },
  { name: "too many requests", provider: "codex", fixture: "rate_limit", scope: "unknown" },
  { name: "too many requests", provider: "copilot", fixture: "rate_limit", scope: "unknown" },
  { name: "a quota that is used up", provider: "gemini", fixture: "rate_limit", scope: "daily" },
];

/** Lets the CLI print what was recorded: the limit first, and then an answer. */
async function standIn(home: TestHome, { provider, fixture, instead }: Case): Promise<void> {
  const recorded = await Deno.readTextFile(`${FIXTURES}${provider}/${fixture}/stdout.ndjson`);
  const limit = instead ? recorded.replaceAll(...instead) : recorded;
  if (instead) assert(limit !== recorded, "the recording says something else");
  await Deno.writeTextFile(`${home.path}/limit`, limit);
  await home.program(
    provider,
    `#!/bin/sh
if [ "$*" = --version ]; then echo 9.9.9; exit; fi
echo >> "$HOME/started"
if [ -e "$HOME/gone" ]; then cat '${FIXTURES}${provider}/simple/stdout.ndjson'; exit; fi
: > "$HOME/gone"
cat "$HOME/limit"
exit 1
`,
  );
}

/** The machine of a home, in the morning. */
function hostOf(home: TestHome, clock: FakeClock): Host {
  const variables = home.env({ ZAG_CLAUDE_ALLOW_PRINT: "1" });
  return {
    env: { get: (name) => variables[name], toObject: () => ({ ...variables }) },
    cwd: home.work,
    now: () => new Date(MORNING + clock.now()),
    timers: clock,
  };
}

for (const each of CASES) {
  Deno.test(
    `exec goes on when the clock says so: ${each.provider}, ${each.name}`,
    inHome(async (home) => {
      await withoutJitter(home);
      await standIn(home, each);
      const clock = new FakeClock();
      const host = hostOf(home, clock);
      const { now } = host;
      const waits: LimitWait[] = [];
      const done = launch({
        command: "exec",
        options: { provider: each.provider, autoResume: true, timeoutMs: HOUR },
        prompt: "do it",
        resume: undefined,
        streamInput: false,
        host,
        observer: { waiting: (wait) => void waits.push(wait) },
      });
      const started = async () =>
        (await Deno.readTextFile(`${home.path}/started`)).split("\n").length - 1;
      const wait = await waitFor("the wait", () => clock.pending > 0 ? waits[0] : undefined);
      const left = wait.wakeAt.getTime() - now().getTime();
      assertEquals([wait.scope, left], [each.scope, each.resetIn ?? HOUR]);
      assertEquals(waiting(home).length, 1);
      // Nearly all of it: the timers stand still while the machine sleeps.
      clock.sleep(left - 1000);
      clock.advance(0);
      await waitFor("another look", () => clock.pending > 0 || undefined);
      assertEquals(await started(), 1);
      clock.advance(1000);
      const { success, failure } = await done;
      assertEquals([success, failure], [true, undefined]);
      assertEquals(await started(), 2);
      assertEquals([waits.length, waiting(home).length], [1, 0]);
      const log = await onlyLog(home);
      const hit = log.findLast(({ type }) => type === "usage_limit_hit")!;
      assertEquals(hit.scheduled_resume_at, wait.wakeAt.toISOString());
      assertEquals(hit.fallback_used, each.resetIn === undefined);
      const [resumed] = log.filter(({ type }) => type === "usage_limit_resumed");
      assertEquals([resumed?.incident_id, resumed?.attempt], [hit.incident_id, 1]);
    }),
  );
}

Deno.test(
  "a session does not go on whose wait is cancelled in the moment in which its agent is to start",
  inHome(async (home) => {
    await withoutJitter(home);
    await standIn(home, CASES[0]!);
    const clock = new FakeClock();
    const host = hostOf(home, clock);
    using store = SessionStore.open(`${home.path}/.zag/zag.db`);
    const paths = zagPaths(host.env);
    const cancelled: Promise<void>[] = [];
    let starts = 0;
    const done = launch({
      command: "exec",
      options: { provider: "claude", autoResume: true },
      prompt: "do it",
      resume: undefined,
      streamInput: false,
      host,
      observer: {
        debug: (message) => {
          if (!message.startsWith("program: ") || ++starts < 2) return;
          const [waiting] = waitingSessions(store);
          const access = { store, paths, env: host.env, note: () => {} };
          cancelled.push(cancelWaiting(access, waiting!, host.now));
        },
      },
    });
    await waitFor("the wait", () => clock.pending > 0 || undefined);
    clock.advance(HOUR);
    const { success, outcome, output, endReason } = await done;
    await Promise.all(cancelled);
    assertEquals(cancelled.length, 1);
    assertEquals([success, outcome, endReason], [false, "failure", "usage_limit"]);
    assertEquals((await Deno.readTextFile(`${home.path}/started`)).length, 1);
    assertEquals(output.usage === null, false);
    const types = (await onlyLog(home)).map(({ type }) => type);
    const counts = ["usage_limit_cancelled", "usage_limit_resumed", "session_ended"].map((wanted) =>
      types.filter((type) => type === wanted).length
    );
    assertEquals(counts, [1, 0, 1]);
    assertEquals(waiting(home), []);
    assertEquals(home.rows("processes").map(({ status }) => status), ["exited"]);
  }),
);
