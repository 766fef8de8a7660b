/**
 * A session that another provider goes on with when its own cannot: on a usage limit, on an outage, and
 * when there is no way to start it. Only where the options name who that may be.
 *
 * @module
 */
import { SpawnError } from "../processes/subprocess.ts";
import { redact } from "../redact/redact.ts";
import { appendTo } from "../sessions/own_log.ts";
import type { ProcessRecord, SessionRecord } from "../sessions/records.ts";
import { SessionNotFoundError } from "../sessions/store_errors.ts";
import {
  BudgetError,
  InvalidOptionError,
  PrintDisabledError,
  ProviderUnavailableError,
} from "./errors.ts";
import {
  checkNames,
  checkOwn,
  checkStandIns,
  sizeAlone,
  standInOptions,
} from "./check_stand_ins.ts";
import { conversationIn } from "./conversation.ts";
import { giveUp } from "./give_up.ts";
import { ended, outcomeWithoutAgent } from "./idle_end.ts";
import { inOnePlace } from "./in_one_place.ts";
import { sharedSpending } from "./call_spending.ts";
import { type LaunchAccess, launchRun } from "./launch.ts";
import type { LaunchRequest } from "./launch_request.ts";
import { settledFor } from "./log_place.ts";
import { abortedBy, type LaunchOutcome } from "./outcome.ts";
import { isOutage, OutageWatch } from "./outage.ts";
import { privateDirectory } from "./private_directory.ts";
import { settle, type Settled } from "./settle.ts";
import { StillWaiting } from "./still_waiting.ts";
import { together } from "./together.ts";

/**
 * Runs a session to its end, with the provider of the options, and then with those that may stand in,
 * each once and in their order. All of it is one session and one run. Who comes last waits for the end of
 * a limit where the options say so.
 *
 * @returns The end of the last launch; events, usage, cost and refused tools are those of all of them.
 * @throws {ZagError} when none of them could be started
 */
export async function failOver(
  request: LaunchRequest,
  access: LaunchAccess,
): Promise<LaunchOutcome> {
  checkFallback(request, access);
  // A name that is wrong shall not be found in the middle of the night.
  const { fallback, provider } = request.options;
  await checkNames({ fallback, ...(isFirst(request) && { provider }) });
  const shared = sharedSpending(request, () => access.host.now());
  return await inOnePlace(
    { ...request, ...shared },
    (request) => new FailOver(request, access).run(),
  );
}

/**
 * Nothing was looked at before. A run that was recorded before was, and its provider may be one that a
 * selector has chosen; a session that goes on in the same call may belong to one of the others by now.
 */
function isFirst({ adopted, resume }: LaunchRequest): boolean {
  return adopted === undefined && !(resume && "id" in resume && resume.from);
}

/** @throws {InvalidOptionError} where no other provider could go on */
function checkFallback({ command, options, streamInput }: LaunchRequest, access: LaunchAccess) {
  const cannot = (why: string) => {
    throw new InvalidOptionError(`Cannot use --fallback ${why}`);
  };
  if (command === "run") cannot("in an interactive session: a person is there to decide");
  if (streamInput) cannot("with messages that come while the agent runs");
  if (options.sandbox !== undefined) cannot("with --sandbox: it holds one agent's program");
  const format = options.outputFormat;
  if (format === "text" || format === "native-json") {
    cannot(`with -o ${format}: what the agents print is of several shapes`);
  }
  if (!access.store) cannot("without the index of sessions");
}

class FailOver {
  readonly #request: LaunchRequest;
  readonly #access: LaunchAccess;
  /** Those that have not been tried, in this call. */
  readonly #left: string[];
  /** How the agent was launched that had the session last. */
  #last: { readonly request: LaunchRequest; readonly settled: Settled } | undefined;

  constructor(request: LaunchRequest, access: LaunchAccess) {
    this.#request = request;
    this.#access = access;
    this.#left = request.standIns ?? [...request.options.fallback ?? []];
  }

  async run(): Promise<LaunchOutcome> {
    const { adopted } = this.#request;
    const first = await this.#settleFirst();
    if (isFirst(this.#request)) await checkOwn(this.#request.options, first);
    this.#tried(first.provider.name);
    const names = this.#left;
    await checkStandIns({
      request: this.#request,
      first,
      names,
      host: this.#access.host,
      warn: (message) => this.#warn(message),
    });
    const processId = adopted?.processId ?? crypto.randomUUID();
    await using directory = adopted
      ? { path: adopted.directory, [Symbol.asyncDispose]: () => Promise.resolve() }
      : await privateDirectory(first.paths.launchFiles(processId));
    const access = { ...this.#access, run: { processId, directory: directory.path } };
    return await this.#converse(first, access);
  }

  async #converse(first: Settled, access: LaunchAccess): Promise<LaunchOutcome> {
    let outcome = await this.#begin(first, access);
    while (outcome.movesOn) {
      const { movesOn: _, ...over } = outcome;
      outcome = await this.#next(first, over, access);
    }
    return outcome;
  }

  /** @throws {ZagError} when the first agent could not be started, and nobody is left */
  async #begin(first: Settled, access: LaunchAccess): Promise<LaunchOutcome> {
    const request = this.#each();
    this.#last = { request, settled: first };
    try {
      return await launchRun(request, this.#alone(first), access);
    } catch (error) {
      const { store, run } = access;
      const isOpen = store?.getSession(first.sessionId)?.outcome === null;
      if (!(error instanceof SpawnError) || !isOpen || this.#left.length === 0) throw error;
      const none = outcomeWithoutAgent(first, run!.processId, error.message);
      return { ...none, outcome: "failure", movesOn: true };
    }
  }

  /** The first provider that can be settled: nothing is recorded before. */
  async #settleFirst(): Promise<Settled> {
    const { host, store } = this.#access;
    let { options } = this.#request;
    for (;;) {
      try {
        const settled = await settle({ ...this.#request, options }, host, store);
        this.#tell(settled);
        return settledFor(this.#request.log, settled);
      } catch (error) {
        const provider = this.#left.shift();
        if (!isMissing(error) || provider === undefined) throw error;
        const { model, ...alike } = options;
        options = { ...alike, ...sizeAlone(model), provider };
        this.#warn(`${messageOf(error)}; ${provider} is tried instead`);
      }
    }
  }

  /**
   * The next provider that can go on; else the session waits, if that was a limit, or ends as it has so
   * far. The outcome is that of all so far.
   */
  async #next(
    first: Settled,
    over: LaunchOutcome,
    access: LaunchAccess,
  ): Promise<LaunchOutcome> {
    for (let provider = this.#left.shift(); provider !== undefined; provider = this.#left.shift()) {
      const before = this.#books(over);
      try {
        const next = await this.#goOn(provider, first, over, access);
        return { ...next, ...together(over, next) };
      } catch (error) {
        if (error instanceof StillWaiting) throw error;
        const end = this.#endOf(error, over);
        if (end) {
          await this.#close(end);
          throw error;
        }
        this.#warn(`${provider} cannot go on: ${messageOf(error)}`);
        this.#putBack(before);
      }
    }
    const { request, settled } = this.#last!;
    const { signal, observer, spentMs = 0 } = this.#request;
    const isWanted = !signal?.aborted && settled.limits?.enabled;
    if (isWanted && over.limited && settled.provider.capabilities.resume !== false) {
      const { waitAfterAll } = await import("./through_limits.ts");
      // From here on an outage is nobody's turn.
      const { signal: _s, observer: _o, movesOn: _m, ...launched } = request;
      const alone = { ...launched, ...(signal && { signal }), ...(observer && { observer }) };
      // What all of them have worked is in the outcome.
      const end = await waitAfterAll({ ...alone, spentMs }, settled, {
        ...access,
        run: access.run!,
      }, over);
      if (end) return end;
    }
    await this.#close(over);
    return over;
  }

  /** What the index says of the session and its run. */
  #books({ sessionId, processId }: LaunchOutcome): Books {
    return {
      session: this.#session(sessionId),
      run: this.#access.store?.getProcess(processId),
    };
  }

  /** The session belongs again to who had it before somebody who could not be started. */
  #putBack({ session, run }: Books): void {
    const { sessionId, provider, model, providerSessionId, launch } = session;
    const { store } = this.#access;
    store?.atOnce(() => {
      store.updateSession(sessionId, { provider, model, providerSessionId, launch });
      if (run) store.updateProcess(run.id, run);
    });
  }

  /** @throws what keeps this provider from it */
  async #goOn(
    provider: string,
    first: Settled,
    over: LaunchOutcome,
    access: LaunchAccess,
  ): Promise<LaunchOutcome> {
    const { processId, directory } = access.run!;
    const session = this.#session(over.sessionId);
    const each = this.#each(true);
    let hasBegun = false;
    const request: LaunchRequest = {
      ...each,
      observer: {
        ...each.observer,
        spawned: (pid) => {
          if (!hasBegun) this.#tellOn(provider, over);
          hasBegun = true;
          each.observer?.spawned?.(pid);
        },
      },
      options: { ...standInOptions(first), fallback: [...this.#left] },
      conversation: await conversationIn(session.logPath),
      replay: { withoutDefaults: true },
      resume: {
        id: over.sessionId,
        from: { processId, exitCode: over.exit.code, forgotten: true, provider },
      },
      adopted: { processId, directory, session },
      spentMs: (this.#request.spentMs ?? 0) + over.workedMs,
    };
    const settled = await settle(request, access.host, access.store);
    this.#tell(settled);
    const outcome = await launchRun(request, this.#alone(settled), access);
    this.#last = { request, settled };
    return outcome;
  }

  /** Whoever looks on, or into the log, is told who goes on, and why. */
  #tellOn(
    provider: string,
    { agentName, failure, provider: from, sessionId }: LaunchOutcome,
  ): void {
    const message = `${failure ?? `${agentName} failed`}; ${provider} goes on`;
    this.#warn(message);
    const { log, observer } = this.#request;
    const session = this.#session(sessionId);
    const { logPath } = session;
    if (logPath === null || typeof log === "object") return;
    try {
      const data = { fallback: { from, to: provider } };
      appendTo(logPath, session, [{ type: "provider_status", message: redact(message), data }], {
        now: () => this.#access.host.now(),
        logged: observer?.logged && ((event) => observer.logged?.(event, logPath)),
      });
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      this.#warn(`this session is not fully recorded: ${messageOf(error)}`);
    }
  }

  /** Its books were left open for somebody else. */
  async #close(over: LaunchOutcome): Promise<void> {
    if (!this.#request.staysOpen) await giveUp(this.#request, over);
  }

  #each(canMoveOn = this.#left.length > 0): LaunchRequest {
    return {
      ...this.#request,
      ...(this.#left.length > 0 && this.#watched()),
      movesOn: ({ started, limited, said }) =>
        // Who had the session before one that cannot be started may be able to wait.
        started ? this.#left.length > 0 && (limited || isOutage(said)) : canMoveOn,
    };
  }

  /** As long as there is somebody else, nobody waits for the end of a limit. */
  #alone(settled: Settled): Settled {
    return this.#left.length > 0 ? { ...settled, limits: undefined } : settled;
  }

  /** A provider may be out of reach all night, and its agent wait for it. */
  #watched(): Pick<LaunchRequest, "signal" | "observer"> {
    const { signal, observer = {} } = this.#request;
    const watch = new OutageWatch();
    return {
      signal: signal ? AbortSignal.any([signal, watch.signal]) : watch.signal,
      observer: {
        ...observer,
        status: (message) => {
          observer.status?.(message);
          watch.heard(message);
        },
        events: async (events) => {
          watch.heard(undefined);
          await observer.events?.(events);
        },
      },
    };
  }

  /** Each is asked once. */
  #tried(name: string): void {
    for (let at = this.#left.length - 1; at >= 0; at--) {
      if (this.#left[at]!.toLowerCase() === name) this.#left.splice(at, 1);
    }
  }

  /** How the session ends with this; undefined when somebody else may be asked. */
  #endOf(error: unknown, over: LaunchOutcome): LaunchOutcome | undefined {
    const failed = { ...over, failure: messageOf(error) };
    if (this.#request.signal?.aborted) {
      return ended(failed, { endedBy: abortedBy(this.#request.signal.reason) });
    }
    // Nobody else may spend any more either.
    const isLast = error instanceof Deno.errors.NotCapable || error instanceof BudgetError ||
      this.#session(over.sessionId).outcome !== null;
    return isLast ? failed : undefined;
  }

  #session(id: string): SessionRecord {
    const session = this.#access.store?.getSession(id);
    if (!session) throw new SessionNotFoundError(id);
    return session;
  }

  #tell({ warnings, notes }: Settled): void {
    for (const warning of warnings) this.#warn(warning);
    for (const note of notes) this.#request.observer?.debug?.(note);
  }

  #warn(message: string): void {
    this.#request.observer?.warning?.(message);
  }
}

/** What the index says of a session before somebody else tries to go on with it. */
interface Books {
  readonly session: SessionRecord;
  readonly run: ProcessRecord | undefined;
}

/** There is no way to start this provider, whatever it is asked. */
function isMissing(error: unknown): boolean {
  return error instanceof ProviderUnavailableError || error instanceof PrintDisabledError;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
