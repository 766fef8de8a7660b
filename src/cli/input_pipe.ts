/** Sends messages through the pipe of an interactive session. */
import type { AgentOutput } from "../events/event.ts";
import { sendMessage } from "../orchestration/send_message.ts";
import { announceWaiting, untilHeldUpBy } from "../sessions/waiting.ts";
import { listenForInterrupts } from "./interrupts.ts";
import { type Input, sayTurnEnd, sayWhere } from "./send_input.ts";

/**
 * Sends, and waits for the answers when anything is wanted of them: a format, one answer after the
 * other, or whether they are failures. Returns the exit code.
 */
export async function sendByPipe(input: Input): Promise<number> {
  const { flags, sessions, session, from, first, more } = input;
  let failed = false;
  let wanted = more !== undefined || flags.output !== undefined || flags.exitOnFailure;
  using interrupts = listenForInterrupts();
  const { signal } = interrupts;
  using _waiting = wanted ? announceWaiting(sessions.paths, from, [session.sessionId]) : undefined;
  const send = async (text: string) => {
    const sent = await sendOne(input, text, wanted, signal);
    signal.throwIfAborted();
    wanted &&= !sent.endless;
    if (!sent.answer) return;
    await printAnswer(input, sent.answer);
    failed = await sayTurnEnd(input, endOf(input, sent.answer)) || failed;
  };
  await sayWhere(input);
  await send(first);
  for await (const line of until(more, signal)) await send(line);
  signal.throwIfAborted();
  return failed && flags.exitOnFailure ? 1 : 0;
}

/** What became of one message. */
interface Sent {
  readonly answer: AgentOutput | undefined;
  /** The session waits for the sender: its answer would never come. */
  readonly endless: boolean;
}

async function sendOne(
  { sessions, session, title, from, compose, note, debug }: Input,
  text: string,
  awaitAnswer: boolean,
  signal: AbortSignal,
): Promise<Sent> {
  const { sessionId } = session;
  const over = new AbortController();
  const heldUp = new AbortController();
  let taken = false;
  let looking: Promise<void> | undefined;
  try {
    const { answer } = await sendMessage(sessions, session, compose(text), {
      awaitAnswer,
      signal: AbortSignal.any([signal, heldUp.signal]),
      note: (message) => void note(`> ${message}`),
      debug,
      taken() {
        taken = true;
        if (!awaitAnswer || from === undefined) return;
        const ending = AbortSignal.any([signal, over.signal]);
        looking = untilHeldUpBy(sessions.paths, sessionId, from, { signal: ending, debug })
          .then((found) => void (found && heldUp.abort()));
      },
    });
    return { answer, endless: false };
  } catch (error) {
    if (!signal.aborted && heldUp.signal.aborted && error === heldUp.signal.reason) {
      await note(`> Session ${title} waits for this one: its answer is not waited for`);
      return { answer: undefined, endless: true };
    }
    throw error;
  } finally {
    if (signal.aborted && taken) {
      await note(`> The message has been sent: session ${title} goes on with it`);
    }
    over.abort();
    await looking;
  }
}

/** The items as long as nobody asks for the end; stdin may stay silent for ever. */
async function* until<T>(
  items: AsyncGenerator<T> | undefined,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined));
  });
  while (items) {
    const next = await Promise.race([items.next(), aborted]);
    if (!next || next.done) return;
    yield next.value;
  }
}

function endOf({ flags, more }: Input, answer: AgentOutput) {
  const isText = flags.output === undefined || flags.output === "text";
  return {
    failure: answer.is_error ? answer.error_message ?? "nobody knows why" : undefined,
    answered: isText || (!more && flags.exitOnFailure) ? Boolean(answer.result?.trim()) : undefined,
  };
}

async function printAnswer({ ctx, flags, more }: Input, answer: AgentOutput): Promise<void> {
  const { jsonText } = await import("./json_text.ts");
  const { withoutControls } = await import("../events/render/text.ts");
  const format = more && flags.output === "json" ? "stream-json" : flags.output;
  const json = (value: unknown, space?: number) =>
    jsonText(ctx, JSON.stringify(value, null, space)) + "\n";
  if (format === "json") await ctx.stdout.write(json(answer));
  else if (format === "json-pretty") await ctx.stdout.write(json(answer, 2));
  else if (format === "stream-json") {
    await ctx.stdout.write(answer.events.map((event) => json(event)).join(""));
  } else if (answer.result) {
    const text = ctx.stdout.isTerminal ? withoutControls(answer.result) : answer.result;
    await ctx.stdout.write(text.endsWith("\n") ? text : text + "\n");
  }
}
