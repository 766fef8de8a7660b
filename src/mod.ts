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
export type {
  AgentResult,
  AnsweredResult,
  FailedResult,
  ResultParts,
} from "./agent/agent_result.ts";
export { AgentBuilder, type CallOptions, type Submitted } from "./agent/builder.ts";
export {
  AgentEndedError,
  AgentProcessError,
  AgentTimeoutError,
  BudgetError,
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
export { InputMessageError } from "./agent/input_stream.ts";
export type { InputFormat, OutputFormat } from "./agent/launch_options.ts";
export type { Notification, NotificationKind } from "./notify/notification.ts";
export type { PermissionPolicy, PermissionRule } from "./agent/policy.ts";
export type { PermissionHandler } from "./agent/policy_gate.ts";
export { type ProgressHandler, SilentProgress } from "./agent/progress.ts";
export {
  type EndedStatus,
  type ProcessRegistration,
  type ProcessToRegister,
  registerProcess,
} from "./agent/process_registration.ts";
export {
  appendEventToLog,
  recordAgentOutput,
  recordPrompt,
  SessionLog,
  type SessionLogEnd,
  type SessionLogOptions,
} from "./agent/session_log.ts";
export type { FromSchema } from "./agent/schema_type.ts";
export type { StreamingSession } from "./agent/streaming_session.ts";
export { ConfigError } from "./config/config.ts";
export type { ReviewTarget } from "./providers/launch_plan.ts";
export { RootNotFoundError, type RootProblem } from "./config/project.ts";
export { ZagError } from "./errors.ts";
export {
  type PermissionAction,
  type PermissionKind,
  UntranslatableRuleError,
} from "./providers/policy.ts";
export type { PermissionQuestion } from "./sessions/permission_files.ts";
export type * from "./events/event.ts";
export type {
  ExitConstraints,
  SessionBudget,
  SessionCommand,
  SessionRecord,
} from "./sessions/records.ts";
export type * from "./events/log_event.ts";
export type { LogEvent as AgentLogEvent } from "./events/log_event.ts";
export type { ToolKind } from "./events/tool_kinds.ts";
export {
  AmbiguousSessionError,
  SessionEndedError,
  SessionExistsError,
  SessionNotFoundError,
  SessionRunningError,
  StoreError,
} from "./sessions/store_errors.ts";
export { InvalidIdError } from "./config/paths.ts";
export { ExtensionError, ForeignFileError } from "./extensions/errors.ts";
export { SchemaError } from "./json/schema_error.ts";
export { MissingPermissionError } from "./processes/missing_permission.ts";
export { PtyUnavailableError } from "./processes/pty_libc.ts";
export { SpawnError, type SpawnErrorReason } from "./processes/spawn_error.ts";
export {
  SandboxError,
  type SandboxProblem,
  WorktreeError,
  type WorktreeProblem,
} from "./workspace/errors.ts";
export { type Attachment, formatAttachments, readAttachments } from "./agent/attachments.ts";
export type {
  FeatureName,
  FeatureSupport,
  PermissionSupport,
  ProviderCapability,
  ProviderFeatures,
  SessionLogSupport,
  StreamingInputSupport,
} from "./agent/capability_report.ts";
export type { ModelResolution } from "./agent/name_model.ts";
export type { ConfigValue } from "./config/keys.ts";
export type { SettingSource } from "./config/settings.ts";
export { autoCleanup } from "./library/auto_cleanup.ts";
export {
  autoSelect,
  getAllCapabilities,
  getCapability,
  listProviders,
  resolveModel,
  type ResolveOptions,
  type Selection,
  type SelectOptions,
} from "./library/capability.ts";
export { Config, type ConfigTarget } from "./library/config.ts";
export {
  type CancelOptions,
  cancelSessions,
  gcCollect,
  type GcOptions,
  type RetriedSession,
  type RetryOptions,
  retrySessions,
} from "./library/control.ts";
export {
  type EventQuery,
  type FollowOptions,
  followSession,
  readEvents,
  type SessionEvent,
  subscribeEvents,
  type SubscribeOptions,
} from "./library/events.ts";
export {
  buildExitSuffix,
  InvalidJsonError,
  type JsonValidation,
  stripMarkdownFences,
  validateExitResult,
  validateJson,
  validateJsonSchema,
  validateSchema,
} from "./library/json.ts";
export {
  eventTypeName,
  formatEvent,
  type FormatOptions,
  formatTimestamp,
  matchesFilter,
  parseListenFormat,
} from "./library/format.ts";
export * as mcp from "./library/mcp.ts";
export { type RemoveOptions, Sandbox, templateFor, Worktree } from "./library/places.ts";
export { type ProcessEntry, type ProcessQuery, ProcessStore } from "./library/process_store.ts";
export type { SessionScope } from "./library/records.ts";
export {
  type CollectedResult,
  collectResults,
  type PipeOptions,
  pipeSessions,
  type SessionSummary,
  summarizeSessions,
} from "./library/results.ts";
export { search, type SearchHit, type SearchQuery } from "./library/search.ts";
export {
  type BroadcastOptions,
  closeInput,
  type DeliveredInput,
  sendBroadcast,
  sendInput,
  type SendOptions,
  type SentInput,
} from "./library/send.ts";
export {
  determineStatus,
  type SessionChange,
  type SessionQuery,
  SessionStore,
} from "./library/session_store.ts";
export * as skills from "./library/skills.ts";
export { type SpawnedSession, type SpawnOptions, spawnSession } from "./library/spawn.ts";
export { plan, type PlanOptions, review, type ReviewOptions } from "./library/tasks.ts";
export {
  type EndedSession,
  waitForSessions,
  type WaitOptions,
  WaitTimeoutError,
} from "./library/wait.ts";
export { ZagBuilder } from "./library/zag_builder.ts";
export type { CancelResult } from "./orchestration/cancel_session.ts";
export type { Collected, GarbageKind, GcFailure, GcReport, LeftAlone } from "./orchestration/gc.ts";
export type { SandboxTemplate, StreamSemantics } from "./providers/provider.ts";
export type { Snippet } from "./search/snippet.ts";
export type { UsageTotals } from "./sessions/cost.ts";
export type { ProcessRecord, ProcessStatus } from "./sessions/records.ts";
export type { LiveStatus } from "./sessions/run_status.ts";
export type { SessionStatus } from "./sessions/session_status.ts";
export type { Removal } from "./workspace/mod.ts";
