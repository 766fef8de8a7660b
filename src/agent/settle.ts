/**
 * From what the caller typed to what will run: provider, model, workspace, prompt. Everything that
 * can be refused is refused here, before anything is started or written.
 */
import { type Config, loadProjectConfig } from "../config/config.ts";
import { type ZagPaths, zagPaths } from "../config/paths.ts";
import { type Project, resolveProject } from "../config/project.ts";
import type { Host } from "../host.ts";
import type { NotifyWish } from "../notify/target.ts";
import type { Policy } from "../providers/policy.ts";
import type { Capabilities, Provider } from "../providers/provider.ts";
import type {
  ExitConstraints,
  SessionBudget,
  SessionPatch,
  SessionRecord,
} from "../sessions/records.ts";
import type { SessionStore } from "../sessions/store.ts";
import { SessionNotFoundError } from "../sessions/store_errors.ts";
import { callCaps } from "./check_budget.ts";
import { checkCapabilities, takesSystemPrompt } from "./check_capabilities.ts";
import { ALL_PROVIDERS, type Candidates, withoutAuto } from "./choose_provider.ts";
import { chooseTarget } from "./choose_target.ts";
import { passPrintGate } from "./gate.ts";
import { InvalidOptionError, OptionUsageError } from "./errors.ts";
import { directories, mcpConfig } from "./inputs.ts";
import { limitPatterns } from "./limit_patterns.ts";
import { type LimitPolicy, limitPolicy } from "./limit_policy.ts";
import { knowSecrets, knowSecretsOf } from "../redact/redact.ts";
import { locate } from "./locate.ts";
import { chooseModel } from "./models.ts";
import type { LaunchOptions } from "./launch_options.ts";
import type { ComposedPrompt, EarlierResult } from "./prompt.ts";
import { wholePrompt } from "./whole_prompt.ts";
import { choosePlace, type Place } from "./place.ts";
import type { PermissionHandler } from "./policy_gate.ts";
import { type Prices, pricesOf } from "./prices.ts";
import { findResumed, type ResumeTarget } from "./resume_target.ts";
import { type Watchdog, watchdogPolicy } from "./watchdog.ts";

/**
 * A terminal: `shared` is on our own stdin, stdout and stderr; `person` is the one that controls us,
 * whatever those are; `private` is one that nobody sees.
 */
export type TerminalKind = "shared" | "person" | "private";

/** What a launch is asked to do. */
export interface SettleRequest {
  command: "exec" | "run";
  options: LaunchOptions;
  prompt: string | undefined;
  resume: ResumeTarget | undefined;
  /** Messages will arrive while the agent runs. */
  streamInput: boolean;
  /** What the answer must look like. */
  json?: JsonDemand | undefined;
  /** Results of earlier sessions that the prompt is about; they stand before it. */
  inputs?: readonly EarlierResult[] | undefined;
  /**
   * So many of the contexts in the options, the first ones, are results of sessions that this one
   * depends on. Absent: they are not among them, and never will be.
   */
  injected?: number | undefined;
  /** What was said and done so far, with another agent; it stands before the prompt. */
  conversation?: string | undefined;
  /** The session does again what an earlier one did. */
  replay?: Replay | undefined;
  /** The session ends by handing in a result; absent: as the session that goes on was started. */
  exit?: ExitConstraints | undefined;
  /** Where an interactive agent works. @default "shared" */
  terminal?: TerminalKind;
  /** The configured permissions, turns and system prompt are left out: zag asks for itself. */
  withoutDefaults?: boolean;
  /** Is asked whether the agent may use a tool, where the policy says that somebody is. */
  onPermission?: PermissionHandler | undefined;
  /** A person sees what the agent asks. */
  attended?: boolean;
  /** Ends what is started to decide. */
  signal?: AbortSignal;
  /** Is told at once why another provider than the requested one was chosen. */
  observer?: { warning?(message: string): void; debug?(message: string): void };
}

/** What a session does again. What is absent is decided anew. */
export interface Replay {
  /** The options hold what the configuration said then: what it says now does not count. */
  readonly withoutDefaults?: boolean | undefined;
  /** The name of the model in the books of the earlier session. */
  readonly model?: string | undefined;
  /** What was sent then. Files, a plan and contexts are in it already and are not read again. */
  readonly prompt?: ComposedPrompt | undefined;
  /** So many of the contexts in `prompt` are results of sessions that the earlier one depended on. */
  readonly injected?: number | undefined;
  /** The sessions whose results `prompt` is about. */
  readonly inputs?: readonly string[] | undefined;
}

/** JSON that is asked for: by a schema where the agent takes one, and by words. */
export interface JsonDemand {
  /** Undefined when any JSON will do. */
  schema: unknown;
  /** What stands before the prompt; `enforced` where the agent is also given the schema. */
  instructions(enforced: boolean): string | undefined;
}

/** Everything that is decided before an agent starts. */
export interface Settled extends Place {
  command: "exec" | "run";
  options: LaunchOptions;
  provider: Provider;
  /** Absolute path of the provider's program; undefined for a built-in provider. */
  program: string | undefined;
  /** Value of the model flag; undefined when none is passed. */
  model: string | undefined;
  /** What is shown and stored as the model. */
  modelName: string;
  systemPrompt: string | undefined;
  /** The part of that which the options or the configuration say. */
  givenSystemPrompt: string | undefined;
  autoApprove: boolean;
  /** What the agent may do; undefined: what its CLI allows by itself. */
  policy: Policy | undefined;
  maxTurns: number | undefined;
  /** US dollars that the call may spend; undefined when they are not capped. */
  maxCostUsd: number | undefined;
  /** Tokens that it may use; undefined when they are not capped. */
  maxTokens: number | undefined;
  /** What models cost, by the configuration. */
  prices: Prices;
  /** What the books say the call may spend; absent until it is about to start. */
  budget?: SessionBudget | undefined;
  /** What is left of all caps in US dollars; absent when there are none. */
  costLeftUsd?: number | undefined;
  mcpConfig: string | undefined;
  addDirs: readonly string[];
  sessionId: string;
  /** The session that goes on; undefined for a new one. */
  resumed: SessionRecord | undefined;
  /** A session of the CLI's own that zag did not start and now goes on with. */
  discovered: { id: string; source: string } | undefined;
  project: Project;
  /** What the books say about the place apart that was made for the session; absent: nothing. */
  isolated?: Pick<SessionPatch, "isWorktree" | "worktreeName" | "sandboxName"> | undefined;
  /** As typed. */
  prompt: string | undefined;
  /** As sent. */
  composedPrompt: string | undefined;
  /** Where in it the results of sessions stand that this one depends on. */
  contextAt: ComposedPrompt["contextAt"] | undefined;
  /** How many of those there are; undefined when there never are any. */
  injected: number | undefined;
  /** Ids of the sessions whose results the prompt is about. */
  inputs: readonly string[];
  /** The answer must be JSON. */
  json: Pick<JsonDemand, "schema"> | undefined;
  /** The directory of whoever called, from which relative paths in the options start. */
  calledIn: string;
  /** What a result that is handed in must satisfy; undefined when the session ends in its own way. */
  exit: ExitConstraints | undefined;
  /** An interactive agent works on a terminal that nobody sees. */
  headless: boolean;
  /** For the agent's CLI; undefined where it takes none, or not this one. */
  jsonSchema: Record<string, unknown> | undefined;
  paths: ZagPaths;
  /** What was chosen for `auto`, and why: `PROVIDER (MODEL): REASON`; undefined without `auto`. */
  autoSelected: string | undefined;
  /** Who is told what happens to the session; undefined when nobody is. */
  notify: NotifyWish | undefined;
  /** How usage limits are met; undefined when the session does not go on after one. */
  limits: LimitPolicy | undefined;
  /** What tells a usage limit in an error, besides what the provider knows. */
  limitPatterns: readonly RegExp[];
  /** How long the agent may be silent. */
  watchdog: Watchdog;
  /** Notes for `--debug` about how it was decided. */
  notes: readonly string[];
  /** Options that this provider does not know and that do no harm. */
  warnings: readonly string[];
}

/** From now on what the caller gives the agent stays out of the books. */
function learnSecrets({ env, mcpConfig }: LaunchOptions, host: Host): void {
  try {
    knowSecrets(host.env.toObject());
  } catch (error) {
    // Whoever may not read them is told so when the agent is to get them.
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
  }
  if (env) knowSecrets(env);
  try {
    if (mcpConfig?.trimStart().startsWith("{")) knowSecretsOf(JSON.parse(mcpConfig));
  } catch {
    // It is refused, and why is said, where it is used.
  }
}

/** Decides. `store` is undefined when the index cannot be used; resuming is then impossible. */
export async function settle(
  request: SettleRequest,
  host: Host,
  store: SessionStore | undefined,
  candidates: Candidates = ALL_PROVIDERS,
): Promise<Settled> {
  const { command, options } = request;
  learnSecrets(options, host);
  const paths = zagPaths(host.env);
  const project = await resolveProject({
    ...(options.root === undefined ? {} : { root: options.root }),
    cwd: host.cwd,
  });
  const { config, globalConfig } = await loadProjectConfig(paths, project);
  const pinnedTo = withoutAuto(options.provider)?.toLowerCase();
  const known = request.resume && findResumed(command, request.resume, store, project, pinnedTo);
  const missing = known instanceof SessionNotFoundError ? known : undefined;
  const resumed = known instanceof SessionNotFoundError ? undefined : known;
  const newId = options.sessionId?.toLowerCase() ?? crypto.randomUUID();
  const { choice, discovered, selection } = await chooseTarget({
    request,
    config,
    globalConfig,
    paths,
    project,
    resumed,
    missing,
    newId,
    context: {
      mode: command,
      host,
      cache: paths.probes,
      candidates,
      signal: request.signal,
      warn: (message) => request.observer?.warning?.(message),
    },
  });
  const { provider, pinned, standsIn } = choice;
  const can = provider.capabilities;
  const { withoutDefaults = request.replay?.withoutDefaults } = request;
  const defaults: Config = withoutDefaults ? {} : config;
  const warnings = checkCapabilities(request, provider, { pinned, config: defaults });
  // In a sandbox there is a program of its own.
  const isSandboxed = options.sandbox !== undefined || (resumed?.sandboxName ?? null) !== null;
  const program = isSandboxed
    ? undefined
    : pinned
    ? await locate(provider, command, host)
    : choice.program;
  const notes: string[] = [];
  if (command === "exec") {
    const opened = passPrintGate(provider, host.env, globalConfig);
    if (opened !== undefined) notes.push(`non-interactive use is allowed by ${opened}`);
  }
  const model = await chooseModel({
    provider,
    model: selection?.model ?? withoutAuto(options.model),
    size: options.size,
    config,
    standsIn,
    stored: standsIn ? undefined : resumed?.model ?? request.replay?.model,
    warn: (message) => void warnings.push(message),
  });
  const policy = options.permissions === undefined && options.askCommand === undefined
    ? undefined
    : await (await import("./policy_settle.ts")).settlePolicy(request, provider, {
      cwd: host.cwd,
      policies: paths.policies,
      isSandboxed,
      warn: (message) => void warnings.push(message),
    });
  const autoApprove = can.autoApprove && policy === undefined &&
    (options.autoApprove === true || defaults["defaults.auto_approve"] === true);
  const exit = command === "run" ? request.exit ?? resumed?.exit ?? undefined : undefined;
  checkTerminal(request, autoApprove, exit);
  if (exit && isSandboxed) {
    throw new OptionUsageError(
      "Cannot use --exit in a sandbox: there is no zag in it to hand in a result with",
    );
  }
  const place = await choosePlace({
    options,
    resume: request.resume,
    resumed,
    provider,
    project,
    paths,
    host,
    warn: (message) => void warnings.push(message),
  });
  const prices = pricesOf(config);
  const capped = { ...place, provider, command, options, model: model.flag, modelName: model.name };
  const caps = callCaps({ ...capped, prices }, defaults);
  warnings.push(...caps.warnings);
  const jsonSchema = request.json?.schema !== undefined && can.jsonSchema
    ? (await import("./native_schema.ts")).nativeSchema(request.json.schema, can.jsonSchema)
    : undefined;
  const takesSystem = takesSystemPrompt(request, can);
  // A session that goes on has been told before.
  const tells = request.exit !== undefined || place.startsAnew;
  const exitTexts = exit &&
    (await import("./exit_mode.ts")).exitTexts(exit, takesSystem && can.systemPrompt, tells);
  const jsonInstructions = request.json?.instructions(jsonSchema !== undefined);
  const composed = await wholePrompt(request, store, {
    cwd: host.cwd,
    scope: { project: project.key ?? null },
    jsonInstructions,
    exitInstructions: exitTexts?.prompt,
    exitReminder: exitTexts?.reminder,
    exitOpening: exitTexts?.opening,
  });
  const goesOn = !place.startsAnew && (resumed !== undefined || discovered !== undefined);
  const givenSystemPrompt = options.systemPrompt ??
    (takesSystem ? defaults["defaults.system_prompt"] : undefined);
  return {
    command,
    options,
    provider,
    program,
    model: model.flag,
    modelName: model.name,
    systemPrompt: joined(
      givenSystemPrompt,
      takesJsonText(can, goesOn) ? systemText(jsonInstructions) : undefined,
      exitTexts?.system,
    ),
    givenSystemPrompt,
    autoApprove,
    policy,
    maxTurns: options.maxTurns ?? (can.maxTurns ? defaults["defaults.max_turns"] : undefined),
    maxCostUsd: caps.maxCostUsd,
    maxTokens: caps.maxTokens,
    prices,
    mcpConfig: await mcpConfig(options.mcpConfig, host.cwd),
    addDirs: await directories(options.addDirs ?? [], host.cwd),
    sessionId: resumed?.sessionId ?? discovered?.id ?? newId,
    resumed,
    ...place,
    discovered,
    project,
    prompt: request.prompt,
    composedPrompt: composed?.text,
    contextAt: composed?.contextAt,
    injected: request.injected || (request.replay?.injected ?? request.injected),
    inputs: request.replay?.inputs ?? request.inputs?.map(({ sessionId }) => sessionId) ?? [],
    json: request.json && { schema: request.json.schema },
    calledIn: host.cwd,
    exit,
    headless: command === "run" && request.terminal === "private",
    jsonSchema,
    paths,
    autoSelected: selection &&
      [`${provider.name} (${model.name})`, selection.reason].filter(Boolean).join(": "),
    notify: await notifyWishOf(request, defaults, host, (message) => void warnings.push(message)),
    limits: options.autoResume ? limitPolicy(config, provider.name) : undefined,
    limitPatterns: limitPatterns(config, provider.name, (message) => void warnings.push(message)),
    watchdog: watchdogPolicy(config, provider.name, options, isSandboxed),
    notes,
    warnings,
  };
}

async function notifyWishOf(
  { options: { notify: targets, notifyOn: on }, resume }: SettleRequest,
  config: Config,
  host: Host,
  warn: (message: string) => void,
): Promise<NotifyWish | undefined> {
  const configured = { target: config["notify.target"], on: config["notify.on"] };
  if (targets === undefined && on === undefined && configured.target === undefined) {
    return undefined;
  }
  const [{ notifyWish }, { NotifyTargetError }, { deafTargets }] = await Promise.all([
    import("../notify/wish.ts"),
    import("../notify/target.ts"),
    import("../notify/deaf_targets.ts"),
  ]);
  let wish: NotifyWish | undefined;
  try {
    wish = notifyWish({ targets, on, configured }, host.env, host.cwd);
  } catch (error) {
    if (error instanceof NotifyTargetError) throw new OptionUsageError(error.message);
    throw error;
  }
  // Where a session goes on by itself, it was said at its start.
  if (resume && "from" in resume && resume.from) return wish;
  if (wish) (await deafTargets(wish.targets, host)).forEach(warn);
  else if (on !== undefined) {
    warn("--notify-on has no effect: neither --notify nor notify.target says who is told");
  }
  return wish;
}

/** Refuses a terminal on which the session could not come to an end. */
function checkTerminal(
  { terminal, resume }: SettleRequest,
  autoApprove: boolean,
  exit: ExitConstraints | undefined,
): void {
  if (terminal === "private" && !autoApprove) {
    throw new OptionUsageError(
      "Cannot use --headless without --auto-approve: nobody is there to answer the agent's questions",
      { hint: "-a lets the agent use its tools without asking" },
    );
  }
  if (terminal === "private" && !exit) {
    throw new OptionUsageError(
      "Cannot use --headless without --exit: the session was not started in exit mode, and nobody " +
        "could end it",
    );
  }
  if (terminal === "person" && !exit) {
    const flag = resume && "latest" in resume ? "--continue" : "--resume";
    throw new InvalidOptionError(
      "Cannot start an interactive session: stdin and stdout must be a terminal",
      { hint: `use "zag exec ${flag}" where there is no terminal` },
    );
  }
}

/**
 * Whether the system prompt tells of an answer in JSON, too.
 *
 * @param goesOn The agent's CLI knows the session.
 */
function takesJsonText(can: Capabilities, goesOn: boolean): boolean {
  // Where zag puts it before the prompt, the prompt would say the same twice.
  if (can.systemPrompt !== "native" || can.structuredOutput) return false;
  return !goesOn || !can.keepsSystemPrompt;
}

/** A longer text, which a schema makes, is in the prompt alone: this one can be an argument. */
const LONGEST_SYSTEM_TEXT = 32 * 1024;

function systemText(text: string | undefined): string | undefined {
  return text !== undefined && text.length <= LONGEST_SYSTEM_TEXT ? text : undefined;
}

function joined(...texts: (string | undefined)[]): string | undefined {
  return texts.filter((text) => text !== undefined).join("\n\n") || undefined;
}
