/** What programs are told about a session that waits for the end of a usage limit. */
import type { WaitingSession } from "../orchestration/limit_waits.ts";

/** A wait as `zag usage list` prints it. Keys never leave or change their meaning. */
export interface WaitInfo {
  readonly incident_id: string;
  readonly session_id: string;
  /** The session's name. */
  readonly name?: string;
  readonly provider: string;
  readonly model?: string;
  /** The directory that the session is about. */
  readonly root?: string;
  /** What the limit covers: `session`, `daily`, `weekly`, `global` or `unknown`. */
  readonly scope: string;
  /** When the session goes on. */
  readonly when: string;
  /** When the provider said that the limit ends; null when it did not say. */
  readonly reset_at: string | null;
  /** What the agent is told then. */
  readonly message: string;
  /** From 1: how often the session will have been gone on with. */
  readonly attempt: number;
  readonly log_path: string | null;
  /** The process that looks after it; null when nobody does. */
  readonly owner_pid: number | null;
}

/** The view of one wait. */
export function waitInfo({ waits, session, run, isOwned }: WaitingSession): WaitInfo {
  const { name, model, workspacePath: root } = session;
  return {
    incident_id: waits.incidentId,
    session_id: waits.sessionId,
    ...(name ? { name } : {}),
    provider: session.provider,
    ...(model ? { model } : {}),
    ...(root ? { root } : {}),
    scope: waits.scope,
    when: waits.wakeAt,
    reset_at: waits.resetAt,
    message: waits.message,
    attempt: waits.attempt,
    log_path: session.logPath,
    owner_pid: run && isOwned ? run.ownerPid : null,
  };
}

/**
 * The session goes on before its limit is over: no wait is longer than `usage_limits.max_wait_secs`.
 *
 * @param now What is to go on by now was hurried.
 */
export function isCut({ when, reset_at }: WaitInfo, now: Date): boolean {
  return reset_at !== null && Date.parse(when) < Date.parse(reset_at) &&
    Date.parse(when) > now.getTime();
}

/** `2026-11-22 03:10:05 Z`: a stored time, to the second. */
export function utcTime(rfc3339: string): string {
  return `${rfc3339.slice(0, 19).replace("T", " ")} Z`;
}

/** What the log says of a limit that was hit. */
export interface HitInfo {
  /** When it was hit. */
  readonly hit_at?: string;
  /** What the provider said. */
  readonly raw?: string;
}

/** Looks in the log for the limit that a session waits for; it is near the end. */
export async function hitOf({ waits, session }: WaitingSession): Promise<HitInfo> {
  if (session.logPath === null) return {};
  const { eventsBackwards } = await import("../sessions/log_reader.ts");
  try {
    for await (const event of eventsBackwards(session.logPath, new Set(["usage_limit_hit"]))) {
      if (event.type !== "usage_limit_hit" || event.incident_id !== waits.incidentId) continue;
      return { hit_at: event.ts, ...(event.raw === undefined ? {} : { raw: event.raw }) };
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // The index knows enough.
  }
  return {};
}
