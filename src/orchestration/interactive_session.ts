/**
 * Looks after a session that takes messages: one message is one turn, in the order in which they come,
 * until the session is ended.
 *
 * @module
 */
import { AUTO } from "../agent/choose_provider.ts";
import { closeRun } from "../agent/close_run.ts";
import type { Isolation } from "../agent/isolate.ts";
import { isKept } from "../agent/kept_session.ts";
import { launch } from "../agent/launch.ts";
import type { SessionEnd } from "../agent/run_record.ts";
import type { AgentOutput } from "../events/event.ts";
import type { LogKind } from "../events/log_event.ts";
import { isAlive } from "../processes/process_table.ts";
import { loadProvider } from "../providers/registry.ts";
import { readEndRequest } from "../sessions/end_request.ts";
import { appendTo, ownLog } from "../sessions/own_log.ts";
import { unanswered } from "../sessions/taken_messages.ts";
import type { BackgroundRun } from "./background_session.ts";
import { LaunchedTurns } from "./launched_turns.ts";
import { MessageFile } from "./message_file.ts";
import { type PipeLine, PipeReader, whyNoMessage } from "./message_pipe.ts";
import { MessageQueue } from "./message_queue.ts";
import type { Launch, Turns } from "./session_turns.ts";
import { StreamedTurns } from "./streamed_turns.ts";

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
  readonly #queue: MessageQueue;
  /** Ends whatever agent is left when the session is over, whyever that is. */
  readonly #over = new AbortController();
  /** The worktree or sandbox in which all its turns work. */
  #place: Isolation | undefined;
  /** Senders that may have died before their answer came. */
  readonly #senders = new WeakMap<MessageFile, () => boolean>();
  /** It ends when all that it has taken is answered, and takes no more. */
  #closes = false;
  #warned = false;

  constructor(run: BackgroundRun) {
    this.#run = run;
    this.#queue = new MessageQueue(run.adopted.directory);
  }

  async run(): Promise<void> {
    try {
      await this.#runToEnd();
    } finally {
      if (this.#place) {
        const { endIsolation } = await import("../agent/isolate.ts");
        await endIsolation(this.#place, this.#run.access, this.#run.access.store);
      }
    }
  }

  async #runToEnd(): Promise<void> {
    const { access, paths, request, adopted } = this.#run;
    const pipe = await PipeReader.open(paths.fifo(request.sessionId));
    const reading = this.#read(pipe);
    let end: SessionEnd;
    try {
      end = await this.#converse();
    } finally {
      await pipe.close();
      await reading;
      this.#log(...unanswered(adopted.directory, "the session has ended"));
    }
    const place = this.#place;
    if (place?.kind === "worktree") await place.end.settleFirst(access.store, this.#run.signal);
    await closeRun(access.store, paths, request.processId, end);
  }

  /** Takes the messages of the pipe, until it is closed. Never rejects. */
  async #read(pipe: PipeReader): Promise<void> {
    for await (const line of pipe.lines()) {
      try {
        await this.#take(line);
      } catch (error) {
        this.#note(`A message was not taken: ${messageOf(error)}`);
      }
    }
  }

  async #take(line: PipeLine): Promise<void> {
    if (line.kind === "refused") throw new Error(line.reason);
    if (line.kind === "close") return await this.#close(line.id);
    const file = line.kind === "file" ? new MessageFile(this.#run.paths, line.id) : undefined;
    if (this.#closes) {
      await file?.refuse(CLOSES);
      throw new Error(CLOSES);
    }
    if (line.kind === "text") return await this.#queue.add(line.text);
    const { from, wantsAnswer } = line;
    try {
      // Otherwise its sender has given up.
      if (!await this.#queue.take(file!, wantsAnswer)) return;
    } catch (error) {
      await file!.refuse(messageOf(error));
      throw error;
    }
    if (from && !isAlive(from)) await file!.remove();
    if (from) this.#senders.set(file!, () => isAlive(from));
  }

  async #close(id: string | undefined): Promise<void> {
    const isAsked = id === undefined || await new MessageFile(this.#run.paths, id).clear();
    if (!isAsked || this.#closes) return;
    this.#closes = true;
    this.#queue.end();
  }

  async #converse(): Promise<SessionEnd> {
    const streams = await this.#takesStream();
    using turns = streams ? this.#streamed() : this.#launched();
    try {
      return await this.#takeTurns(turns, streams);
    } finally {
      this.#over.abort();
      await turns.gone;
    }
  }

  async #takeTurns(turns: Turns, streams: boolean): Promise<SessionEnd> {
    const { options, prompt } = this.#run.request;
    const over = turns.over.then((end) => {
      this.#queue.close();
      return end;
    });
    const asksAtOnce = prompt !== undefined || options.plan !== undefined;
    const belongsToFirst = (options.files?.length ?? 0) + (options.context?.length ?? 0) > 0;
    // Who chooses a model wants to know for what.
    const isOpen = this.#run.adopted.session.model === AUTO;
    let begun = asksAtOnce || streams && !belongsToFirst && !isOpen;
    const run = async (work: () => Promise<AgentOutput | undefined>) => {
      this.#stir();
      const answer = await work();
      begun = true;
      if (!streams) this.#rest();
      return answer;
    };
    if (begun) await run(() => turns.begin(prompt, false));
    for (;;) {
      const next = await this.#queue.next();
      if (!next) return await over;
      if (next.kind === "close") {
        await turns.close();
        continue;
      }
      const text = await this.#textOf(next.path);
      if (text !== undefined) {
        if (!begun) this.#log(messageLine(text));
        const { answerTo } = next;
        const wantsEvents = answerTo !== undefined;
        const answer = await run(() =>
          begun ? turns.turn(text, wantsEvents) : turns.begin(text, wantsEvents)
        );
        // It stays to be named.
        if (!answer && (await over).outcome !== "success") continue;
        if (answerTo) await this.#answer(answerTo, answer);
      }
      await Deno.remove(next.path).catch(() => {});
    }
  }

  /** What a message says; undefined when that is nothing that an agent could be told. */
  async #textOf(path: string): Promise<string | undefined> {
    try {
      const text = await Deno.readTextFile(path);
      const reason = whyNoMessage(text);
      if (reason === undefined) return text;
      throw new Error(reason);
    } catch (error) {
      this.#note(`A message was not taken: ${messageOf(error)}`);
      return undefined;
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

  #streamed(): Turns {
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

  #launched(): Turns {
    const { access: { observer }, request, adopted, signal } = this.#run;
    return new LaunchedTurns({
      launch: this.#launch(),
      observer,
      options: request.options,
      session: adopted.session,
      processId: request.processId,
      signal,
      asked: () => readEndRequest(adopted.directory),
      keeps: () => this.#keeps(),
      refused: (text, reason) => {
        this.#log(messageLine(text));
        this.#note(`The turn could not begin: ${reason}`);
      },
    });
  }

  /** Whether the agent's CLI keeps the session, as far as it is known where it would. */
  async #keeps(): Promise<boolean> {
    const { access: { store, host }, paths, request } = this.#run;
    const session = store.getSession(request.sessionId);
    // Nobody can look into a sandbox.
    if (!session || session.sandboxName !== null) return true;
    const { transcript } = await loadProvider(session.provider) ?? {};
    if (!transcript || session.providerSessionId === null) return true;
    return await isKept(transcript, {
      sessionId: session.providerSessionId,
      cwd: session.cwd,
      home: paths.userHome ?? "",
      stateDir: paths.agentState(session.provider),
      env: { ...host.env.toObject(), ...request.options.env },
    });
  }

  #launch(): Launch {
    const { access, request, adopted } = this.#run;
    const signal = AbortSignal.any([this.#run.signal, this.#over.signal]);
    return (turn) =>
      launch({
        observer: access.observer,
        ...turn,
        command: "exec",
        ...(turn.resume ? {} : { replay: request.replay }),
        adopted,
        staysOpen: true,
        endIsolation: (isolation) => {
          this.#place = isolation;
          return Promise.resolve();
        },
        signal,
        host: access.host,
      });
  }

  /** Whoever looks sees it at work from the beginning of a turn. */
  #stir(): void {
    const { access, request } = this.#run;
    this.#attempt(() => access.store.touchHeartbeat(request.sessionId));
  }

  /** The agent of the turn is gone. */
  #rest(): void {
    const { access, request } = this.#run;
    this.#attempt(() => access.store.setProcessAgent(request.processId, undefined));
  }

  #note(message: string): void {
    this.#log({ type: "user_event", level: "warn", message });
    this.#run.access.observer.warning?.(message);
  }

  #log(...kinds: LogKind[]): void {
    if (kinds.length === 0) return;
    const { access: { store }, paths, request } = this.#run;
    this.#attempt(() => {
      const session = store.getSession(request.sessionId);
      if (session) appendTo(ownLog(store, paths, session), session, kinds);
    });
  }

  /** Messages are answered also where books cannot be kept; that is said once. */
  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (this.#warned) return;
      this.#warned = true;
      const { observer } = this.#run.access;
      observer.warning?.(`this session is not fully recorded: ${messageOf(error)}`);
    }
  }
}

/** Why a message is not taken any more. */
const CLOSES = "it was asked to end, and answers only what was sent before";

function messageLine(content: string): LogKind {
  return { type: "user_message", role: "user", content, message_id: null };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
