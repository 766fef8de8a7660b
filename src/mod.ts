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
export { AgentBuilder, type CallOptions } from "./agent/builder.ts";
export {
  AgentEndedError,
  AgentProcessError,
  AgentTimeoutError,
  InvalidModelError,
  InvalidOptionError,
  InvalidProviderError,
  OptionUsageError,
  PrintDisabledError,
  type ProviderAttempt,
  ProviderUnavailableError,
  SelectionError,
  UnsupportedOptionError,
} from "./agent/errors.ts";
export type { AgentOptions, InputFormat, OutputFormat } from "./agent/options.ts";
export { ConfigError } from "./config/config.ts";
export type { ReviewTarget } from "./providers/provider.ts";
export { RootNotFoundError, type RootProblem } from "./config/project.ts";
export { ZagError } from "./errors.ts";
export type * from "./events/event.ts";
export type { ExitConstraints, SessionCommand, SessionRecord } from "./sessions/records.ts";
export type { Completeness, SessionOutcome } from "./events/log_event.ts";
export {
  AmbiguousSessionError,
  SessionExistsError,
  SessionNotFoundError,
  SessionRunningError,
} from "./sessions/store_errors.ts";
