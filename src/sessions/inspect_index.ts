/**
 * Looks at the index without changing it: nothing is migrated, completed or repaired.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { isNoted } from "./recovery/damage.ts";
import { MIGRATIONS } from "./schema.ts";

/** One run that the index takes for one that goes on. */
export interface RunningRow {
  readonly id: string;
  readonly sessionId: string | null;
  readonly ownerPid: number;
  readonly ownerStart: string | null;
  readonly agentPid: number | null;
  readonly agentStart: string | null;
}

/** What was seen of an index. */
export type IndexState =
  | { readonly kind: "absent" }
  /** A newer zag has written it. */
  | { readonly kind: "too-new"; readonly version: number; readonly known: number }
  | { readonly kind: "damaged"; readonly reason: string }
  /** Something was cut off; what is in the file alone is not the whole of it. */
  | { readonly kind: "unfinished" }
  /** No damage was found. */
  | {
    readonly kind: "sound";
    readonly sessions: number;
    readonly running: readonly RunningRow[];
  };

/**
 * Reads all of an index and checks it. Never throws what SQLite throws.
 *
 * @param path Absolute.
 */
export function inspectIndex(path: string): IndexState {
  if (sizeOf(path) === 0) return { kind: "absent" };
  if (isNoted(path)) return { kind: "damaged", reason: "another zag came upon damage" };
  const isQuiet = sizeOf(`${path}-wal`) === 0;
  // Reading it would make a file beside it.
  if (!isQuiet && sizeOf(`${path}-shm`) === 0) return { kind: "unfinished" };
  try {
    const { href } = pathToFileURL(path);
    const options = { readOnly: true, timeout: 1000 };
    const db = new DatabaseSync(isQuiet ? `${href}?immutable=1` : path, options);
    try {
      return look(db);
    } finally {
      db.close();
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return { kind: "damaged", reason: error instanceof Error ? error.message : String(error) };
  }
}

function look(db: DatabaseSync): IndexState {
  const version = Number(db.prepare("PRAGMA user_version").get()?.user_version);
  if (version > MIGRATIONS.length) return { kind: "too-new", version, known: MIGRATIONS.length };
  const verdict = String(db.prepare("PRAGMA integrity_check(1)").get()?.integrity_check);
  if (verdict !== "ok") return { kind: "damaged", reason: verdict };
  // The next command that opens it brings it up to date.
  if (version < MIGRATIONS.length) return { kind: "unfinished" };
  const sessions = Number(db.prepare("SELECT count(*) AS n FROM sessions").get()?.n);
  const rows = db.prepare(
    "SELECT id, session_id, owner_pid, owner_start, agent_pid, agent_start " +
      "FROM processes WHERE status = 'running'",
  ).all();
  const running = rows.map((row): RunningRow => ({
    id: String(row.id),
    sessionId: row.session_id === null ? null : String(row.session_id),
    ownerPid: Number(row.owner_pid),
    ownerStart: row.owner_start === null ? null : String(row.owner_start),
    agentPid: row.agent_pid === null ? null : Number(row.agent_pid),
    agentStart: row.agent_start === null ? null : String(row.agent_start),
  }));
  return { kind: "sound", sessions, running };
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return 0;
  }
}
