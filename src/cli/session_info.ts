/** What programs are told about a session: the public view of its record. */
import { endReasonFields } from "../events/end_reason.ts";
import type { ExitConstraints, ProcessRecord, SessionRecord } from "../sessions/records.ts";
import { lastSign, type SessionState } from "../sessions/session_status.ts";
import { questionFields, type QuestionInfo } from "./question_info.ts";

/** What a session has used, as far as its provider tells; null is what it does not tell. */
export interface UsageInfo {
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly cache_read_tokens: number | null;
  readonly cache_creation_tokens: number | null;
  /** US dollars. */
  readonly cost_usd: number | null;
}

/** Exit mode, as it was asked for. */
export interface ExitInfo {
  /** What the result is about; `""` when nobody said. */
  readonly hint: string;
  readonly json_mode: boolean;
  /** A JSON Schema. */
  readonly schema?: unknown;
}

/** A session as lists and changes print it. Keys never leave or change their meaning. */
export interface SessionInfo {
  readonly session_id: string;
  readonly provider: string;
  /** `""` when it is not known. */
  readonly model: string;
  readonly created_at: string;
  readonly provider_session_id: string | null;
  /** The directory that the session is about, whether it is a worktree or not. */
  readonly worktree_path: string | null;
  readonly sandbox_name: string | null;
  readonly log_completeness: string;
  readonly name?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  /** `running`, `idle`, `completed`, `failed`, `dead` or `unknown`. */
  readonly status: string;
  /** Until when it waits for the end of a usage limit; only while it does. */
  readonly waits_until?: string;
  /** What its agent asks and nobody has answered; only while it waits for that. */
  readonly questions?: readonly QuestionInfo[];
  /** The command that started it. */
  readonly command: string;
  /** When the newest run started. */
  readonly started_at: string | null;
  /** When the newest run ended. */
  readonly ended_at: string | null;
  /** Id of the session whose agent started this one. */
  readonly parent_session_id: string | null;
  /** Name of the project's state directory. */
  readonly project: string | null;
}

/** Everything about a session that is useful outside. */
export interface SessionDetails extends SessionInfo {
  /** Why the newest run failed. */
  readonly error: string | null;
  /** How the newest run ended, in more words than `status` has. */
  readonly outcome: string | null;
  /** Why the newest run ended, where it did not just do its work or fail. */
  readonly end_reason: string | null;
  /** The exit code of the zag that ran it: 124 after a deadline, 125 after a budget. */
  readonly zag_exit_code?: number;
  readonly exit_code: number | null;
  readonly signal: string | null;
  /** How long the newest run took, or takes so far. */
  readonly duration_ms: number | null;
  /** How long it is, or was, from its first record to the end of its newest run: waits included. */
  readonly elapsed_ms: number | null;
  readonly last_heartbeat_at: string | null;
  /** Of the agent, or of zag before there is one; only while the session runs. */
  readonly pid: number | null;
  /** Id of the newest run. */
  readonly process_id: string | null;
  /** Where the agent starts. */
  readonly cwd: string;
  readonly is_worktree: boolean;
  readonly worktree_name: string | null;
  /** Its worktree is there no more; only then. */
  readonly worktree_gone?: true;
  readonly interactive: boolean;
  readonly discovered: boolean;
  readonly discovery_source: string | null;
  readonly log_path: string | null;
  readonly parent_process_id: string | null;
  readonly resumed_from: string | null;
  readonly retried_from: string | null;
  readonly dependencies: readonly string[];
  /** What a result that is handed in must satisfy; null when the session ends in its own way. */
  readonly exit: ExitInfo | null;
  readonly usage: UsageInfo;
  /** A command line that goes on with it; null when that is impossible. */
  readonly resume_command: string | null;
}

/** The view for lists. */
export function sessionInfo(session: SessionRecord, state: SessionState): SessionInfo {
  return {
    session_id: session.sessionId,
    provider: session.provider,
    model: session.model ?? "",
    created_at: session.createdAt,
    provider_session_id: session.providerSessionId,
    worktree_path: session.workspacePath || null,
    sandbox_name: session.sandboxName,
    log_completeness: session.logCompleteness,
    ...(session.name ? { name: session.name } : {}),
    ...(session.description ? { description: session.description } : {}),
    ...(session.tags.length > 0 ? { tags: session.tags } : {}),
    status: state.status,
    ...(state.waitsUntil === undefined ? {} : { waits_until: state.waitsUntil }),
    ...questionFields(state.questions),
    command: session.command,
    started_at: session.startedAt,
    ended_at: session.endedAt,
    parent_session_id: session.parentSessionId,
    project: session.project,
  };
}

function exitInfo({ hint, jsonMode, schema }: ExitConstraints): ExitInfo {
  return {
    hint: hint ?? "",
    json_mode: jsonMode,
    ...(schema === undefined ? {} : { schema }),
  };
}

/** What a session has used in all its runs. */
export function usageInfo(session: SessionRecord): UsageInfo {
  return {
    input_tokens: session.inputTokens,
    output_tokens: session.outputTokens,
    cache_read_tokens: session.cacheReadTokens,
    cache_creation_tokens: session.cacheCreationTokens,
    cost_usd: session.costUsd,
  };
}

/**
 * The whole view.
 *
 * @param resumable What the provider can go on with: nothing, with a prompt, at a terminal.
 * @param worktreeGone The worktree that was made for it is there no more.
 */
export function sessionDetails(
  session: SessionRecord,
  state: SessionState,
  now: Date,
  resumable: Resumable,
  worktreeGone = false,
): SessionDetails {
  return {
    ...sessionInfo(session, state),
    error: state.error,
    outcome: session.outcome,
    end_reason: null,
    ...endReasonFields(session.endReason),
    exit_code: session.exitCode,
    signal: session.signal,
    duration_ms: timeSince(session.startedAt, session, state, now),
    elapsed_ms: timeSince(session.createdAt, session, state, now),
    last_heartbeat_at: lastHeartbeat(session, state.run),
    pid: runningPid(state),
    process_id: state.run?.id ?? null,
    cwd: session.cwd,
    is_worktree: session.isWorktree,
    worktree_name: session.worktreeName,
    ...(worktreeGone ? { worktree_gone: true as const } : {}),
    interactive: session.interactive,
    discovered: session.discovered,
    discovery_source: session.discoverySource,
    log_path: session.logPath,
    parent_process_id: session.parentProcessId,
    resumed_from: session.resumedFrom,
    retried_from: session.retriedFrom,
    dependencies: session.dependencies,
    exit: session.exit && exitInfo(session.exit),
    usage: usageInfo(session),
    resume_command: resumeCommand(session, state, resumable),
  };
}

/** How the provider of a session can go on with one. */
export interface Resumable {
  /** With a prompt, by `exec`. */
  readonly exec: boolean;
  /** At a terminal, by `run`. */
  readonly run: boolean;
}

/** What the provider of a session can go on with; nothing when zag does not know the provider. */
export async function resumableBy(provider: string): Promise<Resumable> {
  const { loadProvider } = await import("../providers/registry.ts");
  const can = (await loadProvider(provider))?.capabilities;
  return { exec: Boolean(can?.resume), run: Boolean(can?.resume && can.interactiveResume) };
}

/** The process that works in a session: the agent's, or that of zag before there is one. */
export function runningPid({ status, run }: SessionState): number | null {
  return status === "running" || status === "idle" ? run?.agentPid ?? run?.ownerPid ?? null : null;
}

/** The last heartbeat of the newest run; of one that ended before its first, its end. */
export function lastHeartbeat(
  session: SessionRecord,
  run: ProcessRecord | undefined,
): string | null {
  const sign = lastSign(session, run);
  return sign !== null && sign === session.heartbeatAt ? sign : session.endedAt ?? sign;
}

/** How long it was from then to the end of a session, or is so far. */
function timeSince(
  start: string | null,
  { endedAt }: SessionRecord,
  state: SessionState,
  now: Date,
): number | null {
  const end = endedAt !== null
    ? Date.parse(endedAt)
    : runningPid(state) === null
    ? undefined
    : now.getTime();
  if (start === null || end === undefined) return null;
  return Math.max(0, end - Date.parse(start));
}

function resumeCommand(
  session: SessionRecord,
  state: SessionState,
  resumable: Resumable,
): string | null {
  if (session.providerSessionId === null || runningPid(state) !== null) return null;
  const id = session.sessionId;
  if (resumable.run && session.command === "run") return `zag run --resume ${id}`;
  return resumable.exec ? `zag exec --resume ${id} "PROMPT"` : null;
}

/** How far a session is, as `zag status` prints it. */
export interface StatusInfo {
  readonly session_id: string;
  readonly status: string;
  /** Until when it waits for the end of a usage limit; only while it does. */
  readonly waits_until?: string;
  /** What its agent asks and nobody has answered; only while it waits for that. */
  readonly questions?: readonly QuestionInfo[];
  readonly provider: string;
  readonly model: string;
  readonly name?: string;
  /** Only while the session runs. */
  readonly pid?: number;
  readonly exit_code?: number;
  readonly error?: string;
  /** Why it ended, where it did not just do its work or fail. */
  readonly end_reason?: string;
  /** The exit code of the zag that ran it: 124 after a deadline, 125 after a budget. */
  readonly zag_exit_code?: number;
  readonly last_heartbeat_at?: string;
}

/** The view for `zag status`. */
export function statusInfo(session: SessionRecord, state: SessionState): StatusInfo {
  const pid = runningPid(state);
  const heartbeat = lastHeartbeat(session, state.run);
  return {
    session_id: session.sessionId,
    status: state.status,
    ...(state.waitsUntil === undefined ? {} : { waits_until: state.waitsUntil }),
    ...questionFields(state.questions),
    provider: session.provider,
    model: session.model ?? "",
    ...(session.name ? { name: session.name } : {}),
    ...(pid === null ? {} : { pid }),
    ...(session.exitCode === null ? {} : { exit_code: session.exitCode }),
    ...(state.error === null ? {} : { error: state.error }),
    ...endReasonFields(session.endReason),
    ...(heartbeat === null ? {} : { last_heartbeat_at: heartbeat }),
  };
}
