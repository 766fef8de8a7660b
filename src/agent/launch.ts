/**
 * One session of one agent, from options to outcome: settle, plan, record, start, follow, finish.
 * Whatever happens on the way, the agent and all that it started are gone at the end, and the log
 * says how it ended.
 */
import { type Host, realHost } from "../host.ts";
import { SpawnError } from "../processes/subprocess.ts";
import type { SessionStore } from "../sessions/store.ts";
import { announceWaiting } from "../sessions/waiting.ts";
import type { Start } from "./drive_request.ts";
import { watchForEnd } from "./end_watch.ts";
import { followAgent } from "./follow_agent.ts";
import { Interrupt } from "./interrupt.ts";
import type { AdoptedRun, LaunchRequest } from "./launch_request.ts";
import { settledFor } from "./log_place.ts";
import { isExhausted } from "./limit_policy.ts";
import { LimitWatch } from "./limit_watch.ts";
import { makePlan } from "./make_plan.ts";
import type { LaunchOutcome } from "./outcome.ts";
import { privateDirectory } from "./private_directory.ts";
import { openRecorder } from "./recorder.ts";
import { settle, type Settled } from "./settle.ts";
import { debugPlan, startPlan } from "./start_plan.ts";
import { openStore } from "./session_access.ts";
import { WaitCancelled } from "./wait_cancelled.ts";
import { watchBudget } from "./watch_budget.ts";
import { guardFile, TranscriptFile } from "./transcript_file.ts";

export type { LaunchObserver, LaunchRequest } from "./launch_request.ts";

/**
 * Runs a session to its end.
 *
 * @throws {ZagError} when nothing could be started. An agent that fails is an outcome, no exception.
 */
export async function launch(request: LaunchRequest): Promise<LaunchOutcome> {
  const host = request.host ?? realHost();
  const observer = request.observer ?? {};
  using store = await openStore(host.env, observer);
  if (request.options.fallback?.length) {
    const access = { host, store: store.open };
    return await (await import("./fail_over.ts")).failOver(request, access);
  }
  const wanted = settledFor(request.log, await settle(request, host, store.open));
  for (const warning of wanted.warnings) observer.warning?.(warning);
  for (const note of wanted.notes) observer.debug?.(note);
  const access = { host, store: store.open };
  if (request.streamInput && !wanted.provider.capabilities.streamInput) {
    return await (await import("./launch_turns.ts")).launchTurns(request, wanted, access);
  }
  return await launchRun(request, wanted, { ...access, run: request.adopted });
}

/**
 * Runs what was settled to its end, also beyond usage limits where the options say so.
 *
 * @throws {ZagError} when nothing could be started.
 */
export async function launchRun(
  request: LaunchRequest,
  wanted: Settled,
  access: LaunchAccess,
): Promise<LaunchOutcome> {
  const waits = wanted.limits?.enabled && access.store && canGoOn(request, wanted);
  // What nobody waits for must not stand in the index as if somebody did.
  if (!waits) return await launchSettled(request, { ...wanted, limits: undefined }, access);
  return await (await import("./through_limits.ts")).throughLimits(request, wanted, access);
}

/** Whether another start of the agent can go on with the session, and nobody else would. */
function canGoOn(
  { terminal }: LaunchRequest,
  { command, provider: { capabilities: can } }: Settled,
): boolean {
  // A person sees the limit in the agent's own interface.
  if (command === "run") return terminal === "private" && can.interactiveResume;
  return can.resume !== false;
}

/** What a launch of something settled needs. */
export interface LaunchAccess {
  readonly host: Host;
  /** Undefined when there is no index. */
  readonly store: SessionStore | undefined;
  /** Whoever called made its id and its private directory, and removes that; absent: made here. */
  readonly run?: Pick<AdoptedRun, "processId" | "directory"> | undefined;
}

/**
 * Runs what was settled to the end of its agent.
 *
 * @throws {ZagError} when nothing could be started.
 */
export async function launchSettled(
  request: LaunchRequest,
  wanted: Settled,
  { host, store, run: own }: LaunchAccess,
): Promise<LaunchOutcome> {
  const { observer = {}, adopted } = request;
  const processId = own?.processId ?? crypto.randomUUID();
  await using temp = own
    ? { path: own.directory, [Symbol.asyncDispose]: () => Promise.resolve() }
    : await privateDirectory(wanted.paths.launchFiles(processId));
  const { budget, settled: budgeted } = await watchBudget(request, wanted, host, store);
  await using apart = budgeted.isolation &&
    await (await import("./isolate.ts")).isolate(budgeted, request, processId, host, store);
  const settled = apart?.settled ?? budgeted;
  const plan = await makePlan(settled, request, apart?.planFiles ?? temp.path, host);
  if (settled.provider.login) {
    await (await import("./login_turn.ts")).takeLoginTurn(settled, host, {
      signal: request.signal,
      warn: (message) => observer.warning?.(message),
    });
  }
  const { log, registration } = request;
  const run = { processId, settled, adopted: adopted?.session, log, registration };
  const recorder = await openRecorder(run, store, host, observer);
  apart?.recorded();
  // The agent that has started this program waits for the one that is started here.
  using _waiting = announceWaiting(settled.paths, host.env.get("ZAG_SESSION_ID"), [
    settled.sessionId,
  ]);
  try {
    const started = await startPlan(plan, settled, recorder, host, apart);
    const file = await TranscriptFile.open(settled, recorder.nativeId, started.env, plan);
    debugPlan(observer, started, settled.options.env ?? {});
    observer.starting?.(settled, recorder.logPath);
    const guard = await guardFile(file, settled, temp.path);
    using ending = watchForEnd(temp.path);
    const asked = [request.signal, ending.signal].filter((each) => each !== undefined);
    const signal = AbortSignal.any(budget ? [...asked, budget.signal] : asked);
    try {
      const watched = { ...request, signal };
      const launchFiles = temp.path;
      const { limits: policy } = settled;
      const goesOn = policy && !isExhausted(policy, request.limitsMet);
      const limits = new LimitWatch(goesOn ? policy : undefined, () => host.now());
      const start: Start = {
        started,
        settled,
        recorder,
        request: watched,
        file,
        launchFiles,
        limits,
        budget,
        store,
        settle: () => apart?.settle?.(AbortSignal.any(asked)) ?? Promise.resolve(),
        underAnotherId: async () => {
          const anew = { ...settled, newNativeId: crypto.randomUUID() };
          const other = await makePlan(anew, request, apart?.planFiles ?? temp.path, host);
          recorder.log([], anew.newNativeId);
          const started = await startPlan(other, anew, recorder, host, apart);
          const file = await TranscriptFile.open(anew, anew.newNativeId, started.env, other);
          return { ...start, settled: anew, started, file };
        },
      };
      const outcome = await followAgent(start);
      apart?.ended(outcome);
      return outcome;
    } finally {
      if (await guard?.restoreIfLost()) {
        observer.warning?.(`${settled.provider.displayName} lost the session; it was put back`);
      }
    }
  } catch (error) {
    const interrupted = error instanceof Interrupt || request.signal?.aborted === true;
    const goesOn = request.staysOpen || error instanceof WaitCancelled ||
      !interrupted && error instanceof SpawnError &&
        request.movesOn?.({ started: false, limited: false, said: "" });
    if (!goesOn) await apart?.settle?.(request.signal);
    await recorder.finish({
      outcome: interrupted ? "interrupted" : "failure",
      reason: interrupted ? "interrupted" : undefined,
      error: error instanceof Error ? error.message : String(error),
      goesOn,
    });
    throw error;
  }
}
