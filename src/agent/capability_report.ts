/** What a provider can do, in the form that programs read: `zag capability` and the library. */
import type { Provider, StreamSemantics, Support } from "../providers/provider.ts";

/** Whether something works with a provider. */
export interface FeatureSupport {
  /** It does. */
  supported: boolean;
  /** The CLI does it by itself; false where zag does it around the CLI, or nobody does. */
  native: boolean;
}

/** The CLI's own record of an interactive session, which zag reads into the session log. */
export interface SessionLogSupport extends FeatureSupport {
  /** How much of a session the record tells; absent where there is none. */
  completeness?: "full" | "partial";
}

/** A session that takes one message after the other: `-i stream-json`, `execStreaming()`. */
export interface StreamingInputSupport extends FeatureSupport {
  /**
   * What a message does that arrives during a turn; absent where none can be sent. `queue`: the agent
   * has it, and comes to it in the next turn, in which it may answer several. `interrupt`: it ends
   * the turn. `between-turns-only`: zag keeps it and starts the agent with it when the turn is over;
   * each message is a turn of its own.
   */
  semantics?: StreamSemantics;
}

/** Permission policies. */
export interface PermissionSupport extends FeatureSupport {
  /** Rules that ask somebody can be kept: the agent waits for the answer. */
  asks: boolean;
}

/** Every feature by its name. */
export interface ProviderFeatures {
  /** `zag run`. */
  interactive: FeatureSupport;
  /** `zag exec`. */
  non_interactive: FeatureSupport;
  /** `zag run --resume`: an earlier session goes on interactively. */
  resume: FeatureSupport;
  /** `zag exec --resume`: an earlier session goes on with a new prompt. */
  resume_with_prompt: FeatureSupport;
  /** The session log of `zag run`. */
  session_logs: SessionLogSupport;
  /** `-o json` and `--json`; native where the CLI has JSON of its own, for `-o native-json`. */
  json_output: FeatureSupport;
  /** `-o stream-json`. */
  stream_json: FeatureSupport;
  /** `--json-schema`; native where the CLI takes the schema. zag checks the answer in any case. */
  json_schema: FeatureSupport;
  /** `-i stream-json`. */
  input_format: FeatureSupport;
  /** Messages to an agent that is at work. */
  streaming_input: StreamingInputSupport;
  /** `--worktree`. */
  worktree: FeatureSupport;
  /** `--sandbox`. */
  sandbox: FeatureSupport;
  /** `--system-prompt`. */
  system_prompt: FeatureSupport;
  /** `--auto-approve`. */
  auto_approve: FeatureSupport;
  /** `--permissions`; native where the CLI is told the rules, else zag decides about each call. */
  permissions: PermissionSupport;
  /** `zag review`. */
  review: FeatureSupport;
  /** `--add-dir`. */
  add_dirs: FeatureSupport;
  /** `--max-turns`. */
  max_turns: FeatureSupport;
  /** `--mcp-config`. */
  mcp_config: FeatureSupport;
  /** `--include-partial-messages`. */
  partial_messages: FeatureSupport;
  /** `--replay-user-messages`. */
  replay_user_messages: FeatureSupport;
  /** The CLI's own session id is the one of `--session`. */
  preset_session_id: FeatureSupport;
  /** `--size`. */
  model_sizes: FeatureSupport;
}

/** The names of all features. */
export type FeatureName = keyof ProviderFeatures;

/** A provider with its models and features. */
export interface ProviderCapability {
  /** Its name. */
  provider: string;
  /** Shown as the model when none is asked for. */
  default_model: string;
  /** Names that the provider is known to take. */
  available_models: string[];
  /** The models that the sizes stand for. */
  size_mappings: { small: string; medium: string; large: string };
  /** What it can do. */
  features: ProviderFeatures;
}

/** Describes a provider; nothing is started or looked for. */
export function capabilityReport(provider: Provider): ProviderCapability {
  const { name, models } = provider;
  const { small, medium, large } = models.sizes;
  return {
    provider: name,
    default_model: models.defaultName,
    available_models: [...models.names],
    size_mappings: { small, medium, large },
    features: featuresOf(provider),
  };
}

function featuresOf({ capabilities: can, sandbox }: Provider): ProviderFeatures {
  const { sessionLogs } = can;
  // What cannot be told anything while it runs is started anew with each message.
  const between: StreamSemantics | false = can.resume === false ? false : "between-turns-only";
  const semantics = can.streamInput || between;
  const streams = can.streamInput === false ? between !== false && "zag" : "native";
  return {
    interactive: of(can.interactive),
    non_interactive: of(true),
    resume: of(can.interactiveResume && can.resume),
    resume_with_prompt: of(can.resume),
    session_logs: {
      ...of(sessionLogs !== false),
      ...(sessionLogs === false ? {} : { completeness: sessionLogs }),
    },
    json_output: of(can.nativeJson ? "native" : "zag"),
    stream_json: of(can.events),
    json_schema: of(can.jsonSchema === false ? "zag" : "native"),
    input_format: of(streams),
    streaming_input: { ...of(streams), ...(semantics === false ? {} : { semantics }) },
    worktree: of("zag"),
    sandbox: of(sandbox ? "zag" : false),
    system_prompt: of(can.systemPrompt),
    auto_approve: of(can.autoApprove),
    permissions: {
      ...of(can.permissions === "asks" ? "zag" : can.permissions !== false),
      asks: can.permissions === "asks",
    },
    review: of(can.review ? "native" : "zag"),
    add_dirs: of(can.addDirs),
    max_turns: of(can.maxTurns),
    mcp_config: of(can.mcpConfig),
    partial_messages: of(can.partialMessages),
    replay_user_messages: of(can.replayUserMessages || streams === "zag" && streams),
    preset_session_id: of(can.presetSessionId),
    model_sizes: of(can.sizes),
  };
}

function of(support: Support | true): FeatureSupport {
  return { supported: support !== false, native: support === true || support === "native" };
}
