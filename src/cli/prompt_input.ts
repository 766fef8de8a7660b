/** Where a prompt comes from: the command line, stdin, or both. */
import { joinStdin } from "../agent/prompt.ts";
import type { CliContext } from "./context.ts";
import { UsageError } from "./errors.ts";

/** An open pipe is given this long to say something before the prompt alone is used. */
const PIPE_WAIT_MS = 1000;
/** In so many parts: however long this process stands still, no more than one of them has gone by. */
const PIPE_LOOKS = 10;

/**
 * The prompt of a non-interactive command. Without one on the command line, or with `-`, stdin is
 * the prompt; with one, piped input is put below it.
 */
export async function readPrompt(
  ctx: CliContext,
  given: string | undefined,
  command: string,
  quiet = false,
): Promise<string> {
  if (given === undefined || given === "-") {
    if (ctx.stdin.isTerminal && given === undefined) {
      throw new UsageError(`Missing prompt for "${command}": give one, or pipe it in`);
    }
    return notEmpty(await readAll(ctx.stdin.readable));
  }
  const prompt = notEmpty(given);
  if (ctx.stdin.isTerminal) return prompt;
  const piped = await readPiped(ctx, quiet);
  return piped === undefined || piped.trim() === "" ? prompt : joinStdin(prompt, piped);
}

/** The first message of a stream that stdin goes on with; undefined when stdin has the first, too. */
export function firstMessage(given: string | undefined): string | undefined {
  return given === undefined || given === "-" ? undefined : notEmpty(given);
}

function notEmpty(prompt: string): string {
  if (prompt.trim() === "") throw new UsageError("Cannot run an empty prompt: say what to do");
  return prompt;
}

/** What is piped in; undefined when nothing comes within a second. */
export async function readPiped(ctx: CliContext, quiet: boolean): Promise<string | undefined> {
  let reader: ReadableStreamDefaultReader<Uint8Array>;
  try {
    reader = ctx.stdin.readable.getReader();
  } catch {
    return undefined;
  }
  const silent = Symbol();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const first = reader.read().catch(() => ({ done: true, value: undefined } as const));
  const waited = new Promise<typeof silent>((resolve) => {
    const wait = (looks: number) => {
      timer = setTimeout(
        () => looks > 1 ? wait(looks - 1) : resolve(silent),
        PIPE_WAIT_MS / PIPE_LOOKS,
      );
    };
    wait(PIPE_LOOKS);
  });
  const head = await Promise.race([first, waited]);
  clearTimeout(timer);
  if (head === silent) {
    if (!quiet) {
      await ctx.stderr.write(
        "warning: stdin is open but silent; going on with the prompt alone\n",
      );
    }
    return undefined;
  }
  const decoder = new TextDecoder();
  let text = "";
  let part: { done: boolean; value?: Uint8Array | undefined } = head;
  while (!part.done) {
    text += decoder.decode(part.value, { stream: true });
    part = await reader.read();
  }
  return text + decoder.decode();
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<string> {
  try {
    return await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).text();
  } catch (error) {
    throw new UsageError(`Cannot read the prompt from stdin: ${(error as Error).message}`);
  }
}
