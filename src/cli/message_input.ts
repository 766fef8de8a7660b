/** Where a message to a session comes from: the command line, or stdin. */
import type { CliContext } from "./context.ts";
import { UsageError } from "./errors.ts";

/**
 * The message. stdin is read only when no message is given, or `-`: loops over lines send messages.
 * What comes from there has no blanks around it.
 *
 * @throws {UsageError} when there is none, or it is empty
 */
export async function readMessage(
  ctx: CliContext,
  given: string | undefined,
  command: string,
): Promise<string> {
  if (given !== undefined && given !== "-") return notEmpty(given);
  if (given === undefined && ctx.stdin.isTerminal) {
    throw new UsageError(`Missing message for "${command}": give one, or pipe it in`);
  }
  let text = "";
  try {
    text = await new Response(ctx.stdin.readable as ReadableStream<Uint8Array<ArrayBuffer>>).text();
  } catch (error) {
    throw new UsageError(`Cannot read the message from stdin: ${(error as Error).message}`);
  }
  return notEmpty(text.trim());
}

/** Messages to one session, in their order. */
export interface Messages {
  readonly first: string;
  /** What follows it as it comes; undefined when nothing does. */
  readonly more: AsyncGenerator<string, void, undefined> | undefined;
}

/**
 * The message; with lines, all of stdin but its blank lines, after the message if there is one.
 *
 * @throws {UsageError} when there is nothing to send
 */
export async function readMessages(
  ctx: CliContext,
  given: string | undefined,
  lines: boolean,
): Promise<Messages> {
  if (!lines) return { first: await readMessage(ctx, given, "input"), more: undefined };
  const more = messageLines(ctx);
  if (given !== undefined && given !== "-") return { first: notEmpty(given), more };
  const { value } = await more.next();
  return { first: notEmpty(value ?? ""), more };
}

/** The lines of stdin as they come, without those that are blank. */
async function* messageLines(ctx: CliContext): AsyncGenerator<string, void, undefined> {
  const { LineSplitter } = await import("../processes/lines.ts");
  const splitter = new LineSplitter();
  for await (const chunk of ctx.stdin.readable) {
    for (const line of splitter.push(chunk)) if (line.trim() !== "") yield line;
  }
  const last = splitter.end();
  if (last !== undefined && last.trim() !== "") yield last;
}

function notEmpty(text: string): string {
  if (text.trim() === "") throw new UsageError("Cannot send an empty message: say something");
  return text;
}
