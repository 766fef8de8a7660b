/** The types of log lines, for whoever has to name or check one. */
import type { LogType } from "./log_event.ts";

/** Written as a table so that the compiler finds a type that is missing here. */
const TYPES: Readonly<Record<LogType | "heartbeat", true>> = {
  session_started: true,
  session_meta: true,
  session_deleted: true,
  user_message: true,
  assistant_message: true,
  reasoning: true,
  tool_call: true,
  tool_result: true,
  permission: true,
  permission_question: true,
  permission_answer: true,
  provider_status: true,
  stderr: true,
  parse_warning: true,
  session_cleared: true,
  session_ended: true,
  session_result: true,
  heartbeat: true,
  usage: true,
  user_event: true,
  usage_limit_hit: true,
  usage_limit_resumed: true,
  usage_limit_resume_failed: true,
  usage_limit_cancelled: true,
  notification: true,
};

/** Every type that a log may hold; `heartbeat` is in logs of the original only. */
export const LOG_TYPES: readonly string[] = Object.keys(TYPES);

/**
 * The type that a person means who typed a name of it: in any case, with `-` for `_`. Undefined when
 * there is none of this name.
 */
export function logTypeOf(name: string): string | undefined {
  const type = name.toLowerCase().replaceAll("-", "_");
  return LOG_TYPES.includes(type) ? type : undefined;
}
