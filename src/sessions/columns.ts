/**
 * How records are kept in rows: for every field its column, and both directions side by side.
 *
 * @module
 */
import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import type { UsageLimitScope } from "../events/event.ts";
import { END_REASONS } from "../events/end_reason.ts";
import type { Completeness, SessionOutcome } from "../events/log_event.ts";
import { redact, redactValue } from "../redact/redact.ts";
import { cleanLaunch } from "./clean_lines.ts";
import { shortLaunch } from "./launch_texts.ts";
import type {
  ExitConstraints,
  ImportedFile,
  NewProcess,
  NewSession,
  PendingResume,
  ProcessRecord,
  ProcessStatus,
  SessionBudget,
  SessionRecord,
  UsageRecord,
} from "./records.ts";

type Row = Record<string, SQLOutputValue>;

/** A field's column: what it holds for a value, and the value again. */
interface Column<T> {
  readonly name: string;
  serialize(value: T): SQLInputValue;
  parse(stored: SQLOutputValue): T;
}

type Columns<R> = { readonly [Field in keyof R]-?: Column<R[Field]> };

/** The columns of table `sessions`. */
export const SESSION_COLUMNS: Columns<SessionRecord> = {
  sessionId: text("session_id"),
  providerSessionId: optional(text("provider_session_id")),
  provider: text("provider"),
  model: optional(text("model")),
  command: text("command"),
  project: optional(text("project")),
  workspacePath: text("workspace_path"),
  cwd: text("cwd"),
  name: optional(said("name")),
  description: optional(said("description")),
  tags: clean(json<readonly string[]>("tags")),
  dependencies: json<readonly string[]>("dependencies"),
  retriedFrom: optional(text("retried_from")),
  resumedFrom: optional(text("resumed_from")),
  parentSessionId: optional(text("parent_session_id")),
  parentProcessId: optional(text("parent_process_id")),
  interactive: flag("interactive"),
  isWorktree: flag("is_worktree"),
  worktreeName: optional(text("worktree_name")),
  sandboxName: optional(text("sandbox_name")),
  discovered: flag("discovered"),
  discoverySource: optional(text("discovery_source")),
  logPath: optional(text("log_path")),
  logCompleteness: oneOf<Completeness>("log_completeness", [
    "full",
    "partial",
    "metadata_only",
  ], "partial"),
  exit: optional(clean(json<ExitConstraints>("exit_constraints"))),
  launch: optional({
    ...json<Readonly<Record<string, unknown>>>("launch"),
    serialize: (launch) => JSON.stringify(shortLaunch(cleanLaunch(launch))),
  }),
  budget: optional(json<SessionBudget>("budget")),
  resumed: flag("resumed"),
  createdAt: time("created_at"),
  startedAt: optional(time("started_at")),
  endedAt: optional(time("ended_at")),
  heartbeatAt: optional(time("heartbeat_at")),
  outcome: optional(
    oneOf<SessionOutcome>("outcome", [
      "success",
      "failure",
      "unknown",
      "timeout",
      "interrupted",
      "killed",
      "dead",
    ], "unknown"),
  ),
  endReason: known("end_reason", END_REASONS),
  exitCode: optional(number("exit_code")),
  signal: optional(text("signal")),
  error: optional(said("error")),
  inputTokens: optional(number("input_tokens")),
  outputTokens: optional(number("output_tokens")),
  cacheReadTokens: optional(number("cache_read_tokens")),
  cacheCreationTokens: optional(number("cache_creation_tokens")),
  costUsd: optional(number("cost_usd")),
};

/** The columns of table `processes`. */
export const PROCESS_COLUMNS: Columns<ProcessRecord> = {
  id: text("id"),
  sessionId: optional(text("session_id")),
  provider: text("provider"),
  model: optional(text("model")),
  command: text("command"),
  prompt: optional({
    ...text("prompt"),
    serialize: (value: string) => firstCharacters(redact(value)),
  }),
  ownerPid: number("owner_pid"),
  ownerStart: optional(text("owner_start")),
  agentPid: optional(number("agent_pid")),
  agentStart: optional(text("agent_start")),
  agentDetached: flag("agent_detached"),
  status: oneOf<ProcessStatus>("status", ["running", "exited", "killed"], "exited"),
  exitCode: optional(number("exit_code")),
  startedAt: time("started_at"),
  exitedAt: optional(time("exited_at")),
  root: optional(text("root")),
  parentProcessId: optional(text("parent_process_id")),
  parentSessionId: optional(text("parent_session_id")),
};

/** The columns of table `usage`. */
export const USAGE_COLUMNS: Columns<UsageRecord> = {
  sessionId: text("session_id"),
  seq: number("seq"),
  at: time("at"),
  provider: text("provider"),
  model: optional(text("model")),
  project: optional(text("project")),
  inputTokens: number("input_tokens"),
  outputTokens: number("output_tokens"),
  cacheReadTokens: optional(number("cache_read_tokens")),
  cacheCreationTokens: optional(number("cache_creation_tokens")),
  costUsd: optional(number("cost_usd")),
};

/** The columns of table `imports`. */
export const IMPORT_COLUMNS: Columns<ImportedFile> = {
  source: text("source"),
  sessionId: text("session_id"),
  size: number("size"),
  modifiedAt: time("modified_at"),
};

/** The columns of table `resumes`. */
export const RESUME_COLUMNS: Columns<PendingResume> = {
  incidentId: text("incident_id"),
  sessionId: text("session_id"),
  scope: oneOf<UsageLimitScope>(
    "scope",
    ["session", "weekly", "global", "daily", "unknown"],
    "unknown",
  ),
  wakeAt: time("wake_at"),
  resetAt: optional(time("reset_at")),
  message: text("message"),
  attempt: number("attempt"),
  spentMs: number("spent_ms"),
  ownerPid: optional(number("owner_pid")),
  ownerStart: optional(text("owner_start")),
};

/** A whole session, its gaps filled with what they mean. */
export function completeSession(session: NewSession): SessionRecord {
  return {
    providerSessionId: null,
    model: null,
    project: null,
    cwd: session.workspacePath,
    name: null,
    description: null,
    tags: [],
    dependencies: [],
    retriedFrom: null,
    resumedFrom: null,
    parentSessionId: null,
    parentProcessId: null,
    interactive: false,
    isWorktree: false,
    worktreeName: null,
    sandboxName: null,
    discovered: false,
    discoverySource: null,
    logPath: null,
    logCompleteness: "full",
    exit: null,
    launch: null,
    budget: null,
    resumed: false,
    startedAt: null,
    endedAt: null,
    heartbeatAt: null,
    outcome: null,
    endReason: null,
    exitCode: null,
    signal: null,
    error: null,
    inputTokens: null,
    outputTokens: null,
    cacheReadTokens: null,
    cacheCreationTokens: null,
    costUsd: null,
    ...session,
  };
}

/** A whole process, its gaps filled with what they mean. */
export function completeProcess(process: NewProcess): ProcessRecord {
  return {
    sessionId: null,
    model: null,
    prompt: null,
    ownerStart: null,
    agentPid: null,
    agentStart: null,
    agentDetached: false,
    status: "running",
    exitCode: null,
    exitedAt: null,
    root: null,
    parentProcessId: null,
    parentSessionId: null,
    ...process,
  };
}

/** The columns and values of those fields that a record or patch has. */
export function serialize<R>(
  columns: Columns<R>,
  fields: { readonly [Field in keyof R]?: R[Field] | undefined },
): { names: string[]; values: SQLInputValue[] } {
  const names: string[] = [];
  const values: SQLInputValue[] = [];
  for (const field in columns) {
    const value = fields[field];
    if (value === undefined) continue;
    names.push(columns[field].name);
    values.push(columns[field].serialize(value));
  }
  return { names, values };
}

/** The record that a row holds. */
export function parse<R>(columns: Columns<R>, row: Row): R {
  const record: Partial<R> = {};
  for (const field in columns) {
    record[field] = columns[field].parse(row[columns[field].name] ?? null);
  }
  return record as R;
}

function text(name: string): Column<string> {
  return { name, serialize: (value) => value, parse: String };
}

/** What somebody has said: secrets stay out. */
function said(name: string): Column<string> {
  return { ...text(name), serialize: redact };
}

function clean<T>(column: Column<T>): Column<T> {
  return { ...column, serialize: (value) => column.serialize(redactValue(value)) };
}

function number(name: string): Column<number> {
  return { name, serialize: (value) => value, parse: Number };
}

function flag(name: string): Column<boolean> {
  return { name, serialize: (value) => value ? 1 : 0, parse: (stored) => stored === 1 };
}

/** One spelling for all times, so that their text sorts as they do. */
function time(name: string): Column<string> {
  return { name, serialize: (value) => new Date(value).toISOString(), parse: String };
}

function json<T>(name: string): Column<T> {
  return {
    name,
    serialize: (value) => JSON.stringify(value),
    parse: (stored) => JSON.parse(String(stored)) as T,
  };
}

function oneOf<T extends string>(name: string, values: readonly T[], otherwise: T): Column<T> {
  return {
    name,
    serialize: (value) => value,
    parse: (stored) => values.find((value) => value === stored) ?? otherwise,
  };
}

/** One of these, or nothing: also where a newer zag has written what this one does not know. */
function known<T extends string>(name: string, values: readonly T[]): Column<T | null> {
  return {
    name,
    serialize: (value) => value,
    parse: (stored) => values.find((value) => value === stored) ?? null,
  };
}

function optional<T>(column: Column<T>): Column<T | null> {
  return {
    name: column.name,
    serialize: (value) => value === null ? null : column.serialize(value),
    parse: (stored) => stored === null ? null : column.parse(stored),
  };
}

/** At most 100, never half of one. */
function firstCharacters(value: string): string {
  return value.length <= 100 ? value : [...value.slice(0, 200)].slice(0, 100).join("");
}
