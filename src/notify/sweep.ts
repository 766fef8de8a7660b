/**
 * Takes over what other zags had to tell when they were killed.
 *
 * @module
 */
import { join } from "node:path";
import type { ZagPaths } from "../config/paths.ts";
import { isAlive } from "../processes/process_table.ts";
import { isGranted } from "../processes/permissions.ts";
import type { SessionStore } from "../sessions/store.ts";
import { drop, read, take } from "./notice.ts";
import { endNotice } from "./notify.ts";
import { notices } from "./open_notices.ts";
import type { Target } from "./target.ts";

/** A file that is being written has its name after less than this. */
const WRITTEN_WITHIN_MS = 60_000;

/**
 * Looks at every notice that belongs to nobody who lives. What is to be told of a run that is over is
 * told at the end of this program's work, by `deliverAll`; a run that is not over is left alone.
 */
export function sweepNotices(store: SessionStore, paths: Pick<ZagPaths, "notices">): void {
  for (const name of namesIn(paths.notices)) {
    const path = join(paths.notices, name);
    if (name.endsWith(".json") && !notices.has(path)) sweep(store, path);
    else if (name.endsWith(".tmp")) removeOld(path);
  }
}

/** Whoever was killed while writing it will not go on, and it holds the targets whole. */
function removeOld(path: string): void {
  try {
    const { mtime } = Deno.statSync(path);
    if (mtime !== null && Date.now() - mtime.getTime() > WRITTEN_WITHIN_MS) Deno.removeSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // It has got its name meanwhile.
  }
}

function sweep(store: SessionStore, path: string): void {
  const notice = read(path);
  if (!notice || isAlive(notice.owner) || !notice.targets.every(mayTell)) return;
  if (notice.ended) return void take(path);
  const session = store.getSession(notice.session.id);
  const newest = store.processesOf(notice.session.id)[0];
  if (!session || newest && newest.id !== notice.run && newest.startedAt > startOf(store, notice)) {
    // It was deleted, or has gone on with somebody else: what was to be told is past.
    if (take(path)) drop(path);
    return;
  }
  if (newest?.status === "running" || session.outcome === null || !take(path)) return;
  const { outcome, error, endedAt } = session;
  endNotice(path, { outcome, error, at: endedAt ?? undefined });
}

function startOf(store: SessionStore, { run }: { readonly run: string }): string {
  return store.getProcess(run)?.startedAt ?? "";
}

/** Deno is never made to ask; a zag that may do it will come. */
function mayTell(target: Target): boolean {
  if (target.kind !== "webhook") return isGranted({ name: "run" });
  return isGranted({ name: "net", host: new URL(target.url).host });
}

function namesIn(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return [];
  }
}
