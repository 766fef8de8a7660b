/**
 * The session log's vocabulary: one JSON object a line, an envelope and an entry side by side.
 *
 * @module
 */
import type { UsageLimitScope } from "./event.ts";
import type { ToolKind } from "./tool_kinds.ts";

/** Who wrote a line, or what it was read from. */
export type SourceKind =
  | "wrapper"
  | "provider_file"
  | "provider_log"
  | "stdout"
  | "stderr"
  | "backfill";

/** How much of the session a log holds. It starts `full` and can only go down. */
export type Completeness = "full" | "partial" | "metadata_only";

/** How a session ended. */
export type SessionOutcome =
  | "success"
  | "failure"
  | "unknown"
  | "timeout"
  | "interrupted"
  | "killed"
  | "dead";

/**
 * Why a session ended that did not end by itself, or that could not go on. Absent where the agent has just
 * failed, or done its work.
 */
export type SessionEndReason =
  /** `--timeout` was over. */
  | "timeout"
  /** The agent gave no sign of life at first. */
  | "first_byte_timeout"
  /** The agent was silent for too long. */
  | "idle_timeout"
  /** A cap of what it may spend was passed. */
  | "budget"
  /** The provider's limit was reached, and nobody waits for its end. */
  | "usage_limit"
  /** `zag ps kill`. */
  | "killed"
  /** `zag ps stop`. */
  | "stopped"
  /** `zag cancel`. */
  | "cancelled"
  /** zag itself was interrupted by a signal, or its caller aborted. */
  | "interrupted";

/**
 * What a log line says, by its `type`. The `usage` lines of a session add up: each counts what was
 * used since the one before it, usually by one turn.
 */
export type LogKind =
  | {
    type: "session_started";
    command: string;
    model: string | null;
    cwd: string | null;
    resumed: boolean;
    backfilled: boolean;
  }
  | { type: "session_meta"; meta: Record<string, unknown> }
  | { type: "session_deleted" }
  | { type: "user_message"; role: "user"; content: string; message_id: string | null }
  | {
    type: "assistant_message";
    content: string;
    message_id: string | null;
    /** Id of the sub-agent tool call that it belongs to; such a message is no answer. */
    parent_tool_use_id?: string;
    truncated?: true;
  }
  | { type: "reasoning"; content: string; message_id: string | null }
  | {
    type: "tool_call";
    tool_name: string;
    tool_kind?: ToolKind;
    tool_id: string | null;
    input: unknown;
  }
  | {
    type: "tool_result";
    tool_name: string | null;
    tool_kind?: ToolKind;
    tool_id: string | null;
    success: boolean | null;
    output: string | null;
    error: string | null;
    data: unknown;
  }
  | { type: "permission"; tool_name: string; description: string; granted: boolean }
  | {
    /** The agent waits for the answer; see `zag permit`. */
    type: "permission_question";
    id: string;
    tool_name: string;
    tool_kind?: ToolKind;
    description: string;
    input: unknown;
  }
  | {
    type: "permission_answer";
    /** That of the question. */
    id: string;
    tool_name: string;
    granted: boolean;
    /** Who has answered; `end`: nobody, before the agent ended. */
    by: "permit" | "command" | "program" | "end";
    reason: string | null;
  }
  | { type: "provider_status"; message: string; data: unknown }
  | { type: "stderr"; message: string }
  | { type: "parse_warning"; message: string; raw: string | null }
  | { type: "session_cleared"; old_session_id: string | null; new_session_id: string | null }
  | {
    type: "session_ended";
    success: boolean;
    error: string | null;
    exit_code?: number;
    signal?: string;
    outcome?: SessionOutcome;
    end_reason?: SessionEndReason;
    /** When the session was imported, RFC 3339; it had ended by then. */
    imported_at?: string;
  }
  | { type: "session_result"; result: string }
  | {
    type: "usage";
    input_tokens: number;
    output_tokens: number;
    cache_read_tokens?: number;
    cache_creation_tokens?: number;
    /** US dollars, for this line alone. */
    total_cost_usd?: number;
    /** The concrete model, where it is known. */
    model?: string;
  }
  | {
    type: "user_event";
    level: "info" | "warn" | "error" | "debug";
    message: string;
    data?: unknown;
  }
  | {
    type: "usage_limit_hit";
    scope: UsageLimitScope;
    reset_at?: string;
    scheduled_resume_at?: string;
    fallback_used: boolean;
    incident_id: string;
    raw?: string;
  }
  | { type: "usage_limit_resumed"; incident_id: string; resume_message: string; attempt: number }
  | { type: "usage_limit_resume_failed"; incident_id: string; error: string; attempt: number }
  | { type: "usage_limit_cancelled"; incident_id: string }
  | {
    type: "notification";
    /** What was told: `end`, `failure`, `limit` or `question`. */
    kind: string;
    /** The same one whenever it is sent. */
    notification_id: string;
    /** Who was told, without anything that is secret: of a URL scheme and host. */
    target: string;
    /** Which one of those who are told, from 1 on; absent in logs from before. */
    target_number?: number;
    delivered: boolean;
    /** How often it was tried. */
    attempts: number;
    /** Why it was not delivered. */
    error?: string;
  };

/** The `type` tags of {@linkcode LogKind}. */
export type LogType = LogKind["type"];

/** Where a field that was cut is whole, in the file beside the log. */
export interface FieldOverflow {
  /** Name of the field. */
  readonly field: string;
  /** Where its line begins, in bytes. */
  readonly offset: number;
  /** Length of that line, without its newline. */
  readonly bytes: number;
}

/** The fields that every log line carries. */
export interface LogEnvelope {
  /** From 1, rising by one a line, whoever writes. */
  seq: number;
  /** Time of writing, RFC 3339, UTC. */
  ts: string;
  /** Name of the provider. */
  provider: string;
  /** zag's own id of the session. */
  wrapper_session_id: string;
  /** The provider's id; null as long as it is not known. */
  provider_session_id: string | null;
  /** Who says so. */
  source_kind: SourceKind;
  /** How much of the session the log holds up to here. */
  completeness: Completeness;
  /** A field of the entry was cut. */
  truncated?: true;
  /** The fields that were cut and are whole elsewhere; `wholeEvent` puts them back. */
  overflow?: readonly FieldOverflow[];
}

/** A whole log line. */
export type LogEvent = LogEnvelope & LogKind;
