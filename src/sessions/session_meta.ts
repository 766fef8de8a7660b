/**
 * What a `session_meta` line says: the fields of a session's record that no other line tells, and
 * which process runs it. The last value of a field counts, so a log alone is enough to make the
 * record again.
 *
 * @module
 */
import { SESSION_COLUMNS } from "./columns.ts";
import type { UsageLimitScope } from "../events/event.ts";
import type { PendingResume, SessionPatch, SessionRecord } from "./records.ts";

/** The fields that `session_meta` lines tell. */
export const META_FIELDS = [
  "project",
  "workspacePath",
  "name",
  "description",
  "tags",
  "dependencies",
  "retriedFrom",
  "resumedFrom",
  "parentSessionId",
  "parentProcessId",
  "interactive",
  "isWorktree",
  "worktreeName",
  "sandboxName",
  "discovered",
  "discoverySource",
  "exit",
  "launch",
  "budget",
  "createdAt",
  // Other lines tell these as well; here they stand for sessions that have no such lines.
  "command",
  "cwd",
  "model",
] as const satisfies readonly (keyof SessionRecord)[];

/** One of {@linkcode META_FIELDS}. */
export type MetaField = typeof META_FIELDS[number];

/** Fields of a record that a `session_meta` line can carry. */
export type MetaPatch = Pick<SessionPatch, Exclude<MetaField, "sessionId">>;

/** The `meta` object of a line: the given fields by the names of their columns. */
export function metaOf(patch: MetaPatch): Record<string, unknown> {
  const meta: Record<string, unknown> = {};
  for (const field of META_FIELDS) {
    if (patch[field] !== undefined) meta[SESSION_COLUMNS[field].name] = patch[field];
  }
  return meta;
}

/** The fields that a `meta` object of any version carries; what has another type is passed over. */
export function patchOf(meta: Readonly<Record<string, unknown>>): MetaPatch {
  const patch: Record<string, unknown> = {};
  for (const field of META_FIELDS) {
    const value = meta[SESSION_COLUMNS[field].name];
    if (value !== undefined && CHECKS[field](value)) patch[field] = value;
  }
  return patch as MetaPatch;
}

/** The process that runs a session, so that a log without an end tells a running one from a dead. */
export interface RunOwner {
  /** Id of the run. */
  readonly id: string;
  /** Number of the zag process. */
  readonly pid: number;
  /** When that process started, as the process table names it; null when it is unknown. */
  readonly start: string | null;
}

/** The part of a `meta` object that names the process. */
export function ownerMeta(owner: RunOwner): Record<string, unknown> {
  return { process: { id: owner.id, owner_pid: owner.pid, owner_start: owner.start } };
}

/** The process that a `meta` object names; undefined when it names none. */
export function ownerOf(meta: Readonly<Record<string, unknown>>): RunOwner | undefined {
  const { process } = meta;
  if (typeof process !== "object" || process === null) return undefined;
  const { id, owner_pid: pid, owner_start: start = null } = process as Record<string, unknown>;
  if (typeof id !== "string" || !Number.isSafeInteger(pid) || !isTextOrNull(start)) {
    return undefined;
  }
  return { id, pid: pid as number, start: start as string | null };
}

/** What a session waits for, whoever looks after it. */
export type LoggedWait = Omit<PendingResume, "sessionId" | "ownerPid" | "ownerStart">;

/** The part of a `meta` object that says that the session waits for the end of a usage limit. */
export function waitMeta(wait: LoggedWait): Record<string, unknown> {
  const { incidentId: incident_id, scope, wakeAt: wake_at, resetAt, message, attempt } = wait;
  const { spentMs: spent_ms } = wait;
  return { waits: { incident_id, scope, wake_at, reset_at: resetAt, message, attempt, spent_ms } };
}

/** What a `meta` object says that the session waits for; undefined when it says nothing. */
export function waitOf(meta: Readonly<Record<string, unknown>>): LoggedWait | undefined {
  const { waits } = meta;
  if (typeof waits !== "object" || waits === null) return undefined;
  const { incident_id, scope, wake_at, reset_at = null, message, attempt, spent_ms } =
    waits as Record<string, unknown>;
  if (
    typeof incident_id !== "string" || !isTime(wake_at) || !isTextOrNull(reset_at) ||
    typeof message !== "string" || !Number.isSafeInteger(attempt)
  ) return undefined;
  return {
    incidentId: incident_id,
    scope: SCOPES.find((each) => each === scope) ?? "unknown",
    wakeAt: new Date(wake_at as string).toISOString(),
    resetAt: reset_at as string | null,
    message,
    attempt: attempt as number,
    spentMs: Number.isSafeInteger(spent_ms) ? Math.max(0, spent_ms as number) : 0,
  };
}

const SCOPES: readonly UsageLimitScope[] = ["session", "weekly", "global", "daily", "unknown"];

const isText = (value: unknown) => typeof value === "string";
const isFlag = (value: unknown) => typeof value === "boolean";
const isTextOrNull = (value: unknown) => value === null || isText(value);
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);
const isObjectOrNull = (value: unknown) => typeof value === "object" && !Array.isArray(value);
const isTime = (value: unknown) => isText(value) && !Number.isNaN(Date.parse(value as string));

function isBudgetOrNull(value: unknown): boolean {
  if (value === null || !isObjectOrNull(value)) return value === null;
  const { maxCostUsd, maxTokens, since } = value as Record<string, unknown>;
  const isCap = (cap: unknown) => cap === null || typeof cap === "number" && cap > 0;
  return isCap(maxCostUsd) && isCap(maxTokens) && isTime(since);
}

const CHECKS: Readonly<Record<MetaField, (value: unknown) => boolean>> = {
  project: isTextOrNull,
  workspacePath: isText,
  name: isTextOrNull,
  description: isTextOrNull,
  tags: isTexts,
  dependencies: isTexts,
  retriedFrom: isTextOrNull,
  resumedFrom: isTextOrNull,
  parentSessionId: isTextOrNull,
  parentProcessId: isTextOrNull,
  interactive: isFlag,
  isWorktree: isFlag,
  worktreeName: isTextOrNull,
  sandboxName: isTextOrNull,
  discovered: isFlag,
  discoverySource: isTextOrNull,
  exit: isObjectOrNull,
  launch: isObjectOrNull,
  budget: isBudgetOrNull,
  createdAt: isTime,
  command: isText,
  cwd: isText,
  model: isTextOrNull,
};
