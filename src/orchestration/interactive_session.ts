/**
 * Looks after a session that takes messages: one message is one turn, in the order in which they come,
 * until the session is ended.
 *
 * @module
 */
import { AUTO } from "../agent/choose_provider.ts";
import { closeRun } from "../agent/close_run.ts";
import { findTranscript } from "../agent/find_transcript.ts";
import { launch } from "../agent/launch.ts";
import type { SessionEnd } from "../agent/run_record.ts";
import type { AgentOutput } from "../events/event.ts";
import type { LogKind } from "../events/log_event.ts";
import { isAlive } from "../processes/process_table.ts";
import { loadProvider } from "../providers/registry.ts";
import { readEndRequest } from "../sessions/end_request.ts";
import { appendTo, ownLog } from "../sessions/own_log.ts";
import type { BackgroundRun } from "./background_session.ts";
import { LaunchedTurns } from "./launched_turns.ts";
import { MessageFile } from "./message_file.ts";
import { type PipeLine, PipeReader, whyNoMessage } from "./message_pipe.ts";
import { MessageQueue, type WaitingMessage } from "./message_queue.ts";
import type { Launch, Turns } from "./session_turns.ts";
import { StreamedTurns } from "./streamed_turns.ts";

/** So much of a message stands in a line that is about it. */
const EXCERPT = 500;

/**
 * Runs a session that takes messages to its end, and closes its books.
 *
 * @throws what kept it from running; its books are open then
 */
export async function runInteractive(run: BackgroundRun): Promise<void> {
  await new InteractiveSession(run).run();
}

class InteractiveSession {
  readonly #run: BackgroundRun;
  readonly #queue = new MessageQueue();
  /** Senders that may have died before their answer came. */
  readonly #senders = new WeakMap<MessageFile, () => boolean>();

  constructor(run: BackgroundRun) {
    this.#run = run;
  }

  async run(): Promise<void> {
    const { access, paths, request } = this.#run;
    const pipe = await PipeReader.open(paths.fifo(request.sessionId));
    let end: SessionEnd;
    try {
      const reading = this.#read(pipe);
      end = await this.#converse();
      await pipe.close();
      await reading;
    } finally {
      await pipe.close();
    }
    for (const { text } of this.#queue.rest()) {
      this.#note(`Not answered, because the session has ended: ${excerpt(text)}`);
    }
    await closeRun(access.store, paths, request.processId, end);
  }

  /** Takes the messages of the pipe, until it is closed. */
  async #read(pipe: PipeReader): Promise<void> {
    for await (const line of pipe.lines()) {
      try {
        const message = await this.#take(line);
        if (message) this.#queue.push(message);
      } catch (error) {
        this.#note(`A message was not taken: ${messageOf(error)}`);
      }
    }
  }

  async #take(line: PipeLine): Promise<WaitingMessage | undefined> {
    if (line.kind === "text") return { text: line.text, answerTo: undefined };
    if (line.kind === "refused") throw new Error(line.reason);
    const file = new MessageFile(this.#run.paths, line.id);
    const text = await file.take();
    // Its sender has given up.
    if (text === undefined) return undefined;
    const reason = whyNoMessage(text);
    if (reason !== undefined) throw new Error(reason);
    const { from, wantsAnswer } = line;
    if (from && !isAlive(from)) await file.remove();
    if (from) this.#senders.set(file, () => isAlive(from));
    return { text, answerTo: wantsAnswer ? file : undefined };
  }

  async #converse(): Promise<SessionEnd> {
    const { request } = this.#run;
    const { options, prompt } = request;
    const streams = await this.#takesStream();
    using turns = streams ? this.#streamed() : this.#launched();
    const over = turns.over.then((end) => {
      this.#queue.close();
      return end;
    });
    const asksAtOnce = prompt !== undefined || options.plan !== undefined;
    const belongsToFirst = (options.files?.length ?? 0) + (options.context?.length ?? 0) > 0;
    // Who chooses a model wants to know for what.
    const isOpen = this.#run.adopted.session.model === AUTO;
    let begun = asksAtOnce || streams && !belongsToFirst && !isOpen;
    if (begun) {
      this.#stir();
      await turns.begin(prompt, false);
    }
    for (;;) {
      const message = await this.#queue.next();
      if (!message) return await over;
      const { text, answerTo } = message;
      this.#stir();
      if (!begun) {
        this.#log({ type: "user_message", role: "user", content: text, message_id: null });
      }
      const wantsAnswer = answerTo !== undefined;
      const answer = await (begun ? turns.turn(text, wantsAnswer) : turns.begin(text, wantsAnswer));
      begun = true;
      if (answerTo) await this.#answer(answerTo, answer);
    }
  }

  async #answer(to: MessageFile, answer: AgentOutput | undefined): Promise<void> {
    if (this.#senders.get(to)?.() === false) return await to.remove();
    // Whoever waits in vain finds in the books how the session ended.
    if (!answer) return;
    try {
      await to.answer(answer);
    } catch (error) {
      this.#note(`An answer was not handed over: ${messageOf(error)}`);
    }
  }

  /** Whether the agent takes messages while it runs. Who is not known yet is asked anew each time. */
  async #takesStream(): Promise<boolean> {
    const { provider } = this.#run.adopted.session;
    if (provider === AUTO) return false;
    return Boolean((await loadProvider(provider))?.capabilities.streamInput);
  }

  #streamed(): Turns & Disposable {
    const { access, request, adopted, signal } = this.#run;
    return new StreamedTurns({
      launch: this.#launch(),
      options: request.options,
      provider: adopted.session.provider,
      signal,
      asked: () => readEndRequest(adopted.directory),
      observer: access.observer,
    });
  }

  #launched(): Turns & Disposable {
    const { access, request, adopted, signal } = this.#run;
    return new LaunchedTurns({
      launch: this.#launch(),
      options: request.options,
      session: adopted.session,
      processId: request.processId,
      signal,
      asked: () => readEndRequest(adopted.directory),
      keeps: () => this.#keeps(),
      rests: () => void access.store.setProcessAgent(request.processId, undefined),
      refused: (text, reason) => {
        this.#log({ type: "user_message", role: "user", content: text, message_id: null });
        this.#note(`The turn could not begin: ${reason}`);
      },
    });
  }

  /** Whether the agent's CLI has a file of the session, as far as it is known where that would be. */
  async #keeps(): Promise<boolean> {
    const { access: { store, host }, paths, request } = this.#run;
    const session = store.getSession(request.sessionId);
    if (!session) return true;
    const { transcript } = await loadProvider(session.provider) ?? {};
    if (!transcript || session.providerSessionId === null) return true;
    const found = await findTranscript(transcript, {
      sessionId: session.providerSessionId,
      cwd: session.cwd,
      home: paths.userHome ?? "",
      stateDir: paths.agentState(session.provider),
      env: { ...host.env.toObject(), ...request.options.env },
    });
    return found !== undefined;
  }

  #launch(): Launch {
    const { access, request, adopted, signal } = this.#run;
    return (turn) =>
      launch({
        observer: access.observer,
        ...turn,
        command: "exec",
        ...(turn.resume ? {} : { replay: request.replay }),
        adopted,
        staysOpen: true,
        signal,
        host: access.host,
      });
  }

  /** Whoever looks sees it at work from the beginning of a turn. */
  #stir(): void {
    const { access, request } = this.#run;
    access.store.touchHeartbeat(request.sessionId);
  }

  #note(message: string): void {
    this.#log({ type: "user_event", level: "warn", message });
    this.#run.access.observer.warning?.(message);
  }

  #log(...kinds: LogKind[]): void {
    const { access: { store }, paths, request } = this.#run;
    const session = store.getSession(request.sessionId);
    if (!session) return;
    appendTo(ownLog(store, paths, session), session, kinds);
  }
}

function excerpt(text: string): string {
  return text.length <= EXCERPT ? text : `${text.slice(0, EXCERPT)}...`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
