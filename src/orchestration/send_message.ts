/**
 * Sends messages to sessions that take them through a pipe: those that were started with
 * `zag spawn --interactive`.
 *
 * @module
 */
import type { ZagPaths } from "../config/paths.ts";
import { delay } from "../delay.ts";
import { ZagError } from "../errors.ts";
import type { AgentOutput } from "../events/event.ts";
import { removePipe } from "../processes/named_pipe.ts";
import { isAlive, selfIdentity, stateOf } from "../processes/process_table.ts";
import { FileWatch } from "../sessions/follow/file_watch.ts";
import type { ProcessRecord, SessionRecord } from "../sessions/records.ts";
import { ownerLives } from "../sessions/run_status.ts";
import type { SessionStore } from "../sessions/store.ts";
import { MAX_MESSAGE_BYTES, MessageFile } from "./message_file.ts";
import { closeLine, fileLine, PipeWriter, whyNoMessage } from "./message_pipe.ts";

/** A message could not be sent, or was sent and will not be answered. */
export class SendError extends ZagError {
  /** Name of the class. */
  override name = "SendError";
}

/** Where the session is found. */
export interface SendAccess {
  /** The index. */
  readonly store: SessionStore;
  readonly paths: ZagPaths;
}

/** How a message is sent. */
export interface SendOptions {
  /** Wait for the end of the turn that the message begins, not only until it has been taken. */
  readonly awaitAnswer: boolean;
  /** Aborting ends the wait. A message that was taken before stays with the session. */
  readonly signal?: AbortSignal | undefined;
  /** Hears how the message goes its way. */
  debug?(message: string): void;
  /** Hears what the person should know while it takes long. */
  note?(message: string): void;
  /** Hears that the session has the message; an answer is waited for after that. */
  taken?(): void;
}

/** A message that the session has taken. */
export interface SentMessage {
  /** The turn that the message began, also one that failed; undefined unless it was awaited. */
  readonly answer: AgentOutput | undefined;
}

/** A zag that is at work takes a message at once; after so long the person wants to know. */
const NOTE_AFTER_MS = 3000;
/** So long a message may wait to be taken. */
const PATIENCE_MS = 30_000;
/** Between attempts to write into a pipe that is full. */
const FULL_MS = 50;

/** Whether a session takes messages through its pipe: it is interactive, and its zag lives. */
export function takesMessages(store: SessionStore, session: SessionRecord): boolean {
  return relayOf(store, session) !== undefined;
}

/** The run that takes the messages; undefined when there is none, or its zag is gone. */
function relayOf(store: SessionStore, { sessionId }: SessionRecord): ProcessRecord | undefined {
  const run = store.processesOf(sessionId)[0];
  // Whoever resumes such a session runs it in a way of its own.
  const isRelay = run?.command === "interactive" && run.status === "running";
  return isRelay && ownerLives(run) ? run : undefined;
}

/**
 * Sends a message to a session that takes messages, behind those that were sent before. A message that
 * could not be delivered has not been: either the session has taken it, or this throws.
 *
 * @param content The whole message, at most 16 MiB of UTF-8; it must not be empty, nor hold a NUL.
 * @throws {SendError} when the session's zag is gone, or does not take the message; `hint` says how to
 * go on
 * @throws the reason of an abort
 */
export async function sendMessage(
  access: SendAccess,
  session: SessionRecord,
  content: string,
  options: SendOptions,
): Promise<SentMessage> {
  const reason = whyNoMessage(content) ?? tooLong(content);
  if (reason !== undefined) throw new SendError(`Cannot send this message: ${reason}`);
  return await deliveryTo(access, session, options).send(content);
}

/**
 * Asks a session that takes messages to end well: when it has answered all that was sent before. It has
 * heard that when this returns, and takes no more messages.
 *
 * @throws {SendError} as {@linkcode sendMessage} does
 * @throws the reason of an abort
 */
export async function closeSession(
  access: SendAccess,
  session: SessionRecord,
  options: Omit<SendOptions, "awaitAnswer">,
): Promise<void> {
  await deliveryTo(access, session, { ...options, awaitAnswer: false }).close();
}

function deliveryTo(access: SendAccess, session: SessionRecord, options: SendOptions): Delivery {
  options.signal?.throwIfAborted();
  const run = relayOf(access.store, session);
  if (!run) {
    removePipe(access.paths.fifo(session.sessionId));
    throw goneError(session, endOf(access.store, session));
  }
  return new Delivery(access, session, run, options);
}

/** One message on its way to a session that takes it. */
class Delivery {
  readonly #access: SendAccess;
  readonly #session: SessionRecord;
  readonly #run: ProcessRecord;
  readonly #options: SendOptions;
  readonly #file: MessageFile;

  constructor(
    access: SendAccess,
    session: SessionRecord,
    run: ProcessRecord,
    options: SendOptions,
  ) {
    this.#access = access;
    this.#session = session;
    this.#run = run;
    this.#options = options;
    this.#file = new MessageFile(access.paths, crypto.randomUUID());
  }

  async send(content: string): Promise<SentMessage> {
    const { awaitAnswer } = this.#options;
    try {
      await this.#file.write(content);
      await this.#deliver(fileLine(this.#file.id, awaitAnswer, selfIdentity()));
      return { answer: awaitAnswer ? await this.#answer() : undefined };
    } finally {
      await this.#file.remove();
    }
  }

  async close(): Promise<void> {
    try {
      await this.#file.write("");
      await this.#deliver(closeLine(this.#file.id));
    } finally {
      await this.#file.remove();
    }
  }

  /** Writes the line, and waits until the message is taken. */
  async #deliver(line: string): Promise<void> {
    const pipe = this.#access.paths.fifo(this.#session.sessionId);
    const { debug } = this.#options;
    let writer: PipeWriter;
    try {
      writer = new PipeWriter(pipe);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      if (!this.#relayLives()) throw this.#gone();
      throw new SendError(
        `Cannot send to session "${this.#session.sessionId}": its pipe "${pipe}" is gone`,
        { cause: error, hint: this.#hint() },
      );
    }
    // Until the message is taken: what is in a pipe that nobody has open is lost.
    using _ = writer;
    using watch = new FileWatch(this.#file.path);
    const patience = new Patience(this.#run, this.#options);
    // The system writes so short a line whole or not at all: nobody has to keep others out.
    while (!writer.write(line)) await this.#goOn(patience, (over) => delay(FULL_MS, over));
    debug?.(`Message ${this.#file.id} is in the pipe ${pipe}`);
    while (this.#file.waits()) await this.#goOn(patience, (over) => watch.changed(over));
    const refusal = this.#file.readRefusal();
    if (refusal !== undefined) throw goneError(this.#session, refusal);
    debug?.(`Process ${this.#run.ownerPid} has taken the message`);
    this.#options.taken?.();
  }

  /** Waits a little, as long as there is hope; the message is taken back when there is none. */
  async #goOn(patience: Patience, wait: (over?: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#options;
    await wait(signal);
    if (signal?.aborted) await this.#fail(() => signal.reason);
    if (!this.#relayLives()) await this.#fail(() => this.#gone());
    const problem = patience.problem();
    if (problem !== undefined) {
      await this.#fail(() =>
        new SendError(
          `Cannot send to session "${this.#session.sessionId}": its zag does not take the ` +
            `message: ${problem.why}`,
          { hint: problem.hint },
        )
      );
    }
  }

  /** Gives up, unless the message was taken in the last moment. */
  async #fail(error: () => unknown): Promise<void> {
    if (await this.#file.clear()) throw error();
  }

  async #answer(): Promise<AgentOutput> {
    const { signal } = this.#options;
    using watch = new FileWatch(this.#file.answerPath);
    const patience = new Patience(this.#run, this.#options);
    for (;;) {
      // Looked at before: it may end right after it has answered.
      const lives = this.#relayLives();
      const answer = this.#file.readAnswer();
      if (answer) return answer;
      signal?.throwIfAborted();
      if (!lives) throw this.#unanswered();
      patience.note();
      await watch.changed(signal);
    }
  }

  /** Its zag lives and goes on with the session. */
  #relayLives(): boolean {
    const { ownerPid: pid, ownerStart } = this.#run;
    if (ownerStart === null || !isAlive({ pid, startTime: ownerStart })) return false;
    const { store } = this.#access;
    return store.getProcess(this.#run.id)?.status === "running";
  }

  #gone(): SendError {
    const { store, paths } = this.#access;
    if (!ownerLives(this.#run)) removePipe(paths.fifo(this.#session.sessionId));
    return goneError(this.#session, endOf(store, this.#session));
  }

  #unanswered(): SendError {
    const { sessionId } = this.#session;
    return new SendError(
      `The message was sent, but session "${sessionId}" ended before it answered: ` +
        endOf(this.#access.store, this.#session),
      { hint: this.#hint() },
    );
  }

  #hint(): string {
    return goOnHint(this.#session.sessionId);
  }
}

/** For how long a message waits to be taken. */
class Patience {
  readonly #run: ProcessRecord;
  readonly #options: SendOptions;
  readonly #began = performance.now();
  #noted = false;

  constructor(run: ProcessRecord, options: SendOptions) {
    this.#run = run;
    this.#options = options;
  }

  /** Why there is no hope any more. */
  problem(): { why: string; hint: string } | undefined {
    const waited = performance.now() - this.#began;
    const pid = this.#run.ownerPid;
    if (waited >= NOTE_AFTER_MS && this.#isSuspended()) {
      return { why: `process ${pid} is suspended`, hint: `Let it go on with: kill -CONT ${pid}` };
    }
    if (waited >= PATIENCE_MS) {
      return { why: `process ${pid} is silent`, hint: "See what it says: zag ps list" };
    }
    if (waited >= NOTE_AFTER_MS) {
      this.#say(`The message has not been taken yet by process ${pid}, zag waits`);
    }
    return undefined;
  }

  /** Says once that nothing can be expected for now. */
  note(): void {
    const pid = this.#run.ownerPid;
    if (this.#noted || !this.#isSuspended()) return;
    this.#say(`The session's zag (process ${pid}) is suspended: kill -CONT ${pid} lets it go on`);
  }

  #isSuspended(): boolean {
    return stateOf(this.#run.ownerPid)?.startsWith("T") === true;
  }

  #say(text: string): void {
    if (!this.#noted) this.#options.note?.(text);
    this.#noted = true;
  }
}

function tooLong(content: string): string | undefined {
  const { length } = new TextEncoder().encode(content);
  return length > MAX_MESSAGE_BYTES
    ? `it has ${length} bytes, and a message may have ${MAX_MESSAGE_BYTES}; name a file in it`
    : undefined;
}

function goneError({ sessionId }: SessionRecord, why: string): SendError {
  return new SendError(`Cannot send to session "${sessionId}": it takes no messages: ${why}`, {
    hint: goOnHint(sessionId),
  });
}

function goOnHint(sessionId: string): string {
  return `Go on with it: zag exec --resume ${sessionId} "message"; or start another one: ` +
    "zag spawn --interactive";
}

/** How it ended, as far as the books say it. */
function endOf(store: SessionStore, { sessionId }: SessionRecord): string {
  const session = store.getSession(sessionId);
  if (!session) return "it was deleted";
  if (session.outcome === null) return "its zag is gone";
  return session.error ?? (session.outcome === "success" ? "it has completed" : session.outcome);
}
