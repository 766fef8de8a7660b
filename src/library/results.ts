/** What sessions came to. */
import type { AgentOptions } from "../agent/agent_options.ts";
import type { AgentResult } from "../agent/agent_result.ts";
import {
  checkArguments,
  FLAG,
  FUNCTION,
  parts,
  SIGNAL,
  TEXT,
  TEXTS,
} from "../agent/argument_check.ts";
import type { CallOptions } from "../agent/builder.ts";
import { checkTypes } from "../agent/option_types.ts";
import type { UsageTotals } from "../sessions/cost.ts";
import type { SessionRecord } from "../sessions/records.ts";
import type { SessionStatus } from "../sessions/session_status.ts";
import { findSessions, openRecords, SCOPE, type SessionScope } from "./records.ts";

/** A session and its result. */
export interface CollectedResult {
  /** zag's own id of it. */
  readonly sessionId: string;
  /** Its name; null when it has none. */
  readonly name: string | null;
  /** Name of the provider. */
  readonly provider: string;
  /** As resolved at launch. */
  readonly model: string | null;
  /** What it does. */
  readonly status: SessionStatus;
  /** What it handed in, else what the agent said last; undefined when there is neither. */
  readonly result: string | undefined;
  /** Why it did not succeed, or why its log cannot be read; undefined when all is well. */
  readonly error: string | undefined;
}

/** What a session did. */
export interface SessionSummary extends CollectedResult {
  /** How long its runs took so far, in milliseconds. */
  readonly durationMs: number;
  /** Turns of the conversation, those that were cut off included. */
  readonly turns: number;
  /** How often each tool was called, the most used one first. */
  readonly tools: readonly (readonly [name: string, calls: number])[];
  /** Files that were written or edited, in the order of their first change. */
  readonly files: readonly string[];
  /** Entries of its log. */
  readonly events: number;
  /** What it has used. */
  readonly usage: UsageTotals;
}

/** How results are given to an agent. */
export interface PipeOptions extends AgentOptions, CallOptions {
  /** Sessions of all projects are meant. Default: false. */
  global?: boolean;
  /** Hears which sessions are left out, and whose results may change yet. */
  onWarning?: (message: string) => void;
}

const PIPE = parts<Omit<PipeOptions, keyof AgentOptions>>({
  global: FLAG,
  onWarning: FUNCTION,
  signal: SIGNAL,
});

/**
 * The results of sessions, in the given order, each once. Nothing is waited for: of a session that runs
 * it is what was said so far.
 *
 * @param sessions Ids, beginnings of ids, or names.
 * @throws {SessionNotFoundError} when there is no such session
 */
export async function collectResults(
  sessions: readonly string[],
  scope: SessionScope = {},
): Promise<CollectedResult[]> {
  checkArguments("collectResults()", [sessions, "sessions", TEXTS], [scope, "scope", SCOPE]);
  const { readResult } = await import("../sessions/session_result.ts");
  using records = await openRecords(scope);
  const collected: CollectedResult[] = [];
  for (const session of await findSessions(records, sessions)) {
    const { state, result, problem } = await readResult(records.store, session, records.host.now());
    const { status, error } = state;
    const reason = status === "completed" ? problem : error || problem;
    collected.push({ ...headOf(session), status, result, error: reason || undefined });
  }
  return collected;
}

/**
 * What sessions did, from their logs; no model is asked.
 *
 * @param sessions Ids, beginnings of ids, or names.
 * @throws {SessionNotFoundError} when there is no such session
 * @throws {ZagError} when a log cannot be read
 */
export async function summarizeSessions(
  sessions: readonly string[],
  scope: SessionScope = {},
): Promise<SessionSummary[]> {
  checkArguments("summarizeSessions()", [sessions, "sessions", TEXTS], [scope, "scope", SCOPE]);
  const [{ sessionFacts }, { sessionState }, { LogNotFoundError }] = await Promise.all([
    import("../sessions/summary.ts"),
    import("../sessions/session_status.ts"),
    import("../sessions/log_reader.ts"),
  ]);
  using records = await openRecords(scope);
  const { store, host } = records;
  const summaries: SessionSummary[] = [];
  for (const session of await findSessions(records, sessions)) {
    const { sessionId, logPath, project } = session;
    const path = logPath ?? records.paths.sessionLog(project ?? undefined, sessionId);
    const state = sessionState(store, session, host.now());
    const isOn = state.status === "running" || state.status === "idle";
    const facts = await sessionFacts(path).catch((error) => {
      // It has only begun.
      if (isOn && error instanceof LogNotFoundError) return undefined;
      throw error;
    });
    const since = facts?.open?.since;
    const until = isOn ? host.now().getTime() : Date.parse(facts?.open?.last ?? "");
    const open = since === undefined ? 0 : Math.max(0, until - Date.parse(since));
    summaries.push({
      ...headOf(session),
      status: state.status,
      result: facts?.result,
      error: (state.status === "completed" ? undefined : state.error ?? facts?.error) || undefined,
      durationMs: (facts?.ranMs ?? 0) + (Number.isFinite(open) ? open : 0),
      turns: facts?.turns ?? 0,
      tools: facts?.tools ?? [],
      files: facts?.files ?? [],
      events: facts?.events ?? 0,
      usage: store.usageTotals({ session: sessionId }),
    });
  }
  return summaries;
}

/**
 * Runs an agent on a prompt about the results of sessions. One without a result is left out. The new
 * session has a log, unless the options say otherwise.
 *
 * @param sessions Ids, beginnings of ids, or names.
 * @throws {ZagError} when none of them has a result
 * @throws as `AgentBuilder.exec()` does
 */
export async function pipeSessions(
  sessions: readonly string[],
  prompt: string,
  options: PipeOptions = {},
): Promise<AgentResult> {
  checkArguments(
    "pipeSessions()",
    [sessions, "sessions", TEXTS],
    [prompt, "prompt", TEXT],
    [options, "options", PIPE],
  );
  checkTypes(options);
  const { global, onWarning, signal, ...agent } = options;
  const [{ pipeInputs }, { callAgent }] = await Promise.all([
    import("../orchestration/pipe_inputs.ts"),
    import("../agent/call_agent.ts"),
  ]);
  const read = async () => {
    using records = await openRecords({ root: agent.root, global });
    const { store, host } = records;
    return await pipeInputs({
      store,
      now: host.now(),
      from: host.env.get("ZAG_SESSION_ID"),
      warning,
    }, await findSessions(records, sessions));
  };
  const { hearsSetterNames, inLibrary } = await import("../agent/setter_names.ts");
  const warning = hearsSetterNames(onWarning);
  const inputs = await inLibrary(read);
  const { result } = await callAgent({ sessionLog: "auto", ...agent }, {
    method: "exec",
    prompt,
    signal,
    collectEvents: true,
    more: { inputs },
  });
  return result;
}

function headOf(
  { sessionId, name, provider, model }: SessionRecord,
): Pick<CollectedResult, "sessionId" | "name" | "provider" | "model"> {
  return { sessionId, name, provider, model };
}
