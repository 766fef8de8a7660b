/** Which settings there are, and of what type each is. */
import type { AgentOptions, RegisterOptions, SessionMetadata } from "./agent_options.ts";
import {
  type Check,
  DURATION,
  FLAG,
  FUNCTION,
  kind,
  NUMBER,
  OBJECT,
  parts,
  TEXT,
  TEXTS,
} from "./argument_check.ts";
import { InvalidOptionError } from "./errors.ts";
import type { ProgressHandler } from "./progress.ts";

const TEXT_OR_TRUE = kind("text", (value) => typeof value === "string" || value === true);

const OPTION_TYPES = {
  provider: TEXT,
  model: TEXT,
  size: TEXT,
  systemPrompt: TEXT,
  root: TEXT,
  autoApprove: FLAG,
  permissions: kind(
    "a policy, or text",
    (value) =>
      typeof value === "string" ||
      typeof value === "object" && value !== null && !Array.isArray(value),
  ),
  askCommand: TEXT,
  onPermission: FUNCTION,
  addDirs: TEXTS,
  files: TEXTS,
  plan: TEXT,
  context: TEXTS,
  // Each variable is looked at by itself, since no error may show its value.
  env: OBJECT,
  sessionId: TEXT,
  name: TEXT,
  description: TEXT,
  tags: TEXTS,
  worktree: TEXT_OR_TRUE,
  sandbox: TEXT_OR_TRUE,
  json: FLAG,
  jsonSchema: kind(
    "a JSON Schema",
    (value) => value !== null && (typeof value === "object" || typeof value === "boolean"),
  ),
  jsonRetries: NUMBER,
  exit: TEXT_OR_TRUE,
  headless: FLAG,
  outputFormat: TEXT,
  inputFormat: TEXT,
  replayUserMessages: FLAG,
  includePartialMessages: FLAG,
  maxTurns: NUMBER,
  timeout: DURATION,
  firstByteTimeout: DURATION,
  idleTimeout: DURATION,
  maxCost: NUMBER,
  maxTokens: NUMBER,
  fallback: TEXTS,
  autoResume: FLAG,
  notify: TEXTS,
  notifyOn: TEXTS,
  mcpConfig: TEXT,
  verbose: FLAG,
  quiet: FLAG,
  showUsage: FLAG,
  debug: FLAG,
  onProgress: parts<ProgressHandler>({
    onStatus: FUNCTION,
    onSuccess: FUNCTION,
    onWarning: FUNCTION,
    onError: FUNCTION,
    onSpinnerStart: FUNCTION,
    onSpinnerFinish: FUNCTION,
    onDebug: FUNCTION,
  }),
  sessionLog: kind(
    "off, auto or a SessionLog",
    (value) =>
      typeof value === "string" || typeof value === "object" && value !== null && "emit" in value,
  ),
  onLogEvent: FUNCTION,
  streamEventsToStderr: TEXT,
  streamShowThinking: FLAG,
  onSpawn: FUNCTION,
  registerProcess: parts<RegisterOptions>({
    provider: TEXT,
    model: TEXT,
    command: TEXT,
    promptPreview: TEXT,
    sessionId: TEXT,
    sessionName: TEXT,
    root: TEXT,
  }),
} satisfies Readonly<Record<keyof AgentOptions, Check>>;

/** Name, description and tags. */
export const METADATA: Check = parts<SessionMetadata>({
  name: TEXT,
  description: TEXT,
  tags: TEXTS,
});

/**
 * Refuses settings of another type.
 *
 * @param isSaid A setting that is undefined was said, and is no absent one.
 * @throws {InvalidOptionError}
 */
export function checkTypes(options: AgentOptions, isSaid = false): void {
  OBJECT(options, "options");
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined && !isSaid || !Object.hasOwn(OPTION_TYPES, key)) continue;
    OPTION_TYPES[key as keyof AgentOptions](value, key);
  }
}

/**
 * Refuses settings that do not exist.
 *
 * @throws {InvalidOptionError}
 */
export function checkNames(options: AgentOptions): void {
  for (const key of Object.keys(options)) {
    if (!Object.hasOwn(OPTION_TYPES, key)) {
      throw new InvalidOptionError(`Unknown option ${JSON.stringify(key)}`);
    }
  }
}
