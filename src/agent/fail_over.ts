/**
 * A session that another provider goes on with when its own cannot: on a usage limit, on an outage, and
 * when there is no way to start it. Only where the options name who that may be.
 *
 * @module
 */
import type { SessionRecord } from "../sessions/records.ts";
import { SessionNotFoundError } from "../sessions/store_errors.ts";
import { InvalidOptionError, PrintDisabledError, ProviderUnavailableError } from "./errors.ts";
import { ALL_PROVIDERS, namedProvider } from "./choose_provider.ts";
import { conversationIn } from "./conversation.ts";
import { giveUp } from "./give_up.ts";
import type { Isolation } from "./isolate.ts";
import { laterOptions } from "./later_options.ts";
import { newSpending } from "./call_spending.ts";
import { type LaunchAccess, launchRun } from "./launch.ts";
import type { LaunchRequest } from "./launch_request.ts";
import { settledFor } from "./log_place.ts";
import type { LaunchOutcome } from "./outcome.ts";
import { isOutage } from "./outage.ts";
import { privateDirectory } from "./private_directory.ts";
import { settle, type Settled } from "./settle.ts";
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
  for (const name of request.options.fallback ?? []) await namedProvider(name, ALL_PROVIDERS);
  const spending = request.spending ?? newSpending(access.host.now());
  return await new FailOver({ ...request, spending }, access).run();
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
  /** Those that have not been tried. */
  readonly #left: string[];
  #place: Isolation | undefined;
  #spentMs: number;

  constructor(request: LaunchRequest, access: LaunchAccess) {
    this.#request = request;
    this.#access = access;
    const first = request.options.provider?.toLowerCase();
    this.#left = (request.options.fallback ?? []).filter((name) => name.toLowerCase() !== first);
    this.#spentMs = request.spentMs ?? 0;
  }

  async run(): Promise<LaunchOutcome> {
    const { adopted } = this.#request;
    const first = await this.#settleFirst();
    const processId = adopted?.processId ?? crypto.randomUUID();
    await using directory = adopted
      ? { path: adopted.directory, [Symbol.asyncDispose]: () => Promise.resolve() }
      : await privateDirectory(first.paths.launchFiles(processId));
    const access = { ...this.#access, run: { processId, directory: directory.path } };
    try {
      return await this.#converse(first, access);
    } finally {
      if (this.#place) {
        await (await import("./isolate.ts")).endIsolation(this.#place, this.#request);
      }
    }
  }

  async #converse(first: Settled, access: LaunchAccess): Promise<LaunchOutcome> {
    let outcome = await this.#timed(() => launchRun(this.#each(), this.#alone(first), access));
    while (outcome.movesOn) {
      const { movesOn: _, ...over } = outcome;
      const next = await this.#next(first, over, access);
      outcome = { ...next, ...together(over, next) };
    }
    return outcome;
  }

  /** The first provider that can be started: nothing is recorded before. */
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
        const { model: _m, ...alike } = options;
        options = { ...alike, provider };
        this.#warn(`${messageOf(error)}; ${provider} is tried instead`);
      }
    }
  }

  /** The next provider that can go on; else the session ends as it has so far. */
  async #next(
    first: Settled,
    over: LaunchOutcome,
    access: LaunchAccess,
  ): Promise<LaunchOutcome> {
    for (let provider = this.#left.shift(); provider !== undefined; provider = this.#left.shift()) {
      this.#warn(`${over.failure ?? `${over.agentName} failed`}; ${provider} goes on`);
      const { processId, directory } = access.run!;
      const session = this.#session(over.sessionId);
      const request: LaunchRequest = {
        ...this.#each(),
        options: { ...laterOptions(first, true), fallback: this.#left },
        conversation: await conversationIn(session.logPath),
        replay: { withoutDefaults: true },
        resume: {
          id: over.sessionId,
          from: { processId, exitCode: over.exit.code, forgotten: true, provider },
        },
        adopted: { processId, directory, session },
        spentMs: this.#spentMs,
      };
      let settled: Settled;
      try {
        settled = await settle(request, access.host, access.store);
      } catch (error) {
        if (error instanceof Deno.errors.NotCapable) throw error;
        this.#warn(`${provider} cannot go on: ${messageOf(error)}`);
        continue;
      }
      this.#tell(settled);
      return await this.#timed(() => launchRun(request, this.#alone(settled), access));
    }
    // Its books were left open for somebody else.
    if (!this.#request.staysOpen) await giveUp(this.#request, over);
    return over;
  }

  #each(): LaunchRequest {
    return {
      ...this.#request,
      spentMs: this.#spentMs,
      movesOn: ({ limited, failure }) => this.#left.length > 0 && (limited || isOutage(failure)),
      endIsolation: (isolation) => {
        this.#place = isolation;
        return Promise.resolve();
      },
    };
  }

  /** As long as there is somebody else, nobody waits for the end of a limit. */
  #alone(settled: Settled): Settled {
    return this.#left.length > 0 ? { ...settled, limits: undefined } : settled;
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

  async #timed<T>(work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#spentMs += performance.now() - start;
    }
  }
}

/** There is no way to start this provider, whatever it is asked. */
function isMissing(error: unknown): boolean {
  return error instanceof ProviderUnavailableError || error instanceof PrintDisabledError;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
