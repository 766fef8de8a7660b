/**
 * From what the caller typed to what will run: provider, model, workspace, prompt. Everything that
 * can be refused is refused here, before anything is started or written.
 */
import { type Config, loadConfig } from "../config/config.ts";
import { type ZagPaths, zagPaths } from "../config/paths.ts";
import { type Project, resolveProject } from "../config/project.ts";
import type { Host } from "../host.ts";
import type { Provider } from "../providers/provider.ts";
import { loadProvider, PROVIDER_NAMES } from "../providers/registry.ts";
import type { SessionRecord } from "../sessions/records.ts";
import type { SessionStore } from "../sessions/store.ts";
import { SessionNotFoundError } from "../sessions/store_errors.ts";
import { readAttachments } from "./attachments.ts";
import { checkCapabilities } from "./check_capabilities.ts";
import { InvalidOptionError, InvalidProviderError, PrintDisabledError } from "./errors.ts";
import { printGateOpenedBy } from "./gate.ts";
import { contexts, directories, mcpConfig, readPlan } from "./inputs.ts";
import { locate } from "./locate.ts";
import { resolveModel } from "./models.ts";
import type { AgentOptions } from "./options.ts";
import { composePrompt } from "./prompt.ts";
import { checkWorkspace, discover, findResumed, type ResumeTarget } from "./resume_target.ts";

/** What a launch is asked to do. */
export interface SettleRequest {
  command: "exec" | "run";
  options: AgentOptions;
  prompt: string | undefined;
  resume: ResumeTarget | undefined;
  /** Messages will arrive while the agent runs. */
  streamInput: boolean;
  /** Put before the prompt: what the answer must look like. */
  jsonInstructions?: string;
}

/** Everything that is decided before an agent starts. */
export interface Settled {
  command: "exec" | "run";
  options: AgentOptions;
  provider: Provider;
  /** Absolute path of the provider's program; undefined for a built-in provider. */
  program: string | undefined;
  /** Value of the model flag; undefined when none is passed. */
  model: string | undefined;
  /** What is shown and stored as the model. */
  modelName: string;
  systemPrompt: string | undefined;
  autoApprove: boolean;
  maxTurns: number | undefined;
  mcpConfig: string | undefined;
  addDirs: readonly string[];
  sessionId: string;
  /** The session that goes on; undefined for a new one. */
  resumed: SessionRecord | undefined;
  /** A session of the CLI's own that zag did not start and now goes on with. */
  discovered: { id: string; source: string } | undefined;
  project: Project;
  /** Where the agent starts, absolute. */
  cwd: string;
  /** What the session is about, absolute: the root, else the checkout around `cwd`. */
  workspace: string;
  /** As typed. */
  prompt: string | undefined;
  /** As sent. */
  composedPrompt: string | undefined;
  paths: ZagPaths;
  /** Notes for `--debug` about how it was decided. */
  notes: readonly string[];
  /** Options that this provider does not know and that do no harm. */
  warnings: readonly string[];
}

/** Decides. `store` is undefined when the index cannot be used; resuming is then impossible. */
export async function settle(
  request: SettleRequest,
  host: Host,
  store: SessionStore | undefined,
): Promise<Settled> {
  const { options } = request;
  const paths = zagPaths(host.env);
  const notes: string[] = [];
  const project = await resolveProject({
    ...(options.root === undefined ? {} : { root: options.root }),
    cwd: host.cwd,
  });
  const globalConfig = await loadConfig([paths.globalConfig]);
  const config: Config = project.key === undefined
    ? globalConfig
    : { ...globalConfig, ...await loadConfig([paths.projectConfig(project.key)]) };
  const known = request.resume && findResumed(request.command, request.resume, store, project);
  const resumed = known instanceof SessionNotFoundError ? undefined : known;
  const provider = await chooseProvider(options, config, resumed);
  const discovered = known instanceof SessionNotFoundError
    ? await discover(known, provider, paths, project, host)
    : undefined;
  const warnings = checkCapabilities(request, provider);
  const program = await locate(provider, options.provider !== undefined || !!resumed, host);
  if (request.command === "exec" && provider.capabilities.tokenBilledPrint) {
    const opened = printGateOpenedBy(host.env, globalConfig);
    if (opened === undefined) {
      throw new PrintDisabledError(provider.name, globalConfig["claude.allow_print"] === false);
    }
    notes.push(`non-interactive use is allowed by ${opened}`);
  }
  const wanted = options.model ?? resumedModel(resumed) ??
    config[`models.${provider.name}` as keyof Config] as string | undefined ??
    config["defaults.model"];
  const model = resolveModel(wanted, provider.name, provider.models);
  const cwd = resumed?.cwd ?? project.workspace;
  if (resumed) await checkWorkspace(resumed, cwd);
  const composedPrompt = composePrompt({
    prompt: request.prompt,
    attachments: await readAttachments(options.files ?? [], host.cwd),
    plan: options.plan === undefined ? undefined : await readPlan(options.plan, host.cwd),
    context: await contexts(options.context ?? [], store),
    jsonInstructions: request.jsonInstructions,
  });
  return {
    command: request.command,
    options,
    provider,
    program,
    model,
    modelName: model ?? provider.models.defaultName,
    systemPrompt: options.systemPrompt ?? config["defaults.system_prompt"],
    autoApprove: options.autoApprove === true || config["defaults.auto_approve"] === true,
    maxTurns: options.maxTurns ?? config["defaults.max_turns"],
    mcpConfig: await mcpConfig(options.mcpConfig, host.cwd),
    addDirs: await directories(options.addDirs ?? [], host.cwd),
    sessionId: resumed?.sessionId ?? discovered?.id ?? options.sessionId ??
      crypto.randomUUID(),
    resumed,
    discovered,
    project,
    cwd,
    workspace: resumed?.workspacePath ??
      (options.root === undefined ? project.checkout : undefined) ?? project.workspace,
    prompt: request.prompt,
    composedPrompt,
    paths,
    notes,
    warnings,
  };
}

/** A session goes on with its own model; `default` stands for the CLI's own choice. */
function resumedModel(resumed: SessionRecord | undefined): string | undefined {
  return resumed?.model ?? undefined;
}

async function chooseProvider(
  options: AgentOptions,
  config: Config,
  resumed: SessionRecord | undefined,
): Promise<Provider> {
  const name = options.provider ?? resumed?.provider ?? config["defaults.provider"] ?? "claude";
  const provider = await loadProvider(name);
  if (!provider) throw new InvalidProviderError(name, PROVIDER_NAMES);
  if (resumed && provider.name !== resumed.provider) {
    throw new InvalidOptionError(
      `Cannot resume session "${resumed.sessionId}" with ${provider.name}: it belongs to ${resumed.provider}`,
    );
  }
  return provider;
}
