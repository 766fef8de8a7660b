/** Sends messages by going on with a session when it is their turn. */
import { optionsToGoOn } from "../agent/going_on.ts";
import type { LaunchOptions } from "../agent/launch_options.ts";
import { whereToGoOn } from "../agent/place.ts";
import { takeTurn, type Turn, TurnCycleError } from "../orchestration/take_turn.ts";
import { Ticket } from "../orchestration/turn_queue.ts";
import { loadProvider } from "../providers/registry.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { SessionRunningError } from "../sessions/store_errors.ts";
import { isHeldUpBy } from "../sessions/waiting.ts";
import { notifyOptions } from "./agent_flags.ts";
import type { CliContext } from "./context.ts";
import { CliError } from "./errors.ts";
import { execSession, type SessionFlags, type SessionRequest } from "./exec_session.ts";
import { listenForInterrupts } from "./interrupts.ts";
import { type Input, sayWhere } from "./send_input.ts";
import { StreamView } from "./stream_view.ts";

/** Sends, and prints as `exec` does; returns the exit code. */
export async function sendByTurn(input: Input): Promise<number> {
  if (input.more) await checkStream(input.session);
  const prompt = input.compose(input.first);
  try {
    using turn = await queued(input);
    return await inTurn(input, prompt, turn);
  } catch (error) {
    if (!(error instanceof TurnCycleError) || input.more) throw error;
    return await later(input, prompt);
  }
}

/** Whatever launches the agent listens for signals itself. */
async function listening<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  using interrupts = listenForInterrupts();
  return await work(interrupts.signal);
}

async function queued(input: Input): Promise<Turn> {
  const { ctx, sessions, session, title, from, note, debug } = input;
  const { store, paths } = sessions;
  return await listening(async (signal) => {
    // Before there is a ticket: whoever waits for this agent would take it for a wait that lasts.
    if (from !== undefined && isHeldUpBy(paths, session.sessionId, from)) {
      throw new TurnCycleError(session.sessionId);
    }
    const ticket = await Ticket.take(paths, session.sessionId, from);
    await input.queued?.();
    return await takeTurn({ store, paths, now: () => ctx.now() }, session, {
      from,
      ticket,
      signal,
      debug,
      waiting: (begun) =>
        void note(
          `> Waits for session ${title}, which ` +
            (begun ? "is at work" : "waits for the sessions that it depends on"),
        ),
    });
  });
}

async function inTurn(input: Input, prompt: string, turn: Turn): Promise<number> {
  const { ctx, flags, title, note, more } = input;
  const { options, warnings, ...first } = await goingOn(input);
  for (const warning of warnings) await note(`warning: ${warning}`);
  await sayWhere(input);
  const stdout = new CountedOutput(ctx.stdout);
  let { cwd } = first;
  const where: CliContext = Object.create(ctx, {
    cwd: { get: () => cwd },
    stdout: { value: stdout },
  });
  const asked = request(input, prompt, options);
  const shown: SessionFlags = {
    quiet: flags.quiet,
    verbose: flags.verbose,
    debug: flags.debug,
    json: false,
    jsonSchema: undefined,
    output: asked.options.outputFormat,
    exitOnFailure: flags.exitOnFailure,
    showUsage: false,
    continue: false,
    userMessage: more ? undefined : prompt,
    saysRemoved: true,
  };
  const view = more && await StreamView.open({ ...input, ctx: where }, shown, asked.options);
  for (;;) {
    try {
      const code = await execSession(where, { ...shown, view }, asked);
      if (code === 0 && !stdout.written && !more) await note(`> Session ${title} gave no answer`);
      return code;
    } catch (error) {
      // What was read of stdin is gone.
      if (!(error instanceof SessionRunningError) || more) throw error;
      await listening((signal) => turn.again(signal));
      // What has come in between may have ended with its worktree.
      ({ cwd } = await goingOn(input));
    }
  }
}

function request(
  { ctx, flags, session, compose, more }: Input,
  prompt: string,
  goesOn: LaunchOptions,
): SessionRequest {
  const output = more && flags.output === "json" ? "stream-json" : flags.output;
  return {
    options: {
      ...goesOn,
      ...(flags.maxCost === undefined ? {} : { maxCostUsd: flags.maxCost }),
      ...(flags.maxTokens === undefined ? {} : { maxTokens: flags.maxTokens }),
      autoResume: !flags.noAutoResume,
      ...notifyOptions(flags, ctx.cwd),
      ...(output === undefined || output === "text" ? {} : { outputFormat: output }),
      ...(more ? { inputFormat: "stream-json", replayUserMessages: true } : {}),
    },
    prompt,
    resume: { id: session.sessionId },
    streamInput: more !== undefined,
    ...(more ? { input: encoded(more, compose) } : {}),
  };
}

/** How the session goes on: where, and with which of its options. */
async function goingOn(
  { ctx, flags, sessions, session: known }: Input,
): Promise<{ cwd: string; options: LaunchOptions; warnings: readonly string[] }> {
  // It may have been changed, or been given its id, while it was waited for.
  const session = sessions.store.getSession(known.sessionId) ?? known;
  // Its directory comes first: everything else is looked for there.
  const here = flags.later === undefined ? sessions.project.workspace : undefined;
  const cwd = await whereToGoOn(session, here);
  return { cwd, ...await optionsToGoOn(session, ctx.env) };
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

/** The session waits for the one that sends: the message follows when that is over. */
async function later(input: Input, prompt: string): Promise<number> {
  const { ctx, flags, session, title, from, note } = input;
  if (flags.notify.length > 0) {
    await note("warning: --notify has no effect: the message is sent in the background");
  }
  const { sendLater } = await import("../orchestration/send_later.ts");
  await sendLater(ctx, { to: session.sessionId, from, text: prompt });
  await note(`> Session ${title} waits for this one: it gets the message when its turn has ended`);
  return 0;
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
