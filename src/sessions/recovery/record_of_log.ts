/**
 * Makes rows of the index from what a log says.
 *
 * @module
 */
import { checkId, InvalidIdError } from "../../config/paths.ts";
import { DEAD, type LogRecord, readLogRecord } from "./log_record.ts";
import type { IndexObserver } from "./open_index.ts";
import type { NewProcess, NewSession, PendingResume } from "../records.ts";
import type { Restored } from "./restore.ts";

/** A log's record; one that cannot be read at all is passed over. */
export function tryRead(path: string, observer: IndexObserver): LogRecord | undefined {
  try {
    const record = readLogRecord(path);
    if (record) checkId(record.sessionId);
    return record;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    if (!(error instanceof InvalidIdError) && !isSystemError(error)) throw error;
    observer.debug?.(`passed over a log: ${JSON.stringify(path)}: ${error.message}`);
    return undefined;
  }
}

/** What one of our own logs puts back. */
export function restoredFrom(record: LogRecord): Restored {
  const { usage } = record;
  if (record.deleted) return { usage, processes: [] };
  const session = sessionFrom(record);
  if (!record.unclosed) return { session, usage, processes: [] };
  const process = processFrom(record, session);
  if (!process && !record.open) return { session, usage, processes: [] };
  if (process) return { session, usage, processes: [process], resume: resumeFrom(record, process) };
  return { session: { ...session, ...deadSince(record) }, usage, processes: [] };
}

/** The end of a run that has none, and that nobody goes on with. */
export function deadSince(record: LogRecord): Partial<NewSession> {
  return { outcome: "dead", error: DEAD, endedAt: record.lastAt };
}

/** The session that a log of ours is about. */
export function sessionFrom(record: LogRecord): NewSession {
  const { fields, sessionId, provider, firstAt } = record;
  const known = Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Partial<NewSession>;
  const workspacePath = fields.workspacePath ?? fields.cwd ?? "";
  return {
    ...known,
    sessionId,
    provider,
    workspacePath,
    command: fields.command ?? "exec",
    createdAt: fields.createdAt ?? fields.startedAt ?? firstAt,
  };
}

/**
 * The run that a log without an end names. It counts as running, as it did before the index was lost:
 * whether its zag still lives, and what is to be done if not, is for those who look for strays.
 */
function processFrom(record: LogRecord, session: NewSession): NewProcess | undefined {
  const { owner } = record;
  if (!owner) return undefined;
  return {
    id: owner.id,
    sessionId: session.sessionId,
    provider: session.provider,
    model: session.model ?? null,
    command: session.command,
    ownerPid: owner.pid,
    ownerStart: owner.start,
    startedAt: session.startedAt ?? session.createdAt,
    root: session.workspacePath,
    parentSessionId: session.parentSessionId ?? null,
    parentProcessId: session.parentProcessId ?? null,
  };
}

/** What the session waits for, in the hands of the process that began its newest run. */
function resumeFrom({ waits }: LogRecord, process: NewProcess): PendingResume | undefined {
  const { sessionId, ownerPid, ownerStart = null } = process;
  return waits && sessionId != null ? { ...waits, sessionId, ownerPid, ownerStart } : undefined;
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && "code" in error;
}
