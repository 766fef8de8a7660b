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
  AgentProcessError,
  AgentTimeoutError,
  InvalidModelError,
  InvalidOptionError,
  InvalidProviderError,
  PrintDisabledError,
  type ProviderAttempt,
  ProviderUnavailableError,
  UnsupportedOptionError,
} from "./agent/errors.ts";
export type { AgentOptions, InputFormat, OutputFormat } from "./agent/options.ts";
export { ZagError } from "./errors.ts";
export type * from "./events/event.ts";
