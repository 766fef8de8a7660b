/**
 * Starts sessions in the background. Everything that can be refused is refused here; then the session
 * and its run are recorded, and a zag of its own, without any terminal, goes on with them.
 *
 * @module
 */
import { AUTO, withoutAuto } from "../agent/choose_provider.ts";
import type { AgentOptions } from "../agent/options.ts";
import { RunRecord, type RunToRecord } from "../agent/run_record.ts";
import { settle, type Settled } from "../agent/settle.ts";
import { ensurePrivateDir } from "../config/paths.ts";
import { ZagError } from "../errors.ts";
import type { Host } from "../host.ts";
import { selfCommand, setEntry } from "../processes/self.ts";
import { startSubprocess } from "../processes/subprocess.ts";
import { dirname } from "node:path";
import { SessionLog } from "../sessions/log.ts";
import type { SessionRecord } from "../sessions/records.ts";
import type { SessionStore } from "../sessions/store.ts";
import { writeRequest } from "./background_request.ts";

/** A session that is to run in the background. */
export interface SpawnRequest {
  readonly options: AgentOptions;
  readonly prompt: string | undefined;
  /** Sessions that must have completed before it starts, each once. */
  readonly dependencies: readonly SessionRecord[];
  /** The results of {@linkcode SpawnRequest.dependencies} are put before the prompt. */
  readonly injectContext: boolean;
  /** It takes messages until it is cancelled. */
  readonly interactive: boolean;
  /** The session that this one tries again. */
  readonly retriedFrom?: string | undefined;
}

/** A session that runs in the background. */
export interface SpawnedSession {
  readonly sessionId: string;
  /** The zag that looks after it. */
  readonly pid: number;
  readonly logPath: string;
  readonly interactive: boolean;
}

/** What is told while a session is started. */
export interface SpawnObserver {
  warning?(message: string): void;
  debug?(message: string): void;
}

/** Name of the hidden command that looks after a session in the background. */
export const BACKGROUND_COMMAND = "background";

/**
 * Starts a session in the background.
 *
 * @throws {ZagError} when it cannot be started; nothing is recorded then, or it is recorded as failed
 */
export async function spawnSession(
  store: SessionStore,
  request: SpawnRequest,
  host: Host,
  observer: SpawnObserver = {},
): Promise<SpawnedSession> {
  const { prompt, injectContext, interactive } = request;
  const options: AgentOptions = { ...request.options, sessionId: crypto.randomUUID() };
  const settled = await settleToSpawn(options, prompt, store, host, observer);
  const { paths, sessionId, provider } = settled;
  const processId = crypto.randomUUID();
  const launchFiles = paths.launchFiles(processId);
  ensurePrivateDir(launchFiles);
  try {
    writeRequest(launchFiles, {
      sessionId,
      processId,
      options,
      prompt,
      injectContext,
      interactive,
    });
    const logPath = record(store, { processId, settled, origin: originOf(request) }, host);
    const pid = start(store, settled, processId, host);
    observer.debug?.(`${provider.displayName} is started by process ${pid}`);
    return { sessionId, pid, logPath, interactive };
  } catch (error) {
    await Deno.remove(launchFiles, { recursive: true }).catch(() => {});
    const { closeRun } = await import("../agent/close_run.ts");
    const reason = error instanceof Error ? error.message : String(error);
    await closeRun(store, paths, processId, { outcome: "failure", error: reason });
    throw error;
  }
}

/** Decides as far as that needs no agent; the session itself does it again when it starts. */
async function settleToSpawn(
  options: AgentOptions,
  prompt: string | undefined,
  store: SessionStore,
  host: Host,
  observer: SpawnObserver,
): Promise<Settled> {
  const { provider, model, ...rest } = options;
  const known: AgentOptions = { ...rest };
  const isAuto = withoutAuto(provider) !== provider || withoutAuto(model) !== model;
  if (!isAuto && provider !== undefined) known.provider = provider;
  if (!isAuto && model !== undefined) known.model = model;
  const settled = await settle(
    {
      command: "exec",
      options: known,
      prompt,
      resume: undefined,
      streamInput: false,
      observer,
    },
    host,
    store,
  );
  for (const warning of settled.warnings) observer.warning?.(warning);
  for (const note of settled.notes) observer.debug?.(note);
  // Who chooses is an agent, and the id is wanted at once.
  return isAuto
    ? { ...settled, provider: { ...settled.provider, name: AUTO }, modelName: AUTO, options }
    : { ...settled, options };
}

function originOf(request: SpawnRequest): RunToRecord["origin"] {
  return {
    command: request.interactive ? "interactive" : "exec",
    dependencies: request.dependencies.map(({ sessionId }) => sessionId),
    interactive: request.interactive,
    ...(request.retriedFrom === undefined ? {} : { retriedFrom: request.retriedFrom }),
  };
}

/** Session, run and log; this process owns them until another one is started. */
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
  using log = SessionLog.create({
    path: logPath,
    provider: provider.name,
    sessionId,
    nativeId: undefined,
    now: () => at,
  });
  log.append(books.reservation(session));
  if (log.failure) {
    throw new ZagError(`Cannot start session "${sessionId}": ${log.failure.message}`);
  }
  return logPath;
}

/** Starts the zag that goes on; from then on the run belongs to it. */
function start(store: SessionStore, settled: Settled, processId: string, host: Host): number {
  if (host.entry !== undefined) setEntry(host.entry);
  const self = selfCommand();
  const other = host.env.get("ZAG_BIN");
  const [program, args] = other ? [other, []] : [self.program, self.args];
  const child = startSubprocess({
    program,
    args: [...args, BACKGROUND_COMMAND, settled.sessionId, processId],
    env: backgroundEnvironment(host, { ...self.env, ZAG_HOME: settled.paths.home }),
    cwd: host.cwd,
    detached: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
  child.unref();
  store.setProcessOwner(processId, child.pid, child.identity.startTime);
  return child.pid;
}

/** Who has started the session is recorded; it must not end because that one does. */
function backgroundEnvironment(
  host: Host,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const env: Record<string, string> = { ...own, ...host.env.toObject() };
  for (const name of ["ZAG_PROCESS_ID", "ZAG_SESSION_ID", "ZAG_SESSION_NAME"]) delete env[name];
  return env;
}
