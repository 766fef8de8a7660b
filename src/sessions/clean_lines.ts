/**
 * Lines of a log without secrets. What a reader needs to make sense of a line stays as it is: what it
 * is, whose it is, when it was written, and where a session works.
 *
 * @module
 */
import { processRedactor } from "../redact/redact.ts";

/** Fields of an entry that hold no words of anybody. */
const FIXED: ReadonlySet<string> = new Set([
  "seq",
  "ts",
  "provider",
  "wrapper_session_id",
  "provider_session_id",
  "source_kind",
  "completeness",
  "type",
  "role",
  "message_id",
  "parent_tool_use_id",
  "tool_id",
  "tool_kind",
  "id",
  "incident_id",
  "notification_id",
  "old_session_id",
  "new_session_id",
  "outcome",
  "scope",
  "overflow",
  "command",
  "model",
  "cwd",
]);

/** What a person or a program says about a session; all else in its record are names and places. */
const SAID: ReadonlySet<string> = new Set(["name", "description", "tags", "exit_constraints"]);

/** Settings that are names and places. */
const PLACES: ReadonlySet<string> = new Set([
  "provider",
  "model",
  "size",
  "cwd",
  "root",
  "addDirs",
  "worktree",
  "sandbox",
  "sessionId",
  "env",
]);

const encoder = new TextEncoder();

/** The same lines without secrets. */
export function cleanLines(text: string): string {
  const redactor = processRedactor();
  return text.split("\n")
    .map((line) => redactor.mayHold(encoder.encode(line)) ? cleanLine(line) : line)
    .join("\n");
}

function cleanLine(line: string): string {
  try {
    const entry: Record<string, unknown> = JSON.parse(line);
    return JSON.stringify(cleanEntry(entry));
  } catch {
    // Nested too deep to be looked through.
    return processRedactor().text(line);
  }
}

/** The same entry without secrets. */
export function cleanEntry(entry: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const redactor = processRedactor();
  return changed(entry, (field, value) => {
    if (FIXED.has(field) || typeof value === "number") return value;
    return field === "meta" ? cleanMeta(value) : redactor.value(value);
  });
}

function cleanMeta(meta: unknown): unknown {
  if (!isObject(meta)) return meta;
  return changed(meta, (field, value) => {
    if (field === "launch") return isObject(value) ? cleanLaunch(value) : value;
    return SAID.has(field) ? processRedactor().value(value) : value;
  });
}

/** What a session was started with, without secrets. */
export function cleanLaunch(launch: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return changed(
    launch,
    (field, value) => PLACES.has(field) ? value : processRedactor().value(value),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function changed(
  object: Readonly<Record<string, unknown>>,
  change: (field: string, value: unknown) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).map(([field, value]) => [field, change(field, value)]),
  );
}
