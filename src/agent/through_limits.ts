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
import { appendTo } from "../sessions/own_log.ts";
import type { LogKind } from "../events/log_event.ts";
import { notify } from "../notify/notify.ts";
import type { PendingResume, SessionRecord } from "../sessions/records.ts";
import { SessionNotFoundError } from "../sessions/store_errors.ts";
import type { SessionStore } from "../sessions/store.ts";
import { watchForEnd } from "./end_watch.ts";
import { giveUp } from "./give_up.ts";
import { Interrupt } from "./interrupt.ts";
import type { Isolation } from "./isolate.ts";
import { keepsSession } from "./kept_session.ts";
import { laterOptions } from "./later_options.ts";
import { type LaunchAccess, launchSettled } from "./launch.ts";
import type { LaunchRequest } from "./launch_request.ts";
import { limitPath } from "./limit_path.ts";
import { ended, outcomeWithoutAgent } from "./idle_end.ts";
import { abortedBy, type LaunchOutcome } from "./outcome.ts";
import { privateDirectory } from "./private_directory.ts";
import { settle, type Settled } from "./settle.ts";
import { sleepUntil } from "./sleep_until.ts";
import { StillWaiting } from "./still_waiting.ts";
import { together } from "./together.ts";

/** A watcher of files is believed for so long: nothing here is urgent. */
const LOOK_MS = 30_000;

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

/** All runs work in the same place, which the last one leaves. */
async function inOnePlace(
  request: LaunchRequest,
  work: (request: LaunchRequest) => Promise<LaunchOutcome>,
): Promise<LaunchOutcome> {
  let place: Isolation | undefined;
  const endIsolation = (isolation: Isolation) => {
    place = isolation;
    return Promise.resolve();
  };
  try {
    return await work({ ...request, endIsolation });
  } finally {
    if (place) await (await import("./isolate.ts")).endIsolation(place, request);
  }
}

type Access = LaunchAccess & { readonly run: NonNullable<LaunchAccess["run"]> };

class Limits implements Disposable {
  readonly #request: LaunchRequest;
  readonly #wanted: Settled;
  #access: Access;
  /** The index that took the place of the one that the session began with. */
  #renewed: SessionStore | undefined;
  /** How long agents have been at work, in milliseconds. */
  #spentMs: number;

  constructor(request: LaunchRequest, wanted: Settled, access: Access) {
    this.#request = request;
    this.#wanted = wanted;
    this.#access = access;
    this.#spentMs = request.spentMs ?? 0;
  }

  get #store(): SessionStore {
    return this.#access.store!;
  }

  [Symbol.dispose](): void {
    this.#renewed?.close();
  }

  async run(): Promise<LaunchOutcome> {
    const first = await this.#timed(() => launchSettled(this.#request, this.#wanted, this.#access));
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
        if (!now) return await this.#close(over);
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
    return this.#store.resumes.get(waits.incidentId) ? over : await this.#close(over);
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
    return await this.#close(ended(over, { endedBy: abortedBy(reason) }));
  }

  async #close(outcome: LaunchOutcome): Promise<LaunchOutcome> {
    if (!this.#request.staysOpen) await giveUp(this.#request, outcome);
    return outcome;
  }

  /** Starts the agent again, in the same session. */
  async #resume(waits: PendingResume, over: LaunchOutcome): Promise<LaunchOutcome> {
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
    const { inputs, injected, replay, input: _n, ...alike } = this.#request;
    const from = { processId: run.processId, exitCode: over.exit.code, forgotten };
    const { observer } = this.#request;
    const request: LaunchRequest = {
      ...alike,
      options: laterOptions(this.#wanted, forgotten),
      // What the configuration said when the session began holds for all of it.
      replay: { ...(forgotten && replay), withoutDefaults: true },
      ...(forgotten && { inputs, injected }),
      prompt: forgotten ? this.#request.prompt ?? waits.message : waits.message,
      resume: { id: this.#wanted.sessionId, from },
      adopted: { ...run, session },
      spentMs: this.#spentMs,
      limitsMet: waits.attempt,
      observer: {
        ...observer,
        starting: undefined,
        spawned: (pid) => {
          this.#resumed(waits);
          observer?.spawned?.(pid);
        },
      },
    };
    try {
      const settled = await settle(request, host, this.#store);
      return await this.#timed(() => launchSettled(request, settled, this.#access));
    } catch (error) {
      return await this.#failed(waits, over, error);
    }
  }

  /** @throws what kept the agent from being started */
  async #failed(waits: PendingResume, over: LaunchOutcome, error: unknown): Promise<never> {
    const reason = error instanceof Error ? error.message : String(error);
    if (this.#store.resumes.remove(waits.incidentId)) {
      const { incidentId: incident_id, attempt } = waits;
      this.#log([{ type: "usage_limit_resume_failed", incident_id, error: reason, attempt }]);
    }
    await this.#close({ ...over, failure: reason });
    throw error;
  }

  /** The agent runs: from here on the session is like any other. */
  #resumed({ incidentId, message, attempt }: PendingResume): void {
    this.#log([{
      type: "usage_limit_resumed",
      incident_id: incidentId,
      resume_message: message,
      attempt,
    }]);
    try {
      this.#store.resumes.remove(incidentId);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      // Its lease is ours; whoever finds it later finds that the session has gone on.
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

  async #timed<T>(work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#spentMs += performance.now() - start;
    }
  }
}

/** Ends what was raced when its scope is left. */
class AbortOnDispose extends AbortController implements Disposable {
  [Symbol.dispose](): void {
    this.abort();
  }
}

/** The end of a run that another zag has seen. */
function waitingOutcome(wanted: Settled, { run }: Access, waits: PendingResume): LaunchOutcome {
  const failure = `${wanted.provider.displayName} hit a usage limit`;
  return {
    ...outcomeWithoutAgent(wanted, run.processId, failure),
    resumable: wanted.resumed?.providerSessionId != null,
    outcome: "failure",
    settled: true,
    logPath: wanted.resumed?.logPath ?? undefined,
    waits,
  };
}
