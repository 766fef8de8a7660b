/** What the books keep of the options that a session was started with. */
import type { SessionPatch, SessionRecord } from "../sessions/records.ts";
import { distinctTags } from "../sessions/tags.ts";
import type { LaunchOptions } from "./launch_options.ts";
import { writePolicy } from "./policy_text.ts";
import type { ComposedPrompt } from "./prompt.ts";
import type { Settled } from "./settle.ts";

/**
 * How the session can be found, as far as this run says something about it.
 *
 * @param known Tags that the session has already.
 */
export function givenMetadata(
  { name, description, tags = [] }: LaunchOptions,
  known: readonly string[] = [],
): Pick<SessionPatch, "name" | "description" | "tags"> {
  return {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(tags.length === 0 ? {} : { tags: distinctTags([...known, ...tags]) }),
  };
}

/**
 * What a retry needs to start the same again: the options, what the configuration added to them, what
 * was sent, and how the answer is checked. Values of variables may be secrets and stay out, and so do
 * who is notified, and an inline MCP configuration, which holds some of its servers'.
 */
export function launchRecord(settled: Settled): Record<string, unknown> {
  const { env, mcpConfig, notify: _n, notifyOn: _o, ...options } = settled.options;
  const { composedPrompt, contextAt, injected, inputs, json } = settled;
  const inline = mcpConfig?.trimStart().startsWith("{");
  return {
    ...options,
    ...(settled.command === "exec" || settled.headless ? effective(settled) : {}),
    ...(settled.policy === undefined ? {} : { permissions: writePolicy(settled.policy) }),
    cwd: settled.calledIn,
    ...(env === undefined ? {} : { env: Object.keys(env) }),
    ...(mcpConfig === undefined ? {} : inline ? { mcp_inline: true } : { mcpConfig }),
    ...(composedPrompt === settled.prompt ? {} : { composed_prompt: composedPrompt }),
    ...(injected === undefined ? {} : { injected, context_at: contextAt }),
    ...(inputs.length === 0 ? {} : { inputs }),
    ...(json === undefined ? {} : { json: true }),
    ...(json?.schema === undefined ? {} : { json_schema: json.schema }),
  };
}

/** What holds for the session, whether an option or the configuration says so. */
function effective(settled: Settled): Partial<LaunchOptions> {
  const { autoApprove, maxTurns, maxCostUsd, maxTokens } = settled;
  const { givenSystemPrompt: systemPrompt } = settled;
  return {
    ...(systemPrompt === undefined ? {} : { systemPrompt }),
    ...(autoApprove ? { autoApprove } : {}),
    ...(maxTurns === undefined ? {} : { maxTurns }),
    ...(maxCostUsd === undefined ? {} : { maxCostUsd }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
  };
}

/** A launch record that was read: what it says of how to start the same again. */
export interface RecordedLaunch {
  /** The options without those that are about one session alone, or about how it is shown. */
  readonly options: LaunchOptions;
  /** From where relative paths in the options start; undefined when that is not known. */
  readonly cwd: string | undefined;
  /** Names of the variables that were set for the agent. */
  readonly env: readonly string[];
  /** There was an MCP configuration, and it was not recorded. */
  readonly mcpInline: boolean;
  /** Messages arrived while the agent ran. */
  readonly streamInput: boolean;
  /** What was sent; undefined when it was the prompt as it was typed. */
  readonly prompt: ComposedPrompt | undefined;
  /** So many of the contexts are results of sessions that it depends on; undefined: there never are. */
  readonly injected: number | undefined;
  /** Ids of the sessions whose results the prompt was about. */
  readonly inputs: readonly string[];
  /** How the answer is checked; undefined when it is not. */
  readonly json: { readonly schema: unknown } | undefined;
  /** It was given a place apart, by whatever name. */
  readonly isolation: "worktree" | "sandbox" | undefined;
}

/** Reads a record of this or another version; what has another type is passed over. */
export function readLaunch(record: SessionRecord["launch"]): RecordedLaunch {
  const launch = record ?? {};
  const text = launch.composed_prompt;
  const injected = isNumber(launch.injected) ? launch.injected : undefined;
  const place = launch.context_at;
  const contextAt = Array.isArray(place) && place.length === 2 && place.every(isNumber)
    ? place as [number, number]
    : [0, 0] as const;
  return {
    options: optionsOf(launch),
    cwd: isText(launch.cwd) ? launch.cwd : undefined,
    env: isTexts(launch.env) ? launch.env : [],
    mcpInline: launch.mcp_inline === true,
    streamInput: launch.inputFormat === "stream-json",
    prompt: isText(text) ? { text, contextAt } : undefined,
    injected,
    inputs: isTexts(launch.inputs) ? launch.inputs : [],
    json: launch.json === true ? { schema: launch.json_schema } : undefined,
    isolation: isNameOrTrue(launch.worktree)
      ? "worktree"
      : isNameOrTrue(launch.sandbox)
      ? "sandbox"
      : undefined,
  };
}

const isText = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => Number.isSafeInteger(value);
const isNameOrTrue = (value: unknown) => value === true || isText(value);
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);

/** What a value must be like; undefined for an option that is about one session alone, or its output. */
type Check = ((value: unknown) => boolean) | undefined;

/** The options that another session can be started with. */
const KEPT: Readonly<Record<keyof LaunchOptions, Check>> = {
  provider: isText,
  model: isText,
  size: isText,
  systemPrompt: isText,
  root: isText,
  autoApprove: (value) => typeof value === "boolean",
  permissions: (value) => typeof value === "object" && value !== null,
  askCommand: isText,
  addDirs: isTexts,
  files: isTexts,
  plan: isText,
  context: isTexts,
  maxTurns: isNumber,
  maxCostUsd: (value) => typeof value === "number" && value > 0,
  maxTokens: isNumber,
  timeoutMs: isNumber,
  firstByteTimeoutMs: isNumber,
  idleTimeoutMs: isNumber,
  fallback: isTexts,
  autoResume: (value) => typeof value === "boolean",
  mcpConfig: isText,
  // What names the session stands in its own record, which can change.
  name: undefined,
  description: undefined,
  tags: undefined,
  sessionId: undefined,
  command: undefined,
  review: undefined,
  worktree: undefined,
  sandbox: undefined,
  // Values are secrets.
  env: undefined,
  notify: undefined,
  notifyOn: undefined,
  outputFormat: undefined,
  inputFormat: undefined,
  replayUserMessages: undefined,
  includePartialMessages: undefined,
};

function optionsOf(launch: Readonly<Record<string, unknown>>): LaunchOptions {
  return Object.fromEntries(
    Object.entries(KEPT).filter(([key, fits]) => fits?.(launch[key])).map(([key]) => [
      key,
      launch[key],
    ]),
  );
}
