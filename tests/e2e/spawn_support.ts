/** What the tests of `zag spawn` share: sessions in the background, and what is seen of them. */
import type { Step } from "../../src/providers/mock/script.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";
import type { TestHome, ZagOptions } from "../support/zag.ts";
import { livingWith, script, waitFor } from "./support.ts";

/** Starts a session in the background; returns its id. */
export async function spawn(
  home: TestHome,
  args: readonly string[],
  steps?: Step[],
  options: ZagOptions = {},
): Promise<string> {
  const { code, stdout: out, stderr: err } = await home.zag(["spawn", "-p", "mock", ...args], {
    ...options,
    env: { ...(steps && script(steps)), ...options.env },
  });
  assertEquals({ code, err }, { code: 0, err: "" });
  assertMatch(out, /^[0-9a-f-]{36}\n$/);
  return out.trim();
}

/** The record of a session. */
export function rowOf(home: TestHome, id: string): Record<string, unknown> {
  const row = home.rows("sessions").find(({ session_id }) => session_id === id);
  if (!row) throw new Error(`No session ${id}`);
  return row;
}

/** The only run of a session. */
export function runOf(home: TestHome, id: string): Record<string, unknown> {
  const rows = home.rows("processes").filter(({ session_id }) => session_id === id);
  assertEquals(rows.length, 1);
  return rows[0]!;
}

/** How a session has ended: its outcome, and why. */
export function endOf(home: TestHome, id: string): [unknown, unknown] {
  const { outcome, error } = rowOf(home, id);
  return [outcome, error];
}

/** Waits for the end of sessions; returns the exit code. */
export async function ended(home: TestHome, ...ids: string[]): Promise<number> {
  return (await home.zag(["wait", ...ids])).code;
}

/** Waits until the agent of a session works; returns its run. */
export async function agentOf(home: TestHome, id: string): Promise<Record<string, unknown>> {
  return await waitFor("the agent", () => {
    const run = runOf(home, id);
    return run.agent_pid === null ? undefined : run;
  });
}

/** Waits until the zag of a session has taken over; returns its process. */
export async function inCharge(home: TestHome, id: string): Promise<number> {
  const { id: run, owner_pid: pid } = runOf(home, id);
  await waitFor("the zag in the background", () => {
    try {
      Deno.statSync(`${home.path}/.zag/temp/${run}/request.json`);
      return undefined;
    } catch {
      return true;
    }
  });
  return Number(pid);
}

/** Kills a zag in the background in a way that it does not see. */
export async function kill9(pid: number): Promise<void> {
  Deno.kill(pid, "SIGKILL");
  await waitFor("its end", () => alive(pid) ? undefined : true);
}

/** Whether a process is there and no zombie. */
export function alive(pid: number): boolean {
  try {
    return !/^State:\s*Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

/** Arguments of every process of this home, each with blanks between. */
export async function commands(home: TestHome): Promise<string[]> {
  return (await livingWith(`HOME=${home.path}`)).map(({ command }) => command);
}

/** Whether a file is there. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
