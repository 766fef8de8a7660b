/** What the tests of sessions that wait for the end of a usage limit share. */
import { DatabaseSync } from "node:sqlite";
import type { Step } from "../../src/providers/mock/script.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import type { PendingResume } from "../../src/sessions/records.ts";
import type { TestHome } from "../support/zag.ts";
import { waitFor } from "./support.ts";

/** A turn that hits a limit, which ends after so many seconds. */
export function limit(resetIn: number): Step[] {
  return [{ do: "say", text: "half" }, { do: "limit", scope: "weekly", reset_in: resetIn }];
}

/** Nothing is added by chance to the end of a limit. */
export async function withoutJitter(home: TestHome): Promise<void> {
  await Deno.mkdir(`${home.path}/.zag`, { recursive: true });
  const config = JSON.stringify({ usage_limits: { jitter_secs: 0 } });
  await Deno.writeTextFile(`${home.path}/.zag/zag.jsonc`, config);
}

/** What sessions of the home wait for. */
export function waiting(home: TestHome): PendingResume[] {
  using store = SessionStore.open(`${home.path}/.zag/zag.db`);
  return store.resumes.list();
}

/** Waits until a session waits; returns for what. */
export async function untilWaits(home: TestHome): Promise<PendingResume> {
  // The log says so first; nobody needs to open an index that is being made.
  const isHit = async () =>
    (await home.logs()).flat().some(({ type }) => type === "usage_limit_hit");
  return await waitFor("a session that waits", async () => {
    try {
      if (!await isHit()) return undefined;
      return home.rows("resumes").length > 0 ? waiting(home)[0] : undefined;
    } catch {
      return undefined;
    }
  });
}

/** Lets a session that waits have waited long enough. */
export function bringForward(home: TestHome, to = new Date(0)): void {
  using store = SessionStore.open(`${home.path}/.zag/zag.db`);
  const [wait] = store.resumes.list();
  store.resumes.add({ ...wait!, wakeAt: to.toISOString() });
}

/** The zag that looks after the only run. */
export function ownerOf(home: TestHome): number {
  return Number(home.rows("processes").at(-1)?.owner_pid);
}

/** Removes the index. */
export async function loseIndex(home: TestHome): Promise<void> {
  for (const part of ["", "-wal", "-shm"]) {
    await Deno.remove(`${home.path}/.zag/zag.db${part}`).catch(() => {});
  }
}

/** Changes the index. */
export function change(home: TestHome, sql: string): void {
  const db = new DatabaseSync(`${home.path}/.zag/zag.db`, { timeout: 10_000 });
  try {
    db.exec(sql);
  } finally {
    db.close();
  }
}
