/** Whether anybody goes on writing the log of a session, for whoever follows it. */
import type { ZagPaths } from "../config/paths.ts";
import { isAlive } from "../processes/process_table.ts";
import type { SeenLog, Writer } from "../sessions/follow/follow_log.ts";
import { logWriter } from "../sessions/follow/log_writer.ts";
import type { SessionStore } from "../sessions/store.ts";
import { endStrays, type StrayPaths } from "./strays.ts";

/** Whose log it is, and what is needed to look after it. */
export interface WriterRequest {
  readonly store: SessionStore;
  readonly paths: StrayPaths & Pick<ZagPaths, "launches">;
  readonly sessionId: string;
  /** The clock. */
  now(): Date;
  /** Is told what was tidied up. */
  note(message: string): void;
}

/**
 * Tells it, given what the log says. A run whose zag was killed is closed first, so that its log says
 * so too.
 */
export async function sessionWriter(
  { store, paths, sessionId, now, note }: WriterRequest,
  seen: SeenLog,
): Promise<Writer> {
  const run = store.processesOf(sessionId)[0];
  if (run?.status === "running" && run.ownerStart !== null) {
    const owner = { pid: run.ownerPid, startTime: run.ownerStart };
    if (!isAlive(owner)) await endStrays(store, paths, note);
  }
  return logWriter(store, sessionId, seen, now());
}
