/**
 * From what the caller typed to what will run: provider, model, workspace, prompt. Everything that
 * can be refused is refused here, before anything is started or written.
 */
import { isAbsolute, join } from "node:path";
import { type Config, loadConfig } from "../config/config.ts";
import { checkId, type ZagPaths, zagPaths } from "../config/paths.ts";
import { type Project, resolveProject } from "../config/project.ts";
import type { Host } from "../host.ts";
import { findProgram } from "../processes/which.ts";
import type { Provider } from "../providers/provider.ts";
import { loadProvider, PROVIDER_NAMES, TIERS } from "../providers/registry.ts";
import { resultOf } from "../sessions/log_reader.ts";
import type { SessionRecord } from "../sessions/records.ts";
import type { SessionStore } from "../sessions/store.ts";
import { SessionNotFoundError } from "../sessions/store_errors.ts";
import { type Attachment, readAttachments } from "./attachments.ts";
import {
  InvalidOptionError,
  InvalidProviderError,
  PrintDisabledError,
  type ProviderAttempt,
  ProviderUnavailableError,
  UnsupportedOptionError,
} from "./errors.ts";
import { printGateOpenedBy } from "./gate.ts";
import { resolveModel } from "./models.ts";
import type { AgentOptions } from "./options.ts";
import { composePrompt } from "./prompt.ts";

/** Which session goes on. */
export type ResumeTarget = { id: string } | { latest: true };

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
  const known = request.resume && findResumed(request, request.resume, store, project);
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
    attachments: await attachments(options, host),
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

function findResumed(
  request: SettleRequest,
  target: ResumeTarget,
  store: SessionStore | undefined,
  project: Project,
): SessionRecord | SessionNotFoundError {
  if (!store) throw new InvalidOptionError("Cannot resume: the session index cannot be read");
  if ("id" in target) {
    try {
      return notRunning(store.resolve(target.id, { project: project.key ?? null }), store);
    } catch (error) {
      // The provider may know it; which one that is has not been decided yet.
      if (error instanceof SessionNotFoundError) return error;
      throw error;
    }
  }
  const latest = store.latestSession({
    project: project.key ?? null,
    ...(request.command === "run" ? { command: "run" } : {}),
  });
  if (!latest) {
    throw new InvalidOptionError(
      `Cannot continue: no ${request.command === "run" ? "interactive " : ""}session of this ` +
        "project is known",
      { hint: "start one, or name it with --resume" },
    );
  }
  return notRunning(latest, store);
}

function notRunning(session: SessionRecord, store: SessionStore): SessionRecord {
  store.checkNotRunning(session.sessionId);
  return session;
}

/** A session that the CLI keeps although zag did not start it. */
async function discover(
  missing: SessionNotFoundError,
  provider: Provider,
  paths: ZagPaths,
  project: Project,
  host: Host,
): Promise<{ id: string; source: string }> {
  const id = checkId(missing.reference);
  const files = provider.transcript?.paths({
    sessionId: id,
    cwd: project.workspace,
    home: paths.userHome ?? "",
    env: host.env.toObject(),
  }) ?? [];
  for (const source of files) {
    if (await Deno.stat(source).then((info) => info.isFile, () => false)) return { id, source };
  }
  throw missing;
}

/** Refuses what the provider cannot do; returns warnings about what it will not notice. */
function checkCapabilities(request: SettleRequest, provider: Provider): string[] {
  const { options } = request;
  const can = provider.capabilities;
  const warnings: string[] = [];
  const refuse = (feature: string, hint?: string) => {
    throw new UnsupportedOptionError(
      feature,
      provider.name,
      `Cannot use ${feature} with ${provider.displayName}: it has no such feature`,
      hint,
    );
  };
  if (request.resume && !can.resume) refuse("--resume");
  if (request.command === "run" && !can.interactive) refuse("run", 'use "zag exec"');
  if (options.outputFormat === "native-json" && !can.nativeJson) {
    refuse("-o native-json", "use -o json, which has one form for every provider");
  }
  if (options.systemPrompt !== undefined && !can.systemPrompt) refuse("--system-prompt");
  if (options.maxTurns !== undefined && !can.maxTurns) refuse("--max-turns");
  if ((options.addDirs?.length ?? 0) > 0 && !can.addDirs) refuse("--add-dir");
  if (request.streamInput && !can.streamInput) refuse("-i stream-json");
  const harmless: [boolean, boolean, string][] = [
    [options.replayUserMessages === true, can.replayUserMessages, "--replay-user-messages"],
    [options.includePartialMessages === true, can.partialMessages, "--include-partial-messages"],
    [options.mcpConfig !== undefined, can.mcpConfig, "--mcp-config"],
    [options.size !== undefined, can.sizes, "--size"],
  ];
  for (const [used, supported, flag] of harmless) {
    if (used && !supported) warnings.push(`${flag} has no effect with ${provider.displayName}`);
  }
  return warnings;
}

async function locate(
  provider: Provider,
  pinned: boolean,
  host: Host,
): Promise<string | undefined> {
  if (!provider.binary) return undefined;
  const find = (name: string) =>
    findProgram(name, {
      path: host.env.get("PATH") ?? "",
      pathExt: host.env.get("PATHEXT"),
      cwd: host.cwd,
    });
  const program = await find(provider.binary.name);
  if (program !== undefined) return program;
  const attempts: ProviderAttempt[] = [];
  const names = pinned ? [provider.name] : [...new Set([provider.name, ...TIERS])];
  for (const name of names) {
    const candidate = name === provider.name ? provider : await loadProvider(name);
    if (!candidate?.binary) continue;
    attempts.push({
      provider: candidate.name,
      displayName: candidate.displayName,
      reason: `there is no program "${candidate.binary.name}" on PATH`,
      install: candidate.binary.install,
    });
  }
  throw new ProviderUnavailableError(provider.name, attempts);
}

async function checkWorkspace(resumed: SessionRecord, cwd: string): Promise<void> {
  const info = await Deno.stat(cwd).catch(() => undefined);
  if (!info?.isDirectory) {
    throw new InvalidOptionError(
      `Cannot resume session "${resumed.sessionId}": its directory "${cwd}" is gone`,
    );
  }
}

async function attachments(options: AgentOptions, host: Host): Promise<Attachment[]> {
  return await readAttachments(options.files ?? [], host.cwd);
}

async function readPlan(path: string, cwd: string): Promise<string> {
  try {
    return await Deno.readTextFile(isAbsolute(path) ? path : join(cwd, path));
  } catch (error) {
    throw new InvalidOptionError(`Cannot read the plan "${path}": ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

async function contexts(
  ids: readonly string[],
  store: SessionStore | undefined,
): Promise<{ sessionId: string; result: string }[]> {
  const found: { sessionId: string; result: string }[] = [];
  for (const id of ids) {
    if (!store) throw new InvalidOptionError("Cannot use --context: the session index is gone");
    const session = store.resolve(id);
    const result = session.logPath !== null ? await resultOf(session.logPath) : undefined;
    if (result === undefined) {
      throw new InvalidOptionError(
        `Cannot use session "${session.sessionId}" as context: it has no result`,
      );
    }
    found.push({ sessionId: session.sessionId, result });
  }
  return found;
}

async function mcpConfig(given: string | undefined, cwd: string): Promise<string | undefined> {
  if (given === undefined) return undefined;
  if (given.trimStart().startsWith("{")) {
    try {
      JSON.parse(given);
    } catch (error) {
      throw new InvalidOptionError(`Cannot use --mcp-config: ${(error as Error).message}`);
    }
    return given;
  }
  const path = isAbsolute(given) ? given : join(cwd, given);
  try {
    JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    throw new InvalidOptionError(`Cannot use --mcp-config "${given}": ${reasonOf(error)}`, {
      cause: error,
    });
  }
  return path;
}

async function directories(dirs: readonly string[], cwd: string): Promise<string[]> {
  const found: string[] = [];
  for (const dir of dirs) {
    const path = isAbsolute(dir) ? dir : join(cwd, dir);
    const info = await Deno.stat(path).catch(() => undefined);
    if (!info?.isDirectory) {
      throw new InvalidOptionError(`Cannot use --add-dir "${dir}": there is no such directory`);
    }
    found.push(path);
  }
  return found;
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "it may not be read";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  return error instanceof Error ? error.message : String(error);
}
