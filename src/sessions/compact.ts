/** Gives the space of removed rows back to the disk. */
import type { Database } from "./database.ts";
import { StoreBusyError } from "./store_errors.ts";

/** Less is not worth the work: rows to come will fill it. */
const WORTH_BYTES = 1024 * 1024;

/**
 * While a database is copied nobody else can write, and others wait 10 seconds at most. On a machine
 * with five times more to do than it can, 80 MB were copied in a second.
 */
const MAX_COPIED_BYTES = 512 * 1024 * 1024;

/** A writer at work is not waited for: there is another time. */
const PATIENCE_MS = 200;

/**
 * Rewrites the database without the space that is free in it, if that is worth it.
 *
 * @returns How many bytes shorter it is; 0 when another process was writing.
 */
export function compact(db: Database): number {
  const page = number(db, "page_size");
  const before = number(db, "page_count");
  const free = number(db, "freelist_count");
  if (free * page < WORTH_BYTES || free < before / 10) return 0;
  if ((before - free) * page > MAX_COPIED_BYTES) return 0;
  const patience = number(db, "busy_timeout");
  db.get(`PRAGMA busy_timeout = ${PATIENCE_MS}`);
  try {
    db.run("VACUUM");
    db.get("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch (error) {
    if (!(error instanceof StoreBusyError)) throw error;
  } finally {
    db.get(`PRAGMA busy_timeout = ${patience}`);
  }
  return Math.max(0, before - number(db, "page_count")) * page;
}

function number(db: Database, pragma: string): number {
  return Number(Object.values(db.get(`PRAGMA ${pragma}`) ?? {})[0]);
}
