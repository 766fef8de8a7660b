/** What the tests share in which zag is killed while a session waits for the end of a usage limit. */
import { assertEquals } from "../support/assert.ts";
import type { TestHome, ZagOptions } from "../support/zag.ts";
import { limit, untilWaits, waiting, withoutJitter } from "./limit_support.ts";
import { ended, rowOf } from "./spawn_support.ts";
import { onlyLog, script, waitFor } from "./support.ts";

export const HOUR = 3600;

/** The agent hits a limit, and says what it was told when it goes on. */
export const AGENT = script(limit(HOUR), [{ do: "prompt" }]);

/**
 * A session in the foreground whose zag is killed while it waits.
 *
 * @param meanwhile What has to have happened before.
 */
export async function asleep(
  home: TestHome,
  args: readonly string[] = [],
  env: Record<string, string> = AGENT,
  meanwhile?: () => Promise<void>,
): Promise<string> {
  await withoutJitter(home);
  const child = home.spawn(["-p", "mock", "exec", "do it", ...args], {
    env,
    stdio: { stdout: "null", stderr: "null" },
  });
  const { sessionId } = await untilWaits(home);
  await meanwhile?.();
  killHard(child);
  await child.status;
  return sessionId;
}

/** Runs a command that does nothing by itself. */
export async function look(home: TestHome, { env, ...options }: ZagOptions = {}): Promise<void> {
  const { code, stderr } = await home.zag(["session", "list"], {
    ...options,
    env: { ...AGENT, ...env },
  });
  assertEquals([code, stderr], [0, ""]);
}

/** What a session was told when it went on; it has done so once, and has come to a good end. */
export async function toldOnce(home: TestHome, id: string): Promise<Record<string, unknown>> {
  assertEquals(await ended(home, id), 0);
  assertEquals(rowOf(home, id).outcome, "success");
  assertEquals(waiting(home), []);
  const log = await onlyLog(home);
  assertEquals(log.filter(({ type }) => type === "usage_limit_resumed").length, 1);
  assertEquals(log.filter(({ type }) => type === "session_ended").length, 1);
  assertEquals(log.map(({ seq }) => seq), log.map((_, index) => index + 1));
  assertEquals(home.rows("processes").map(({ status }) => status), ["exited"]);
  await waitFor(
    "its files to go",
    () => [...Deno.readDirSync(`${home.path}/.zag/temp`)].length === 0 || undefined,
  );
  const answer = log.findLast(({ type }) => type === "assistant_message")!;
  return JSON.parse(String(answer.content));
}

/** It may be dead already. */
function killHard(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}
