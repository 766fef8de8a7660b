/**
 * Goes on with a session that waits for the end of a usage limit, and whose own zag is gone: with the
 * settings that it was started with, as far as they are recorded.
 *
 * @module
 */
import { closeRun } from "../agent/close_run.ts";
import { answerChecker } from "../agent/json_answer.ts";
import { launchJson } from "../agent/launch_json.ts";
import { readLaunch, type RecordedLaunch } from "../agent/launch_record.ts";
import type { LaunchObserver, LaunchRequest } from "../agent/launch_request.ts";
import type { LaunchOptions } from "../agent/launch_options.ts";
import { type Given, keptGiven } from "../agent/limit_path.ts";
import type { LaunchOutcome } from "../agent/outcome.ts";
import { envToday } from "../agent/recorded_env.ts";
import { waitingRun } from "../agent/resume_stray.ts";
import { lockRun } from "../agent/run_lock.ts";
import { settle } from "../agent/settle.ts";
import { StillWaiting } from "../agent/still_waiting.ts";
import { goOnWaiting } from "../agent/through_limits.ts";
import { wholeMessage } from "../agent/whole_message.ts";
import { ensurePrivateDir, type ZagPaths, zagPaths } from "../config/paths.ts";
import { ZagError } from "../errors.ts";
import type { Host } from "../host.ts";
import { compileSchema } from "../json/schema.ts";
import { isAlive, selfIdentity } from "../processes/process_table.ts";
import { holdsRedaction } from "../redact/redact.ts";
import { firstPrompt } from "../sessions/first_prompt.ts";
import { appendTo, ownLog } from "../sessions/own_log.ts";
import type { PendingResume, SessionRecord } from "../sessions/records.ts";
import { ownerOf } from "../sessions/run_status.ts";
import { ownerMeta } from "../sessions/session_meta.ts";
import type { SessionStore } from "../sessions/store.ts";
import { wholeLaunch } from "../sessions/whole_launch.ts";
import { endOf } from "./after_dependencies.ts";

/** What going on needs of the world. */
export interface ResumeAccess {
  /** The index. */
  readonly store: SessionStore;
  readonly host: Host;
  readonly observer?: LaunchObserver | undefined;
  /** Ends the session, be it that it waits or that its agent works. */
  readonly signal?: AbortSignal | undefined;
  /**
   * The session waits on when a signal of the machine ends this process while it waits.
   *
   * @default false
   */
  readonly staysWaiting?: boolean;
  /** The session, so that one whose wait was cancelled before this process began can be closed. */
  readonly sessionId?: string | undefined;
}

/**
 * Takes a session over that waits, waits until its limit is over, and sees it to its end. Its books are
 * closed then, whatever happens, unless it is to wait on.
 *
 * @param incidentId The limit.
 * @returns How the session ended; undefined when another process looks after it, or nothing waits.
 * @throws {StillWaiting} when this process is to end, and the session waits on
 * @throws {ZagError} when it could not be gone on with; its books say so, too
 */
export async function goOnWithWaiting(
  access: ResumeAccess,
  incidentId: string,
): Promise<LaunchOutcome | undefined> {
  const { store, host } = access;
  const paths = zagPaths(host.env);
  const taken = await takeOver(store, paths, incidentId);
  if (!taken) {
    await closeCancelled(store, paths, access.sessionId);
    return undefined;
  }
  const { processId, session, directory, waits } = taken;
  let isOver = true;
  try {
    return await goOn(access, taken);
  } catch (error) {
    if (error instanceof StillWaiting) {
      isOver = false;
      throw error;
    }
    const known = endOf(error);
    const end = known.outcome === "failure" ? { ...known, error: wholeMessage(error) } : known;
    if (store.resumes.remove(incidentId)) {
      const { attempt } = waits;
      tell(store, paths, session, {
        type: "usage_limit_resume_failed",
        incident_id: incidentId,
        error: end.error ?? "",
        attempt,
      });
    }
    await closeRun(store, paths, processId, end);
    throw error;
  } finally {
    if (isOver) await Deno.remove(directory, { recursive: true }).catch(() => {});
  }
}

/** A session that waits, in the hands of this process. */
interface Taken {
  readonly processId: string;
  /** Its agent is to hand in a result, in an interface that nobody sees: no other `run` waits. */
  readonly handsIn: boolean;
  readonly session: SessionRecord;
  readonly waits: PendingResume;
  /** Private directory of the run. */
  readonly directory: string;
}

/** Takes the lease, once whoever has started this process is done with it. */
async function takeOver(
  store: SessionStore,
  paths: ZagPaths,
  incidentId: string,
): Promise<Taken | undefined> {
  const known = store.resumes.get(incidentId);
  const { id: processId } = known ? store.processesOf(known.sessionId)[0] ?? {} : {};
  if (processId === undefined) return undefined;
  const directory = paths.launchFiles(processId);
  using _lock = await lockRun(directory);
  const run = store.getProcess(processId);
  const waiting = run?.status === "running" ? waitingRun(store, run) : undefined;
  if (!waiting || waiting.waits.incidentId !== incidentId) return undefined;
  const self = selfIdentity();
  const owner = ownerOf(waiting.run);
  const isMine = owner?.pid === self.pid && owner.startTime === self.startTime;
  if (owner && !isMine && isAlive(owner)) return undefined;
  const { session, waits } = waiting;
  ensurePrivateDir(directory);
  const isTaken = store.atOnce(() =>
    store.resumes.claim(incidentId, self) &&
    store.setProcessOwner(processId, self.pid, self.startTime)
  );
  if (!isTaken) return undefined;
  if (!isMine) {
    const meta = ownerMeta({ id: processId, pid: self.pid, start: self.startTime });
    tell(store, paths, session, { type: "session_meta", meta });
  }
  return { processId, handsIn: waiting.run.command === "run", session, waits, directory };
}

/** A session that this process was to look after, and that waits for nothing any more. */
async function closeCancelled(
  store: SessionStore,
  paths: ZagPaths,
  sessionId: string | undefined,
): Promise<void> {
  const run = sessionId === undefined ? undefined : store.processesOf(sessionId)[0];
  if (run?.status !== "running" || store.resumes.ofSession(sessionId!)) return;
  const owner = ownerOf(run);
  const self = selfIdentity();
  if (owner?.pid !== self.pid || owner.startTime !== self.startTime) return;
  const error = "It hit a usage limit, and its wait for the end of that was cancelled";
  await closeRun(store, paths, run.id, { outcome: "failure", error, reason: "usage_limit" });
  await Deno.remove(paths.launchFiles(run.id), { recursive: true }).catch(() => {});
}

/** A log that cannot be written keeps nobody from going on. */
function tell(
  store: SessionStore,
  paths: ZagPaths,
  session: SessionRecord,
  kind: Parameters<typeof appendTo>[2][number],
): void {
  if (session.logPath === null) return;
  try {
    appendTo(ownLog(store, paths, session), session, [kind]);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
  }
}

async function goOn(access: ResumeAccess, taken: Taken): Promise<LaunchOutcome> {
  const { store, observer } = access;
  const launch = launchOf(taken.session);
  const request = await requestFor(access, taken, launch);
  const host = request.host!;
  const run = { processId: taken.processId, directory: taken.directory };
  const first = async (request: LaunchRequest) => {
    const wanted = await settle(request, host, store);
    for (const warning of wanted.warnings) observer?.warning?.(warning);
    return await goOnWaiting(request, wanted, { host, store, run }, taken.waits);
  };
  if (!launch.json || taken.handsIn) return await first(request);
  const { schema } = launch.json;
  const checker = answerChecker(schema === undefined ? undefined : await compileSchema(schema));
  const { outcome } = await launchJson(request, checker, undefined, first);
  return outcome;
}

function launchOf(session: SessionRecord): RecordedLaunch {
  const whole = wholeLaunch(session);
  if (!whole) throw cannotGoOn(session, "was not kept whole, and its log is gone");
  // What was sent is needed only by an agent that has forgotten it.
  const { composed_prompt: prompt, ...needed } = whole;
  if (holdsRedaction(needed)) throw cannotGoOn(session, "held a secret, which is not kept");
  return readLaunch(holdsRedaction(prompt) ? needed : whole);
}

function cannotGoOn({ sessionId }: SessionRecord, why: string): ZagError {
  return new ZagError(
    `Cannot go on with session "${sessionId}": what it was started with ${why}`,
    { hint: `Go on with it by hand: zag exec --resume ${sessionId}` },
  );
}

/** What the session was started with, for its next run. */
async function requestFor(
  access: ResumeAccess,
  taken: Taken,
  launch: RecordedLaunch,
): Promise<LaunchRequest> {
  const { processId, session, directory, waits, handsIn } = taken;
  const { sessionId, logPath, providerSessionId } = session;
  const prompt = logPath === null ? undefined : await firstPrompt(logPath);
  const { env, entry, timers } = access.host;
  const { signal, observer } = access;
  const forgotten = providerSessionId === null;
  const options = optionsFor(access, session, directory, launch);
  return {
    ...(handsIn
      ? {
        command: "run",
        terminal: "private",
        exit: session.exit ?? { hint: null, jsonMode: false },
        // Nothing else works without a terminal.
        options: { ...options, autoApprove: true },
      }
      : { command: "exec", options }),
    // Only an agent that has kept nothing of the session is told this again.
    prompt: prompt && !prompt.cut && !holdsRedaction(prompt.text) ? prompt.text : undefined,
    replay: {
      withoutDefaults: launch.cwd !== undefined,
      prompt: launch.prompt,
      inputs: launch.inputs,
    },
    resume: { id: sessionId, from: { processId, exitCode: null, forgotten } },
    streamInput: false,
    adopted: { processId, session, directory },
    spentMs: waits.spentMs,
    staysWaiting: access.staysWaiting === true,
    // Nobody who wanted no log gets one.
    ...(logPath === null && { log: "off" as const }),
    ...(signal && { signal }),
    ...(observer && { observer }),
    host: {
      env,
      cwd: launch.cwd ?? session.cwd,
      now: () => access.host.now(),
      ...(entry !== undefined && { entry }),
      ...(timers && { timers }),
    },
  };
}

/** The options of then, but for those that the session itself knows, or that stand in its prompt. */
function optionsFor(
  { host }: ResumeAccess,
  { sessionId, cwd }: SessionRecord,
  directory: string,
  launch: RecordedLaunch,
): LaunchOptions {
  const { provider: _p, model: _m, size: _s, files: _f, plan: _l, ...rest } = launch.options;
  // Only the last of those waits that may have it.
  const { context: _c, fallback: _b, root, ...options } = rest;
  const given = keptGiven(directory);
  const { env, unset } = given.env ? { env: given.env, unset: [] } : envToday(launch.env, host.env);
  if (unset.length > 0) throw unsetError(sessionId, unset);
  return {
    ...options,
    ...(root !== undefined && { root: launch.cwd === undefined ? cwd : root }),
    ...(Object.keys(env).length > 0 && { env }),
    ...(launch.mcpInline && { mcpConfig: inlineMcp(sessionId, given) }),
    autoResume: true,
  };
}

/** An agent that goes without a variable may do something else than what it was asked for. */
function unsetError(sessionId: string, unset: readonly string[]): ZagError {
  const one = unset.length === 1;
  const again = unset.map((name) => `--env ${name}=...`).join(" ");
  return new ZagError(
    `Cannot go on with session "${sessionId}": the values of --env, which may hold secrets, are gone ` +
      `with the zag that began it, and ${unset.join(", ")} ${
        one ? "is" : "are"
      } not set in the environment of the ` +
      "zag that has taken its place",
    { hint: `Go on with it by hand: zag exec --resume ${sessionId} ${again} "Continue"` },
  );
}

function inlineMcp(sessionId: string, { mcpConfig }: Given): string {
  if (mcpConfig !== undefined) return mcpConfig;
  throw new ZagError(
    `Cannot go on with session "${sessionId}": its MCP servers were given as JSON, which may hold ` +
      "secrets, and is gone",
    { hint: "Start it anew, with --mcp-config and the path of a file" },
  );
}
