/**
 * Drive coding agents from a TypeScript program: one builder, one event format, whoever the
 * provider is.
 *
 * @example Events as they happen
 * ```ts
 * import { AgentBuilder } from "@zag/cli/agent";
 *
 * for await (const event of new AgentBuilder({ provider: "mock" }).stream("hello")) {
 *   console.log(event.type);
 * }
 * ```
 *
 * @module
 */
export type * from "./agent/agent_options.ts";
export type { AgentResult } from "./agent/agent_result.ts";
export { AgentBuilder, type CallOptions, type Submitted } from "./agent/builder.ts";
export {
  AgentEndedError,
  AgentProcessError,
  AgentTimeoutError,
  ExitModeError,
  ExitResultError,
  type ExitResultProblem,
  InvalidModelError,
  InvalidOptionError,
  InvalidProviderError,
  OptionUsageError,
  PrintDisabledError,
  type ProviderAttempt,
  ProviderUnavailableError,
  SchemaValidationError,
  SelectionError,
  UnsupportedOptionError,
} from "./agent/errors.ts";
export type { InputFormat, OutputFormat } from "./agent/launch_options.ts";
export { type ProgressHandler, SilentProgress } from "./agent/progress.ts";
export type { FromSchema } from "./agent/schema_type.ts";
export type { StreamingSession } from "./agent/streaming_session.ts";
export { ConfigError } from "./config/config.ts";
export type { ReviewTarget } from "./providers/provider.ts";
export { RootNotFoundError, type RootProblem } from "./config/project.ts";
export { ZagError } from "./errors.ts";
export type * from "./events/event.ts";
export type { ExitConstraints, SessionCommand, SessionRecord } from "./sessions/records.ts";
export type * from "./events/log_event.ts";
export type { LogEvent as AgentLogEvent } from "./events/log_event.ts";
export type { ToolKind } from "./events/tool_kinds.ts";
export {
  AmbiguousSessionError,
  SessionExistsError,
  SessionNotFoundError,
  SessionRunningError,
} from "./sessions/store_errors.ts";
