/**
 * A session that goes on after a usage limit: when its agent fails on one, the session stays open, and
 * the agent is started again in it as soon as the limit is over. What waits stands in the index, so that
 * another zag goes on with it when this one is killed.
 *
 * @module
 */
import { ZagError } from "../errors.ts";
import { selfIdentity } from "../processes/process_table.ts";
import { FileWatch } from "../sessions/follow/file_watch.ts";
import { handedIn } from "../sessions/handed_in.ts";
import { appendTo } from "../sessions/own_log.ts";
import type { LogKind } from "../events/log_event.ts";
import { notify } from "../notify/notify.ts";
import type { PendingResume, SessionRecord } from "../sessions/records.ts";
import { SessionNotFoundError } from "../sessions/store_errors.ts";
import type { SessionStore } from "../sessions/store.ts";
import { watchForEnd } from "./end_watch.ts";
import { giveUp } from "./give_up.ts";
import { inOnePlace } from "./in_one_place.ts";
import { EndRequested, Interrupt } from "./interrupt.ts";
import { keepsSession } from "./kept_session.ts";
import { laterOptions } from "./later_options.ts";
import { type LaunchAccess, launchSettled } from "./launch.ts";
import type { LaunchRequest } from "./launch_request.ts";
import { limitPath } from "./limit_path.ts";
import { isExhausted } from "./limit_policy.ts";
import { schedule } from "./limit_watch.ts";
import { noteWait } from "./note_wait.ts";
import { ended, outcomeWithoutAgent, withoutReason } from "./idle_end.ts";
import { abortedBy, type LaunchOutcome } from "./outcome.ts";
import { privateDirectory } from "./private_directory.ts";
import { settle, type Settled } from "./settle.ts";
import { sleepUntil } from "./sleep_until.ts";
import { StillWaiting } from "./still_waiting.ts";
import { together } from "./together.ts";
import { WaitCancelled } from "./wait_cancelled.ts";
import { wholeMessage } from "./whole_message.ts";

/** A watcher of files is believed for so long: nothing here is urgent. */
const LOOK_MS = 30_000;

/** Ends an agent that was started in the moment in which its wait was cancelled. */
const CANCELLED = new EndRequested({
  action: "kill",
  submitted: false,
  reason: "its wait for the end of a usage limit was cancelled",
});

/**
 * Runs what was settled to its end. The deadline of the options does not run while the session waits.
 *
 * @param access Its store is there.
 * @returns The end of the last run; events, usage, cost and refused tools are those of all of them.
 * @throws {ZagError} when nothing could be started
 */
export async function throughLimits(
  request: LaunchRequest,
  wanted: Settled,
  access: LaunchAccess,
): Promise<LaunchOutcome> {
  const processId = access.run?.processId ?? crypto.randomUUID();
  await using directory = access.run
    ? { path: access.run.directory, [Symbol.asyncDispose]: () => Promise.resolve() }
    : await privateDirectory(wanted.paths.launchFiles(processId));
  const run = { processId, directory: directory.path };
  return await inOnePlace(request, async (request) => {
    using limits = new Limits(request, wanted, { ...access, run });
    return await limits.run();
  });
}

/**
 * Goes on with a session that waits, in the place of a zag that is gone.
 *
 * @param request What the session was started with, as far as that is known; it is adopted.
 * @param waits What this process holds the lease for.
 * @throws {StillWaiting} when this process is to end, and the session is to wait on
 */
export async function goOnWaiting(
  request: LaunchRequest,
  wanted: Settled,
  access: Access,
  waits: PendingResume,
): Promise<LaunchOutcome> {
  return await inOnePlace(request, async (request) => {
    using limits = new Limits(request, wanted, access);
    return await limits.goOn(waitingOutcome(wanted, access, waits));
  });
}

/**
 * Has a session wait after all whose agent has hit a limit, since nobody else can go on with it.
 *
 * @param request How its agent was launched.
 * @param wanted What was settled for it, with its limits.
 * @param over Its end; its books are open.
 * @returns The end of the session, of which `over` is a part; undefined when it cannot wait.
 */
export async function waitAfterAll(
  request: LaunchRequest,
  wanted: Settled,
  access: Access,
  over: LaunchOutcome,
): Promise<LaunchOutcome | undefined> {
  return await inOnePlace(request, async (request) => {
    using limits = new Limits(request, wanted, access);
    const waits = limits.noted(over);
    return waits && await limits.goOn({ ...over, limited: undefined, waits });
  });
}

type Access = LaunchAccess & { readonly run: NonNullable<LaunchAccess["run"]> };

class Limits implements Disposable {
  readonly #request: LaunchRequest;
  readonly #wanted: Settled;
  #access: Access;
  /** The index that took the place of the one that the session began with. */
  #renewed: SessionStore | undefined;

  constructor(request: LaunchRequest, wanted: Settled, access: Access) {
    this.#request = request;
    this.#wanted = wanted;
    this.#access = access;
  }

  get #store(): SessionStore {
    return this.#access.store!;
  }

  [Symbol.dispose](): void {
    this.#renewed?.close();
  }

  async run(): Promise<LaunchOutcome> {
    const first = await launchSettled(this.#request, this.#wanted, this.#access);
    return await this.goOn(first);
  }

  /** Waits and goes on, as long as there is something to wait for. */
  async goOn(first: LaunchOutcome): Promise<LaunchOutcome> {
    let outcome = first;
    while (outcome.waits) {
      const { waits, ...over } = outcome;
      const end = await this.#wait(waits, over);
      if (end) return end;
      const next = await this.#resume(waits, over);
      if (!next) return await this.#close(cancelledWait(over));
      outcome = { ...next, ...together(over, next) };
    }
    return outcome;
  }

  /** Waits until it is time. Returns how the session ends if it is not to go on. */
  async #wait(waits: PendingResume, over: LaunchOutcome): Promise<LaunchOutcome | undefined> {
    const { observer } = this.#request;
    const { directory } = this.#access.run;
    using ending = watchForEnd(directory);
    const signals = [ending.signal, this.#request.signal].filter((each) => each !== undefined);
    const signal = AbortSignal.any(signals);
    using change = new FileWatch(limitPath(directory), LOOK_MS);
    try {
      for (;;) {
        const now = await this.#look(waits);
        if (!now) return await this.#close(cancelledWait(over));
        const wakeAt = new Date(now.wakeAt);
        const { incidentId, sessionId, scope } = waits;
        observer?.waiting?.({ incidentId, sessionId, scope, wakeAt, agentName: over.agentName });
        this.#tell(waits, wakeAt);
        if (await this.#sleep(wakeAt, change, signal)) break;
        if (signal.aborted) return await this.#stopped(waits, over, signal);
      }
    } finally {
      observer?.waited?.();
    }
    await this.#followIndex();
    // Somebody may have cancelled it in the last moment. Whoever has it now, for whatever reason, keeps it.
    if (this.#store.resumes.claim(waits.incidentId, selfIdentity(), () => true)) return undefined;
    return this.#store.resumes.get(waits.incidentId)
      ? over
      : await this.#close(cancelledWait(over));
  }

  /** The limit that a run has failed on, as something to wait for; undefined where nobody may. */
  noted({ limited, workedMs }: LaunchOutcome): PendingResume | undefined {
    const { limits: policy, sessionId, options } = this.#wanted;
    if (!policy?.enabled || !limited || isExhausted(policy, limited.met)) return undefined;
    const { hit, scheduled } = schedule(limited.line, policy, this.#access.host.now());
    this.#log([scheduled]);
    const { processId, directory } = this.#access.run;
    return noteWait({
      sessionId,
      processId,
      directory,
      given: options,
      policy,
      hit,
      met: limited.met,
      spentMs: (this.#request.spentMs ?? 0) + workedMs,
      store: this.#store,
      log: (kinds) => this.#log(kinds),
      warn: (message) => this.#request.observer?.warning?.(message),
    });
  }

  /** Whoever wants to know of the session is told once of each limit. */
  #tell({ incidentId: subject }: PendingResume, wakeAt: Date): void {
    const { host, run } = this.#access;
    const happened = { kind: "limit", subject, resumesAt: wakeAt.toISOString() } as const;
    const warning = (message: string) => this.#request.observer?.warning?.(message);
    const world = { env: host.env, cwd: host.cwd, warning };
    notify(this.#wanted.paths, run.processId, happened, world);
  }

  async #look({ incidentId }: PendingResume): Promise<PendingResume | undefined> {
    await this.#followIndex();
    return this.#store.resumes.get(incidentId);
  }

  /** The index can be lost, and made again by another zag, in a night. */
  async #followIndex(): Promise<void> {
    if (this.#store.isCurrent()) return;
    const { observer } = this.#request;
    try {
      const { logPath } = this.#session();
      const process = this.#store.getProcess(this.#access.run.processId);
      if (logPath === null || !process) return;
      const { renewIndex } = await import("../sessions/recovery/renew_index.ts");
      const store = await renewIndex(this.#wanted.paths, logPath, process, observer ?? {});
      this.#renewed?.close();
      this.#renewed = store;
      this.#access = { ...this.#access, store };
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      observer?.warning?.(`the session index is lost: ${reason}`);
    }
  }

  /** Whether it is time; false when there is something to look at before. */
  async #sleep(wakeAt: Date, change: FileWatch, signal: AbortSignal): Promise<boolean> {
    using disturbed = new AbortOnDispose();
    const either = AbortSignal.any([signal, disturbed.signal]);
    const { host } = this.#access;
    const clock = { now: () => host.now(), ...(host.timers && { timers: host.timers }) };
    const slept = sleepUntil(wakeAt, clock, either);
    const changed = change.changed(either).then(() => false);
    return await Promise.race([slept, changed]);
  }

  /** The session was asked to end while it waited. */
  async #stopped(
    waits: PendingResume,
    over: LaunchOutcome,
    { reason }: AbortSignal,
  ): Promise<LaunchOutcome> {
    // A machine that is shut down ends all programs. What nobody looks on at goes on after that.
    const byMachine = reason instanceof Interrupt && reason.signal !== "SIGINT";
    if (byMachine && this.#request.staysWaiting) throw new StillWaiting(reason.signal);
    await this.#followIndex();
    if (this.#store.resumes.remove(waits.incidentId)) {
      this.#log([{ type: "usage_limit_cancelled", incident_id: waits.incidentId }]);
    }
    const submitted = reason instanceof EndRequested && reason.request.submitted
      ? await handedIn(this.#session().logPath)
      : undefined;
    if (submitted !== undefined) return await this.#close(withResult(over, submitted));
    return await this.#close(ended(over, { endedBy: abortedBy(reason) }));
  }

  async #close(outcome: LaunchOutcome): Promise<LaunchOutcome> {
    if (!this.#request.staysOpen) await giveUp(this.#request, outcome);
    return outcome;
  }

  /** Starts the agent again, in the same session. Returns undefined if that was cancelled meanwhile. */
  async #resume(waits: PendingResume, over: LaunchOutcome): Promise<LaunchOutcome | undefined> {
    const { host, run } = this.#access;
    const session = this.#session();
    const forgotten = !over.resumable || !await keepsSession(this.#wanted, session, host);
    if (forgotten && this.#wanted.composedPrompt === undefined) {
      return await this.#failed(
        waits,
        over,
        new ZagError(
          `Cannot go on with session "${session.sessionId}": ${over.agentName} has not kept it, and ` +
            "its prompt is not known",
        ),
      );
    }
    const { inputs, injected, conversation, replay, input, ...alike } = this.#request;
    const from = { processId: run.processId, exitCode: over.exit.code, forgotten };
    const { observer, signal } = this.#request;
    const cancelled = new AbortController();
    let isOn = false;
    const { replayUserMessages } = this.#wanted.options;
    const options = laterOptions(this.#wanted, forgotten);
    const request: LaunchRequest = {
      ...alike,
      // The messages that no agent has come to yet are for this one.
      ...(alike.streamInput && { input }),
      options: {
        ...options,
        ...(alike.streamInput && replayUserMessages && { replayUserMessages }),
      },
      // What the configuration said when the session began holds for all of it.
      replay: { ...(forgotten && replay), withoutDefaults: true },
      ...(forgotten && { inputs, injected, conversation }),
      prompt: forgotten ? this.#request.prompt ?? waits.message : waits.message,
      resume: { id: this.#wanted.sessionId, from },
      // It is told again how the session ends, and what the result has to satisfy.
      exit: this.#wanted.exit,
      adopted: { ...run, session: this.#handsIn ? { ...session, command: "run" } : session },
      spentMs: (this.#request.spentMs ?? 0) + over.workedMs,
      limitsMet: waits.attempt,
      signal: signal ? AbortSignal.any([signal, cancelled.signal]) : cancelled.signal,
      observer: {
        ...observer,
        starting: () => {
          if (!this.#mayGoOn(waits)) throw new WaitCancelled();
        },
        spawned: (pid) => {
          // An agent that did not begin is started twice.
          isOn ||= this.#mayGoOn(waits) && this.#resumed(waits);
          // Somebody came between the last look and now.
          if (!isOn) cancelled.abort(CANCELLED);
          observer?.spawned?.(pid);
        },
      },
    };
    try {
      const settled = await settle(request, host, this.#store);
      return await launchSettled(request, settled, this.#access);
    } catch (error) {
      if (error instanceof WaitCancelled) return undefined;
      return await this.#failed(waits, over, error);
    }
  }

  /** The session ends by handing in a result, whatever command it was begun with. */
  get #handsIn(): boolean {
    return this.#wanted.exit !== undefined;
  }

  /** @throws what kept the agent from being started */
  async #failed(waits: PendingResume, over: LaunchOutcome, error: unknown): Promise<never> {
    const reason = wholeMessage(error);
    if (this.#store.resumes.remove(waits.incidentId)) {
      const { incidentId: incident_id, attempt } = waits;
      this.#log([{ type: "usage_limit_resume_failed", incident_id, error: reason, attempt }]);
    }
    await this.#close({ ...over, failure: reason });
    throw error;
  }

  /** Nobody has cancelled the wait. */
  #mayGoOn({ incidentId }: PendingResume): boolean {
    try {
      return this.#store.resumes.get(incidentId) !== undefined;
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      // Whatever has become of the index, the session was claimed in it.
      return true;
    }
  }

  /**
   * The agent runs: from here on the session is like any other.
   *
   * @returns False when somebody has cancelled the wait.
   */
  #resumed({ incidentId, message, attempt }: PendingResume): boolean {
    this.#log([{
      type: "usage_limit_resumed",
      incident_id: incidentId,
      resume_message: message,
      attempt,
    }]);
    try {
      return this.#store.resumes.remove(incidentId);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      // Its lease is ours; whoever finds it later finds that the session has gone on.
      return true;
    }
  }

  #session(): SessionRecord {
    const { sessionId } = this.#wanted;
    const session = this.#store.getSession(sessionId);
    if (!session) throw new SessionNotFoundError(sessionId);
    return session;
  }

  #log(kinds: readonly LogKind[]): void {
    try {
      const session = this.#session();
      if (session.logPath === null || typeof this.#request.log === "object") return;
      const { observer } = this.#request;
      appendTo(session.logPath, session, kinds, {
        now: () => this.#access.host.now(),
        logged: observer?.logged && ((event) => observer.logged?.(event, session.logPath!)),
      });
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      this.#request.observer?.warning?.(`this session is not fully recorded: ${reason}`);
    }
  }
}

/** Ends what was raced when its scope is left. */
class AbortOnDispose extends AbortController implements Disposable {
  [Symbol.dispose](): void {
    this.abort();
  }
}

/** The end of a session that somebody has kept from going on. */
function cancelledWait(over: LaunchOutcome): LaunchOutcome {
  return { ...over, waitCancelled: true };
}

/** A result that was handed in while no agent was at work. */
function withResult(over: LaunchOutcome, result: string): LaunchOutcome {
  const { error_message: _message, ...output } = withoutReason(over.output);
  return {
    ...over,
    outcome: "success",
    settled: true,
    success: true,
    failure: undefined,
    endedBy: undefined,
    endReason: undefined,
    submitted: result,
    output: { ...output, is_error: false, result },
  };
}

/** The end of a run that another zag has seen. */
function waitingOutcome(wanted: Settled, { run }: Access, waits: PendingResume): LaunchOutcome {
  const failure = `${wanted.provider.displayName} hit a usage limit`;
  return {
    ...outcomeWithoutAgent(wanted, run.processId, failure),
    resumable: wanted.resumed?.providerSessionId != null,
    outcome: "failure",
    settled: true,
    endReason: "usage_limit",
    logPath: wanted.resumed?.logPath ?? undefined,
    waits,
  };
}
