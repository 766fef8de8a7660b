/**
 * What a log says about its session: enough to make the session's record, and the rows of its usage,
 * again.
 *
 * @module
 */
import { endReasonIn } from "../../events/end_reason.ts";
import type { LogEvent, SessionOutcome } from "../../events/log_event.ts";
import type { SessionPatch, UsageRecord } from "../records.ts";
import { isOurs, scanLog } from "../scan_log.ts";
import { type LoggedWait, ownerOf, patchOf, type RunOwner, waitOf } from "../session_meta.ts";

/** Why a session is dead, in its log and in its record. */
export const DEAD = "zag was killed while the session ran";

/** What one log says. */
export interface LogRecord {
  /** Absolute path of the log. */
  readonly path: string;
  /** zag's own id of the session. */
  readonly sessionId: string;
  /** Name of the provider. */
  readonly provider: string;
  /** This zag has written to it; else the original wrote all of it. */
  readonly ours: boolean;
  /** The session was deleted, and not begun again. */
  readonly deleted: boolean;
  /** Fields of the session's record; what is absent the log does not tell. */
  readonly fields: SessionPatch;
  /** What the turns have used, in their order. */
  readonly usage: readonly UsageRecord[];
  /** The newest run began and nobody has seen its end. */
  readonly open: boolean;
  /** The newest run has no line that closes it, though its result may have been handed in. */
  readonly unclosed: boolean;
  /** The process that began the newest run. */
  readonly owner: RunOwner | undefined;
  /** The newest run waits for the end of a usage limit. */
  readonly waits: LoggedWait | undefined;
  /** When the first line was written. */
  readonly firstAt: string;
  /** When the last line was written. */
  readonly lastAt: string;
}

/** Reads a log; undefined when no line of it can be read. */
export function readLogRecord(path: string): LogRecord | undefined {
  const reader = new Reader();
  const ends = scanLog(path, (event) => reader.take(event));
  if (!ends) return undefined;
  const { first, last } = ends;
  reader.settleUsage();
  const sessionId = first.wrapper_session_id;
  if (typeof sessionId !== "string" || typeof first.provider !== "string") return undefined;
  return {
    path,
    sessionId,
    // It is chosen after the first line where that says "auto".
    provider: textOf(last.provider) ?? first.provider,
    ours: reader.ours,
    deleted: reader.deleted,
    fields: { ...reader.fields, ...envelopeFields(last, reader.nativeId), logPath: path },
    usage: reader.usage.map((row) => ({ ...row, sessionId })),
    open: reader.open,
    unclosed: reader.unclosed,
    owner: reader.owner,
    waits: reader.waits,
    firstAt: timeOf(first),
    lastAt: timeOf(last),
  };
}

/** The newest line knows best by which id the provider calls the session, and what is missing. */
function envelopeFields(last: LogEvent, nativeId: string | undefined): SessionPatch {
  return {
    providerSessionId: textOf(last.provider_session_id) ?? nativeId ?? null,
    ...(textOf(last.completeness) === null ? {} : { logCompleteness: last.completeness }),
  };
}

type Fields = { -readonly [Field in keyof SessionPatch]: SessionPatch[Field] };
type Usage = { -readonly [Field in keyof UsageRecord]: UsageRecord[Field] };

/** Takes the lines of one log in their order. */
class Reader {
  fields: Fields = {};
  readonly usage: Usage[] = [];
  ours = false;
  deleted = false;
  open = false;
  unclosed = false;
  owner: RunOwner | undefined;
  waits: LoggedWait | undefined;
  nativeId: string | undefined;
  /** Lines of usage up to here belong to what was deleted. */
  #settled = 0;

  take(event: LogEvent): void {
    this.nativeId = textOf(event.provider_session_id) ?? this.nativeId;
    if (isOurs(event)) this.ours = true;
    switch (event.type) {
      case "session_started":
        return this.#begin(event);
      case "session_meta":
        return this.#meta(event.meta);
      case "session_result":
        if (this.open) this.#close(event, "success", null);
        return;
      case "session_ended":
        return this.#end(event);
      case "session_deleted":
        return this.#delete();
      case "usage":
        return this.#use(event);
      case "usage_limit_resumed":
      case "usage_limit_resume_failed":
      case "usage_limit_cancelled":
        this.waits = undefined;
        return;
    }
  }

  #begin(event: LogEvent & { type: "session_started" }): void {
    this.deleted = false;
    this.open = this.unclosed = true;
    this.owner = undefined;
    const { fields } = this;
    fields.command ??= textOf(event.command) ?? undefined;
    if (typeof event.cwd === "string") fields.cwd ??= event.cwd;
    if (event.model !== undefined) fields.model = textOf(event.model);
    fields.resumed = fields.resumed === true || event.resumed === true;
    fields.startedAt = timeOf(event);
    fields.endedAt =
      fields.outcome =
      fields.endReason =
      fields.exitCode =
      fields.signal =
      fields.error =
        null;
  }

  #meta(meta: unknown): void {
    if (typeof meta !== "object" || meta === null || this.deleted) return;
    const known = meta as Record<string, unknown>;
    Object.assign(this.fields, patchOf(known));
    if (this.open) this.waits = waitOf(known) ?? this.waits;
    const owner = ownerOf(known);
    if (!owner) return;
    this.owner = owner;
    // One that was recorded before its agent could start.
    const { startedAt, outcome } = this.fields;
    if (startedAt === undefined && outcome === undefined) this.open = this.unclosed = true;
  }

  #end(event: LogEvent & { type: "session_ended" }): void {
    // The zag that a result has ended sees a killed agent; the result is what counts.
    const won = this.fields.outcome === "success" && !this.open;
    const outcome = event.outcome ?? (event.success === true || won ? "success" : "failure");
    this.#close(event, textOf(outcome) === null ? "unknown" : outcome, textOf(event.error));
    this.unclosed = false;
    const reason = outcome === "success" ? undefined : endReasonIn(event.end_reason);
    this.fields.endReason = reason ?? null;
    this.fields.exitCode = countOf(event.exit_code);
    this.fields.signal = textOf(event.signal);
  }

  #close(event: LogEvent, outcome: SessionOutcome, error: string | null): void {
    this.open = false;
    this.waits = undefined;
    this.fields.outcome = outcome;
    this.fields.error = outcome === "success" ? null : error;
    this.fields.endedAt = timeOf(event);
  }

  #delete(): void {
    this.settleUsage();
    this.fields = {};
    this.deleted = true;
    this.open = this.unclosed = false;
    this.owner = undefined;
    this.waits = undefined;
  }

  #use(event: LogEvent & { type: "usage" }): void {
    const inputTokens = countOf(event.input_tokens);
    const outputTokens = countOf(event.output_tokens);
    if (inputTokens === null || outputTokens === null || countOf(event.seq) === null) return;
    this.usage.push({
      sessionId: "",
      seq: event.seq,
      at: timeOf(event),
      provider: event.provider,
      model: textOf(event.model) ?? this.fields.model ?? null,
      project: null,
      inputTokens,
      outputTokens,
      cacheReadTokens: countOf(event.cache_read_tokens),
      cacheCreationTokens: countOf(event.cache_creation_tokens),
      costUsd: typeof event.total_cost_usd === "number" ? event.total_cost_usd : null,
    });
  }

  /** What was used so far belongs to the project that is known now. */
  settleUsage(): void {
    for (const row of this.usage.slice(this.#settled)) row.project = this.fields.project ?? null;
    this.#settled = this.usage.length;
  }
}

/** Anybody can write to a file: what has another type than it should counts as absent. */
function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function countOf(value: unknown): number | null {
  return Number.isSafeInteger(value) ? value as number : null;
}

/** The time of a line in the store's spelling; that of the epoch when it has none. */
function timeOf(event: LogEvent): string {
  const time = new Date(event.ts);
  return (Number.isNaN(time.getTime()) ? new Date(0) : time).toISOString();
}
