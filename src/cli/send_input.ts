/** What `zag input` does once it knows the session. */
import { readAttachments } from "../agent/attachments.ts";
import { composeMessage, type Sender } from "../agent/envelope.ts";
import { optionsToGoOn } from "../agent/going_on.ts";
import type { AgentOptions } from "../agent/options.ts";
import { checkResumable } from "../agent/resume_target.ts";
import type { AgentOutput } from "../events/event.ts";
import { senderTo } from "../orchestration/receivers.ts";
import { loadProvider } from "../providers/registry.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { SessionRunningError } from "../sessions/store_errors.ts";
import type { InputFlags } from "./commands/input.ts";
import type { CliContext } from "./context.ts";
import { CliError, printError } from "./errors.ts";
import { listenForInterrupts } from "./interrupts.ts";
import { messageLines, readMessage } from "./message_input.ts";
import { printMessage } from "./message.ts";
import type { Sessions } from "./open_sessions.ts";

/** Sends by going on with the session, and prints as `exec` does. */
export async function sendByTurn(
  ctx: CliContext,
  flags: InputFlags,
  sessions: Sessions,
  session: SessionRecord,
  given: string | undefined,
): Promise<number> {
  const { sessionId } = session;
  if (flags.stream) await checkStream(session);
  const compose = await composer(ctx, flags, sessions, session);
  const from = ctx.env.get("ZAG_SESSION_ID") || undefined;
  const message = await firstText(ctx, flags, given);
  const prompt = message === undefined ? undefined : compose(message);
  const [{ execSession }, { takeTurn, TurnCycleError }] = await Promise.all([
    import("./exec_session.ts"),
    import("../orchestration/take_turn.ts"),
  ]);
  const debug = debugging(ctx, flags);
  const access = { store: sessions.store, paths: sessions.paths, now: () => ctx.now() };
  const note = noting(ctx, flags);
  // Whatever launches the agent listens for signals itself.
  const listening = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    using interrupts = listenForInterrupts();
    return await work(interrupts.signal);
  };
  const inTurn = (signal: AbortSignal) =>
    takeTurn(access, session, {
      from,
      signal,
      debug,
      waiting: () => note(`> Waits for session ${nameOf(session)}, which is at work`),
    });
  try {
    using turn = await listening(inTurn);
    const { cwd, options, warnings } = await goingOn(ctx, sessions, session);
    for (const warning of warnings) note(`warning: ${warning}`);
    if (shown(ctx, flags)) note(`> Sends to session ${nameOf(session)} (${session.provider})`);
    const stdout = new CountedOutput(ctx.stdout);
    const format = flags.stream && flags.output === "json" ? "stream-json" : flags.output;
    const output = format === "text" ? undefined : format;
    const asked = {
      options: {
        ...options,
        ...(output === undefined ? {} : { outputFormat: output }),
        ...(flags.stream ? { inputFormat: "stream-json", replayUserMessages: true } : {}),
      } satisfies AgentOptions,
      prompt,
      resume: { id: sessionId },
      streamInput: flags.stream,
      ...(flags.stream ? { input: encoded(messageLines(ctx), compose) } : {}),
    };
    const view = {
      quiet: flags.quiet,
      verbose: flags.verbose,
      debug: flags.debug,
      json: false,
      jsonSchema: undefined,
      output,
      exitOnFailure: false,
      showUsage: false,
      continue: false,
      userMessage: flags.stream ? undefined : prompt,
    };
    const where: CliContext = Object.create(ctx, {
      cwd: { value: cwd },
      stdout: { value: stdout },
    });
    for (;;) {
      try {
        const code = await execSession(where, view, asked);
        if (code === 0 && !stdout.written) note(`> Session ${nameOf(session)} gave no answer`);
        return code;
      } catch (error) {
        if (!(error instanceof SessionRunningError) || flags.stream) throw error;
        await listening((signal) => turn.again(signal));
      }
    }
  } catch (error) {
    if (!(error instanceof TurnCycleError) || prompt === undefined || flags.stream) throw error;
    const { sendLater } = await import("../orchestration/send_later.ts");
    await sendLater(ctx, sessionId, prompt);
    note(
      `> Session ${
        nameOf(session)
      } waits for this one: it gets the message when its turn has ended`,
    );
    return 0;
  }
}

/** Sends through the pipe of an interactive session; waits for answers when a format is given. */
export async function sendByPipe(
  ctx: CliContext,
  flags: InputFlags,
  sessions: Sessions,
  session: SessionRecord,
  given: string | undefined,
): Promise<number> {
  const { sendMessage } = await import("../orchestration/send_message.ts");
  const compose = await composer(ctx, flags, sessions, session);
  const first = await firstText(ctx, flags, given);
  const note = noting(ctx, flags);
  const wanted = flags.stream || flags.output !== undefined;
  using waiting = wanted ? await announceWait(ctx, sessions, session) : undefined;
  const awaitAnswer = wanted && waiting?.endless !== true;
  if (wanted && !awaitAnswer) {
    note(`> Session ${nameOf(session)} waits for this one: its answer is not waited for`);
  }
  using interrupts = listenForInterrupts();
  const { signal } = interrupts;
  const debug = debugging(ctx, flags);
  const send = async (text: string) => {
    const { answer } = await sendMessage(sessions, session, compose(text), {
      awaitAnswer,
      signal,
      note: (message) => note(`> ${message}`),
      debug,
    });
    signal.throwIfAborted();
    if (answer) await printAnswer(ctx, flags, answer);
  };
  if (shown(ctx, flags)) note(`> Sends to session ${nameOf(session)} (${session.provider})`);
  if (first !== undefined) await send(first);
  if (flags.stream) {
    for await (const line of until(messageLines(ctx), signal)) await send(line);
    signal.throwIfAborted();
  }
  return 0;
}

/**
 * Lets others know that the session of the sender waits for this one: they must not wait for it in turn.
 */
async function announceWait(
  ctx: CliContext,
  { paths }: Sessions,
  { sessionId }: SessionRecord,
): Promise<Disposable & { endless: boolean } | undefined> {
  const from = ctx.env.get("ZAG_SESSION_ID");
  if (!from) return undefined;
  const { Ticket, waitsFor } = await import("../orchestration/turn_queue.ts");
  const ticket = await Ticket.take(paths, sessionId, from);
  return {
    endless: waitsFor(paths, sessionId, from),
    [Symbol.dispose]: () => ticket[Symbol.dispose](),
  };
}

/** How the session goes on: where, and with which of its options. */
async function goingOn(
  ctx: CliContext,
  { store }: Sessions,
  known: SessionRecord,
): Promise<{ cwd: string; options: AgentOptions; warnings: readonly string[] }> {
  // It may have been changed, or been given its id, while it was waited for.
  const session = store.getSession(known.sessionId) ?? known;
  // Its directory comes first: everything else is looked for there.
  await checkResumable(session, session.cwd, true);
  return { cwd: session.cwd, ...await optionsToGoOn(session, ctx.env) };
}

/** Makes a message of a text; files go with the first one. */
async function composer(
  ctx: CliContext,
  flags: InputFlags,
  { store }: Sessions,
  session: SessionRecord,
): Promise<(text: string) => string> {
  let attachments = await readAttachments(flags.file, ctx.cwd);
  const sender: Sender | undefined = flags.raw ? undefined : senderTo(store, session, ctx.env);
  return (text) => {
    const message = composeMessage({ text, attachments, sender });
    attachments = [];
    return message;
  };
}

/** The message, or with --stream the one that comes before stdin, if there is one. */
async function firstText(
  ctx: CliContext,
  flags: InputFlags,
  given: string | undefined,
): Promise<string | undefined> {
  if (flags.stream && (given === undefined || given === "-")) return undefined;
  return await readMessage(ctx, given, "input");
}

async function checkStream({ provider: name, sessionId }: SessionRecord): Promise<void> {
  const provider = await loadProvider(name);
  if (!provider || provider.capabilities.streamInput) return;
  throw new CliError(
    `Cannot use --stream with session "${sessionId}": ${provider.displayName} takes no messages ` +
      "while it is at work",
    1,
    "Send them one by one: zag input MESSAGE",
  );
}

/** Lines as the messages that a launch reads. */
function encoded(
  lines: AsyncIterable<string>,
  compose: (text: string) => string,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  async function* messages() {
    for await (const line of lines) {
      const message = { type: "user_message", content: compose(line) };
      yield encoder.encode(JSON.stringify(message) + "\n");
    }
  }
  return ReadableStream.from(messages());
}

/** The items as long as nobody asks for the end; stdin may stay silent for ever. */
async function* until<T>(items: AsyncGenerator<T>, signal: AbortSignal): AsyncGenerator<T> {
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined));
  });
  for (;;) {
    const next = await Promise.race([items.next(), aborted]);
    if (!next || next.done) return;
    yield next.value;
  }
}

async function printAnswer(
  ctx: CliContext,
  flags: InputFlags,
  answer: AgentOutput,
): Promise<void> {
  const { jsonText } = await import("./json_text.ts");
  const { withoutControls } = await import("../events/render/text.ts");
  const format = flags.stream && flags.output === "json" ? "stream-json" : flags.output;
  const json = (value: unknown, space?: number) =>
    jsonText(ctx, JSON.stringify(value, null, space)) + "\n";
  if (format === "json") await ctx.stdout.write(json(answer));
  else if (format === "json-pretty") await ctx.stdout.write(json(answer, 2));
  else if (format === "stream-json") {
    await ctx.stdout.write(answer.events.map((event) => json(event)).join(""));
  } else if (answer.result) {
    const text = ctx.stdout.isTerminal ? withoutControls(answer.result) : answer.result;
    await ctx.stdout.write(text.endsWith("\n") ? text : text + "\n");
  } else if (!answer.is_error) {
    noting(ctx, flags)("> The session gave no answer");
  }
  if (answer.is_error) {
    const why = answer.error_message ?? "nobody knows why";
    await printError(ctx, `${answer.provider ?? answer.agent} reported a failure: ${why}`);
  }
}

/** Knows whether anything was printed. */
class CountedOutput {
  written = false;
  readonly #output: CliContext["stdout"];

  constructor(output: CliContext["stdout"]) {
    this.#output = output;
  }

  get isTerminal(): boolean {
    return this.#output.isTerminal;
  }

  get columns(): number {
    return this.#output.columns;
  }

  write(text: string | Uint8Array): Promise<void> {
    this.written ||= text.length > 0;
    return this.#output.write(text);
  }
}

function nameOf({ sessionId, name }: SessionRecord): string {
  return name ? `${sessionId.slice(0, 8)} "${name}"` : sessionId.slice(0, 8);
}

/** Scripts get no status lines unless they ask for them. */
function shown(ctx: CliContext, flags: InputFlags): boolean {
  return ctx.stderr.isTerminal || flags.verbose;
}

function noting(ctx: CliContext, flags: InputFlags): (text: string) => void {
  return (text) => void (flags.quiet || printMessage(ctx, text));
}

function debugging(ctx: CliContext, flags: InputFlags): (message: string) => void {
  return (message) => void (flags.debug && printMessage(ctx, `* ${message}`));
}
