/** What the tests of usage limits share: a real CLI whose limit is soon over. */
import type { LogEvent } from "../../src/events/log_event.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import type { PendingResume } from "../../src/sessions/records.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { waitFor } from "../support/living.ts";
import { AgentHome, type AgentSetup, entries, runAndDispose } from "./agent_home.ts";

/** What the agent is told when it goes on; the model answers so. */
const GO_ON = "[[say:forty-two]]";
/** What it is asked first; that answers so, too, where its CLI has forgotten that it was asked. */
const PROMPT = `what is it? ${GO_ON}`;

/**
 * A home whose agent hits a limit so many times, each over after so many seconds.
 *
 * @param resume_message What it is told then.
 */
export async function limited(
  setup: AgentSetup,
  times: number,
  secs: number,
  test: (agent: AgentHome) => Promise<void>,
  resume_message = GO_ON,
): Promise<void> {
  await runAndDispose(
    await AgentHome.create({ ...setup, server: { limits: { times, secs } } }),
    async (agent) => {
      const usage_limits = { jitter_secs: 0, default_fallback_secs: secs, resume_message };
      await Deno.mkdir(`${agent.path}/.zag`, { recursive: true });
      await Deno.writeTextFile(
        `${agent.path}/.zag/zag.jsonc`,
        JSON.stringify({ usage_limits }),
      );
      await test(agent);
    },
  );
}

/** What a CLI makes of limits. */
export interface LimitCase {
  /** So many requests it makes until it gives up, at least. */
  readonly tries: number;
  /** What it says; the log has it as it was. */
  readonly says: RegExp;
  /** What the model was told last: all prompts and answers. */
  conversation(agent: AgentHome): string[];
}

/** Registers the tests that are the same for all. */
export function testLimits(setup: AgentSetup, each: LimitCase): void {
  const { name } = setup;
  Deno.test(`${name} exec goes on when a usage limit is over, as often as it takes`, async () => {
    await limited(setup, each.tries * 2, 1, async (agent) => {
      const ran = await agent.zag(["exec", PROMPT]);
      assertEquals([ran.code, ran.stdout], [0, "forty-two\n"], ran.stderr);
      const log = await agent.log();
      const hits = entries(log, "usage_limit_hit");
      assertEquals(resumed(log).map(({ attempt }) => attempt), [1, 2]);
      for (const { raw } of hits) assert(each.says.test(raw ?? ""), raw);
      assertEquals(
        [...new Set(hits.map(({ incident_id }) => incident_id))],
        resumed(log).map(({ incident_id }) => incident_id),
      );
      const said = each.conversation(agent);
      assertEquals(said.filter((text) => text.includes("what is it?")).length, 1, `${said}`);
      assertStringIncludes(said.at(-1)!, GO_ON);
      const { outcome, error } = await agent.session();
      assertEquals([outcome, error], ["success", null]);
      assertEquals(waiting(agent), undefined);
    });
  });

  Deno.test(`${name} goes on with a session whose zag was killed while it waited`, async () => {
    await limited(setup, each.tries, 1000, async (agent) => {
      const running = agent.spawn(["exec", PROMPT]);
      const wait = await waitFor("a session that waits", () => waiting(agent), 60_000);
      running.child.kill("SIGKILL");
      await running.finished();
      bringForward(agent, wait);
      const looked = await agent.zag(["session", "list"]);
      assertEquals([looked.code, looked.stderr], [0, ""]);
      const waited = await agent.home.zag(["wait", wait.sessionId], { env: agent.env() });
      assertEquals(waited.code, 0, waited.stderr);
      await waitFor(
        "the end of its zag",
        async () => (await agent.living()).length === 0 ? true : undefined,
      );
      const log = await agent.log();
      assertEquals(resumed(log).length, 1);
      assertEquals(entries(log, "assistant_message").at(-1)?.content, "forty-two");
      const said = each.conversation(agent);
      assertEquals(said.filter((text) => text.includes("what is it?")).length, 1, `${said}`);
    });
  });

  Deno.test(`${name} exec waits for nothing where an answer speaks of a limit`, async () => {
    await runAndDispose(await AgentHome.create(setup), async (agent) => {
      for (const text of MENTIONS) {
        const ran = await agent.zag(["exec", `[[say:${text}]]`]);
        assertEquals([ran.code, ran.stdout], [0, `${text}\n`], ran.stderr);
      }
      const types = (await agent.home.logs()).flat().map(({ type }) => type);
      assert(!types.includes("usage_limit_hit"));
    });
  });
}

/** What agents say at their limits, as an answer quotes it. */
export const MENTIONS: readonly string[] = [
  "Claude AI usage limit reached|1999999999",
  "You've hit your session limit · resets 3pm (Europe/Berlin)",
  "You\u2019ve hit your usage limit. Upgrade to Pro or try again at 1:20 PM.",
  "API Error: Request rejected (429) · This request would exceed your account's rate limit.",
  "rate_limited: you have hit your weekly limit, try again in 2 hours",
  "RESOURCE_EXHAUSTED: You exceeded your current quota. Please retry in 30s.",
];

/** The entries of a log that say that a session has gone on. */
export function resumed(log: readonly LogEvent[]) {
  return entries(log, "usage_limit_resumed");
}

function waiting(agent: AgentHome): PendingResume | undefined {
  try {
    using store = SessionStore.open(`${agent.path}/.zag/zag.db`);
    return store.resumes.list()[0];
  } catch {
    return undefined;
  }
}

function bringForward(agent: AgentHome, wait: PendingResume): void {
  using store = SessionStore.open(`${agent.path}/.zag/zag.db`);
  store.resumes.add({ ...wait, wakeAt: new Date(0).toISOString() });
}
