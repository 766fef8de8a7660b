/**
 * What the store knows about sessions and about the processes that run them. Timestamps are
 * RFC 3339, UTC, with milliseconds; null means unknown or not applicable.
 *
 * @module
 */
import type { UsageLimitScope } from "../events/event.ts";
import type { Completeness, SessionEndReason, SessionOutcome } from "../events/log_event.ts";

/** The command that a session belongs to; a program that uses the library may say its own. */
export type SessionCommand =
  | "run"
  | "exec"
  | "review"
  | "plan"
  | "interactive"
  | "import"
  | (string & Record<never, never>);

/** What the answer of a session must satisfy before `ps kill` accepts it. */
export interface ExitConstraints {
  /** What the answer is about; `""` when exit mode was asked for without a hint. */
  readonly hint: string | null;
  /** The answer must be JSON. */
  readonly jsonMode: boolean;
  /** A JSON Schema that the answer must satisfy; absent when there is none. */
  readonly schema?: unknown;
}

/** One session. */
export interface SessionRecord {
  /** zag's own id: a UUID, or the provider's id for a session that zag did not start. */
  readonly sessionId: string;
  /** The provider's id. */
  readonly providerSessionId: string | null;
  /** Name of the provider. */
  readonly provider: string;
  /** As resolved at launch. */
  readonly model: string | null;
  /** The command that started it. */
  readonly command: SessionCommand;
  /** Name of the project's state directory; null outside of any project. */
  readonly project: string | null;
  /** The directory that the session is about, absolute. */
  readonly workspacePath: string;
  /** Where the agent was started, absolute. */
  readonly cwd: string;
  /** Given by the person. */
  readonly name: string | null;
  /** Given by the person. */
  readonly description: string | null;
  /** Given by the person, in their order. */
  readonly tags: readonly string[];
  /** Ids of sessions that must end first. */
  readonly dependencies: readonly string[];
  /** Id of the session that this one tries again. */
  readonly retriedFrom: string | null;
  /** Id of the session that this one goes on from under an id of its own. */
  readonly resumedFrom: string | null;
  /** Id of the session whose agent started this one. */
  readonly parentSessionId: string | null;
  /** Id of the run whose agent started this one. */
  readonly parentProcessId: string | null;
  /** It takes messages through a named pipe. */
  readonly interactive: boolean;
  /** The workspace is a git worktree made for the session. */
  readonly isWorktree: boolean;
  /** Name of that worktree. */
  readonly worktreeName: string | null;
  /** Name of the container that the agent runs in. */
  readonly sandboxName: string | null;
  /** Found in the provider's own files, not started by zag. */
  readonly discovered: boolean;
  /** The file that it was found in. */
  readonly discoverySource: string | null;
  /** Absolute. */
  readonly logPath: string | null;
  /** How much of the session the log holds. */
  readonly logCompleteness: Completeness;
  /** Present when the session has to end through `ps kill`. */
  readonly exit: ExitConstraints | null;
  /** The settings it was started with, for a retry; read from the index, without what is long. */
  readonly launch: Readonly<Record<string, unknown>> | null;
  /** What the newest call may spend; null when nothing is capped. */
  readonly budget: SessionBudget | null;
  /** The newest run continued an earlier one. */
  readonly resumed: boolean;
  /** When the session was first recorded. */
  readonly createdAt: string;
  /** When the newest run started. */
  readonly startedAt: string | null;
  /** When the newest run ended. */
  readonly endedAt: string | null;
  /** The last sign of life of the process that runs it. */
  readonly heartbeatAt: string | null;
  /** How the newest run ended; null while it goes on. */
  readonly outcome: SessionOutcome | null;
  /** Why the newest run ended, where it did not just do its work or fail. */
  readonly endReason: SessionEndReason | null;
  /** Of the agent. */
  readonly exitCode: number | null;
  /** The signal that ended the agent, for example `SIGTERM`. */
  readonly signal: string | null;
  /** Why it failed. */
  readonly error: string | null;
  /** Tokens that the model read. */
  readonly inputTokens: number | null;
  /** Tokens that the model wrote. */
  readonly outputTokens: number | null;
  /** Of what was read, tokens that came from a cache. */
  readonly cacheReadTokens: number | null;
  /** Tokens that were put into a cache. */
  readonly cacheCreationTokens: number | null;
  /** US dollars. */
  readonly costUsd: number | null;
}

/** What a call of zag may spend on a session, with all that its agents start. */
export interface SessionBudget {
  /** US dollars; null when they are not capped. */
  readonly maxCostUsd: number | null;
  /** Tokens; null when they are not capped. */
  readonly maxTokens: number | null;
  /** When the call began, RFC 3339: what was used before does not count. */
  readonly since: string;
}

/** The fields of a session that have no default. */
type RequiredSessionField = "sessionId" | "provider" | "command" | "workspacePath" | "createdAt";

/**
 * A session to add. What is left out is null, empty or false; `cwd` is the workspace path, and the log
 * counts as `full`.
 */
export type NewSession =
  & Pick<SessionRecord, RequiredSessionField>
  & Partial<Omit<SessionRecord, RequiredSessionField>>;

/** Fields to change. One that is absent or undefined stays as it is; null clears it. */
export type SessionPatch = {
  readonly [Field in keyof Omit<SessionRecord, "sessionId">]?: SessionRecord[Field] | undefined;
};

/** An agent's process, told apart from a later one with the same number by when it started. */
export interface AgentIdentity {
  /** Its number. */
  readonly pid: number;
  /** As the process table names it; null when it is unknown. */
  readonly start: string | null;
  /** It leads a process group of its own. */
  readonly detached: boolean;
}

/** What became of a process. */
export type ProcessStatus = "running" | "exited" | "killed";

/** One run of an agent, with the zag process that owns it. */
export interface ProcessRecord {
  /** A UUID; the agent finds it in `ZAG_PROCESS_ID`. */
  readonly id: string;
  /** The session that it runs. */
  readonly sessionId: string | null;
  /** Name of the provider. */
  readonly provider: string;
  /** As resolved at launch. */
  readonly model: string | null;
  /** The command that started it. */
  readonly command: SessionCommand;
  /** The first 100 characters. */
  readonly prompt: string | null;
  /** The zag process. */
  readonly ownerPid: number;
  /** As the process table names it. */
  readonly ownerStart: string | null;
  /** The agent; null until it runs. */
  readonly agentPid: number | null;
  /** As the process table names it. */
  readonly agentStart: string | null;
  /** The agent leads a process group of its own. */
  readonly agentDetached: boolean;
  /** What became of it. */
  readonly status: ProcessStatus;
  /** Of the agent. */
  readonly exitCode: number | null;
  /** When it was recorded. */
  readonly startedAt: string;
  /** When it was seen to have ended. */
  readonly exitedAt: string | null;
  /** The workspace that `ZAG_ROOT` names. */
  readonly root: string | null;
  /** Id of the run whose agent started this one. */
  readonly parentProcessId: string | null;
  /** Id of the session whose agent started this one. */
  readonly parentSessionId: string | null;
}

/** The fields of a process that have no default. */
type RequiredProcessField = "id" | "provider" | "command" | "ownerPid" | "startedAt";

/** A process to add. It is running unless it says otherwise; what is left out is null or false. */
export type NewProcess =
  & Pick<ProcessRecord, RequiredProcessField>
  & Partial<Omit<ProcessRecord, RequiredProcessField>>;

/** What one turn of a session has used: a `usage` line of its log. */
export interface UsageRecord {
  /** The session. */
  readonly sessionId: string;
  /** Number of the line; below 0 for what could not be logged. */
  readonly seq: number;
  /** When it was written. */
  readonly at: string;
  /** Name of the provider. */
  readonly provider: string;
  /** The concrete model, where it is known; else as the session was started with. */
  readonly model: string | null;
  /** Name of the project's state directory; null outside of any project. */
  readonly project: string | null;
  /** Tokens that the model read. */
  readonly inputTokens: number;
  /** Tokens that the model wrote. */
  readonly outputTokens: number;
  /** Of what was read, tokens that came from a cache. */
  readonly cacheReadTokens: number | null;
  /** Tokens that were put into a cache. */
  readonly cacheCreationTokens: number | null;
  /** US dollars. */
  readonly costUsd: number | null;
}

/** How far a file of an agent's CLI has been imported. */
export interface ImportedFile {
  /** Absolute path of the file. */
  readonly source: string;
  /** The session that it holds, or why it cannot be imported: no id reads like that. */
  readonly sessionId: string;
  /** Its length when it was read, in bytes. */
  readonly size: number;
  /** When it was last written to by then. */
  readonly modifiedAt: string;
}

/** A session that is to go on when its provider allows it again. Times are RFC 3339, UTC. */
export interface PendingResume {
  /** Names this limit; the log calls it by the same id. */
  readonly incidentId: string;
  /** zag's own id of the session. */
  readonly sessionId: string;
  /** What the limit covers. */
  readonly scope: UsageLimitScope;
  /** When the session goes on. */
  readonly wakeAt: string;
  /** When the provider said that the limit ends; null when it did not say. */
  readonly resetAt: string | null;
  /** What the agent is told then. */
  readonly message: string;
  /** From 1: how often the session will have been gone on with. */
  readonly attempt: number;
  /** So much of its `--timeout` was over when it began to wait, in milliseconds. */
  readonly spentMs: number;
  /** The process that looks after it; null when nobody does. */
  readonly ownerPid: number | null;
  /** As the process table names it; null when it is unknown. */
  readonly ownerStart: string | null;
}
