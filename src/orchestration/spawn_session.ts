/**
 * Starts sessions in the background. Everything that can be refused is refused here; then the session
 * and its run are recorded, and a zag of its own, without any terminal, goes on with them.
 *
 * @module
 */
import { AUTO, isAuto } from "../agent/choose_provider.ts";
import { configAt } from "../agent/configured_provider.ts";
import { OptionUsageError } from "../agent/errors.ts";
import type { LaunchOptions } from "../agent/launch_options.ts";
import { wishOf } from "../agent/place.ts";
import { lockRun } from "../agent/run_lock.ts";
import { RunRecord, type RunToRecord } from "../agent/run_record.ts";
import { type Replay, settle, type Settled, type SettleRequest } from "../agent/settle.ts";
import { ensurePrivateDir } from "../config/paths.ts";
import { delay } from "../delay.ts";
import { ZagError } from "../errors.ts";
import type { Host } from "../host.ts";
import { armNotice } from "../notify/notify.ts";
import { removePipe } from "../processes/named_pipe.ts";
import type { ProcessIdentity } from "../processes/process_info.ts";
import { isAlive } from "../processes/process_table.ts";
import { SpawnError, type Subprocess } from "../processes/subprocess.ts";
import { dirname } from "node:path";
import { dependencyCycle } from "../sessions/dependencies.ts";
import { LogAppender } from "../sessions/log.ts";
import type { SessionRecord } from "../sessions/records.ts";
import type { SessionStore } from "../sessions/store.ts";
import { type BackgroundRequest, writeRequest } from "./background_request.ts";
import { startZag } from "../processes/start_zag.ts";

/** A session that is to run in the background. */
export interface SpawnRequest {
  readonly options: LaunchOptions;
  readonly prompt: string | undefined;
  /** Sessions that must have completed before it starts, each once. */
  readonly dependencies: readonly SessionRecord[];
  /** The results of {@linkcode SpawnRequest.dependencies} are put before the prompt. */
  readonly injectContext: boolean;
  /** It takes messages until it is cancelled. */
  readonly interactive: boolean;
  /** The session that this one tries again. */
  readonly retriedFrom?: string | undefined;
  /** What is as it was in that session. */
  readonly replay?: Replay | undefined;
  /** The answer must be JSON, which matches the schema unless that is undefined. */
  readonly json?: { readonly schema: unknown } | undefined;
}

/** A session that runs in the background. */
export interface SpawnedSession {
  /** zag's own id of it. */
  readonly sessionId: string;
  /** The zag that looks after it. */
  readonly pid: number;
  /** Absolute path of its log. */
  readonly logPath: string;
  /** It takes messages until it is closed or cancelled. */
  readonly interactive: boolean;
}

/** What is told while a session is started. */
export interface SpawnObserver {
  warning?(message: string): void;
  debug?(message: string): void;
}

/** Name of the hidden command that looks after a session in the background. */
export const BACKGROUND_COMMAND = "background";

/** Name of the provider that is there for "auto" until somebody has chosen. */
const PLACEHOLDER = "mock";

/**
 * Starts a session in the background.
 *
 * @throws {OptionUsageError} when the request contradicts itself; nothing is recorded then
 * @throws {ZagError} when it cannot be started; nothing is recorded then, or it is recorded as failed
 */
export async function spawnSession(
  store: SessionStore,
  request: SpawnRequest,
  host: Host,
  observer: SpawnObserver = {},
): Promise<SpawnedSession> {
  const { prompt, injectContext, interactive } = request;
  checkSpawn({ ...request, plan: request.options.plan });
  refuseCycle(store, request.dependencies);
  const options: LaunchOptions = { ...request.options, sessionId: crypto.randomUUID() };
  const settled = await settleToSpawn(request, options, store, host, observer);
  const { paths, sessionId, provider } = settled;
  const isolation = settled.isolation ?? wishOf(options);
  if (isolation) {
    const { checkIsolation } = await import("../agent/isolate.ts");
    await checkIsolation(isolation, settled, host, store);
  }
  const pipes = interactive ? await import("./message_pipe.ts") : undefined;
  pipes?.checkTakesMessages(provider);
  const processId = crypto.randomUUID();
  const run = { processId, settled, origin: originOf(request) };
  const launchFiles = paths.launchFiles(processId);
  let child: Subprocess | undefined;
  try {
    ensurePrivateDir(launchFiles);
    // The zag that is started waits until its run is recorded, as one that belongs to it. Nobody ever
    // sees the run in the hands of this program, which is about to end.
    using _lock = await lockRun(launchFiles);
    child = startZag(host, [BACKGROUND_COMMAND, sessionId, processId], {
      stderrFile: paths.spawnLog(sessionId),
    });
    const logPath = record(store, { ...run, owner: child.identity }, host);
    tellEnd(run, logPath, child.identity);
    // Not before: what is recorded is tidied up by others if this program is killed.
    handOver(launchFiles, {
      sessionId,
      processId,
      options,
      prompt,
      injectContext,
      interactive,
      replay: request.replay,
      json: request.json,
    });
    await pipes?.makePipe(paths.fifo(sessionId));
    await checkBegins(child, launchFiles, paths.spawnLog(sessionId));
    observer.debug?.(`${provider.displayName} is started by process ${child.pid}`);
    return { sessionId, pid: child.pid, logPath, interactive };
  } catch (error) {
    child?.kill("SIGKILL");
    // What it may still be writing is removed next.
    if (child) await Promise.race([child.exit, delay(DIES_WITHIN_MS)]);
    removePipe(paths.fifo(sessionId));
    await Deno.remove(launchFiles, { recursive: true }).catch(() => {});
    const failure = notStarted(error);
    if (error instanceof SpawnError) record(store, run, host);
    const { closeRun } = await import("../agent/close_run.ts");
    const end = { outcome: "failure", error: failure.message } as const;
    await closeRun(store, paths, processId, end).catch(() => {});
    throw failure;
  }
}

/** A zag that cannot begin at all has mostly ended before this program is done with the books. */
const FAILS_WITHIN_MS = 20;

/** Nothing outlives SIGKILL for longer, but for a system that is stuck. */
const DIES_WITHIN_MS = 1000;

/**
 * Looks whether the zag that is to go on is still there, or has begun. If it ends later without having
 * begun, whoever finds it says so in the books.
 */
async function checkBegins(
  { exit, identity }: Subprocess,
  launchFiles: string,
  spawnLog: string,
): Promise<void> {
  let end = await Promise.race([exit, delay(FAILS_WITHIN_MS)]);
  // Where this program stood still meanwhile it hears of the time before it hears of an end.
  if (!end && !isAlive(identity)) end = await exit;
  if (!end) return;
  const { isUnclaimed, lastWords } = await import("../agent/unclaimed.ts");
  if (!isUnclaimed(launchFiles)) return;
  const how = end.signal === null ? `with exit code ${end.code}` : `by ${end.signal}`;
  const words = lastWords(spawnLog);
  throw new NotBegunError(
    `the zag that was to go on ended ${how}, before it began${words ? `: ${words}` : ""}`,
    PROGRAM_HINT,
  );
}

/** Gives the request to the zag that goes on. */
function handOver(launchFiles: string, request: BackgroundRequest): void {
  try {
    writeRequest(launchFiles, request);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new NotBegunError(
      "this program was stopped in the middle of it, and the zag that was to go on has given up",
      "Try again",
    );
  }
}

/** Why nobody goes on with a session that is recorded. */
class NotBegunError extends Error {
  constructor(message: string, readonly hint: string) {
    super(message);
  }
}

const PROGRAM_HINT = "If ZAG_BIN is set, it must name a program that takes the arguments of zag";

/** What the caller is told; a missing permission names its own flag. */
function notStarted(error: unknown): Error {
  const isCause = error instanceof SpawnError || !(error instanceof ZagError);
  if (error instanceof Deno.errors.NotCapable || !isCause) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const hint = error instanceof NotBegunError
    ? error.hint
    : error instanceof SpawnError
    ? PROGRAM_HINT
    : "Make room and make the state directory writable, then try again";
  // Without the cause, which stands for an agent that could not be started.
  return new ZagError(`Cannot start a session in the background: ${reason}`, { hint });
}

/** What can be told of a request without looking anything up. */
export interface SpawnCheck
  extends Pick<SpawnRequest, "prompt" | "injectContext" | "interactive" | "replay" | "json"> {
  /** The plan that is put before the prompt. */
  readonly plan: string | undefined;
  /** The sessions that come first, in whatever form. */
  readonly dependencies: readonly unknown[];
}

/**
 * Refuses a request that contradicts itself, or asks for nothing.
 *
 * @throws {OptionUsageError}
 */
export function checkSpawn(request: SpawnCheck): void {
  const { prompt, plan, dependencies, injectContext, interactive, replay, json } = request;
  if (injectContext && dependencies.length === 0) {
    throw new OptionUsageError(
      "Cannot use --inject-context without --depends-on: there is no result",
    );
  }
  if (interactive && dependencies.length > 0) {
    throw new OptionUsageError(
      "Cannot use --depends-on together with --interactive: such a session answers messages at once",
    );
  }
  if (interactive && json) {
    throw new OptionUsageError(
      "Cannot demand JSON of a session that takes messages: it has no one answer",
    );
  }
  if (prompt !== undefined && prompt.trim() === "" && !replay?.prompt) {
    throw new OptionUsageError("Cannot run an empty prompt: say what to do");
  }
  if (prompt === undefined && plan === undefined && !interactive && !replay?.prompt) {
    throw new OptionUsageError("Missing prompt for spawn: give one, --plan, or --interactive", {
      hint: "- reads the prompt from stdin",
    });
  }
}

/** A circle can be in books that were put together from elsewhere; nothing in it would ever start. */
function refuseCycle(store: SessionStore, dependencies: readonly SessionRecord[]): void {
  const cycle = dependencyCycle(store, dependencies);
  if (!cycle) return;
  throw new ZagError(
    `Cannot depend on session ${JSON.stringify(cycle[0])}: it waits for itself ` +
      `(${cycle.join(" → ")})`,
    { hint: "Cancel one of them with zag cancel, and name others with --depends-on" },
  );
}

/** Decides as far as that needs no agent; the session itself does it again when it starts. */
async function settleToSpawn(
  request: SpawnRequest,
  options: LaunchOptions,
  store: SessionStore,
  host: Host,
  observer: SpawnObserver,
): Promise<Settled> {
  const { provider, model, ...rest } = options;
  const choosesProvider = isAuto(
    provider ?? (await configAt(options.root, host))["defaults.provider"],
  );
  const choosesModel = choosesProvider || isAuto(model);
  // Who chooses is an agent, and the id is wanted at once. This one stands in: it refuses nothing.
  const known: LaunchOptions = { ...rest };
  if (choosesProvider) {
    known.provider = PLACEHOLDER;
    delete known.sandbox;
  } else if (provider !== undefined) known.provider = provider;
  if (!choosesModel && model !== undefined) known.model = model;
  const settling: SettleRequest = {
    command: "exec",
    options: known,
    prompt: request.prompt,
    replay: request.replay,
    ...(request.injectContext && { injected: 0 }),
    ...(request.json && { json: { ...request.json, instructions: () => undefined } }),
    resume: undefined,
    streamInput: false,
    observer,
  };
  const settled = await settle(settling, host, store);
  const { fallback: names = [] } = options;
  if (names.length > 0) {
    const warn = (message: string) => observer.warning?.(message);
    const { checkNames, checkOwn, checkStandIns } = await import("../agent/check_stand_ins.ts");
    // What is started again may belong by now to one of those who went on.
    const isFirst = request.retriedFrom === undefined;
    await checkNames(isFirst ? options : { fallback: names });
    if (isFirst) await checkOwn(options, settled);
    await checkStandIns({ request: settling, first: settled, names, host, warn });
  }
  for (const note of settled.notes) observer.debug?.(note);
  if (choosesProvider) {
    const chosen = { ...settled.provider, name: AUTO, displayName: "An agent" };
    return { ...settled, provider: chosen, modelName: AUTO, options };
  }
  for (const warning of settled.warnings) observer.warning?.(warning);
  return { ...settled, options, ...(choosesModel && { modelName: AUTO }) };
}

function originOf(request: SpawnRequest): RunToRecord["origin"] {
  return {
    command: request.interactive ? "interactive" : "exec",
    dependencies: request.dependencies.map(({ sessionId }) => sessionId),
    interactive: request.interactive,
    ...(request.retriedFrom === undefined ? {} : { retriedFrom: request.retriedFrom }),
  };
}

/** From here on somebody is told how the session ends, whoever closes its books. */
function tellEnd(
  { processId, settled, origin }: RunToRecord,
  logPath: string,
  owner: ProcessIdentity,
): void {
  const { paths, notify: wish, sessionId: id, options, provider, modelName: model } = settled;
  armNotice(paths, {
    run: processId,
    wish,
    owner,
    session: {
      id,
      name: options.name ?? null,
      provider: provider.name,
      model,
      command: origin?.command ?? "exec",
      project: settled.workspace,
      cwd: settled.cwd,
      logPath,
      tells: true,
    },
  });
}

/** Begins the books: session, run and log. Returns the path of the log. */
function record(store: SessionStore, run: RunToRecord, host: Host): string {
  const { paths, project, sessionId, provider } = run.settled;
  const logPath = paths.sessionLog(project.key, sessionId);
  const at = host.now();
  const books = new RunRecord(run, at.toISOString(), host.env, undefined);
  const { startedAt: _, ...session } = books.newSession(logPath, undefined);
  store.atOnce(() => {
    store.addSession(session);
    store.addProcess(books.process(undefined));
  });
  ensurePrivateDir(dirname(logPath));
  using log = LogAppender.create({
    path: logPath,
    provider: provider.name,
    sessionId,
    nativeId: undefined,
    now: () => at,
  });
  log.append(books.reservation(session));
  if (log.failure) throw log.failure;
  return logPath;
}
