/** Where the result comes from that `zag ps kill` hands in. */
import { resolve } from "node:path";
import type { CliContext } from "./context.ts";
import { CliError, UsageError } from "./errors.ts";

/** What stands for stdin. */
const STDIN = "-";

/**
 * The result as it was given: on the command line, in a file, or on stdin for `-`. Undefined when none
 * is.
 *
 * @throws {UsageError} when both are given
 * @throws {CliError} when the file cannot be read, or is no text
 */
export async function readResult(
  ctx: CliContext,
  operand: string | undefined,
  file: string | undefined,
): Promise<string | undefined> {
  if (file !== undefined && operand !== undefined) {
    throw new UsageError("Cannot use --file together with a result: give one of them");
  }
  if (file !== undefined && file !== STDIN) return await fromFile(resolve(ctx.cwd, file));
  return operand === STDIN || file === STDIN ? await fromStdin(ctx) : operand;
}

async function fromFile(path: string): Promise<string> {
  const what = `the file ${JSON.stringify(path)}`;
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    const reason = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : error instanceof Deno.errors.PermissionDenied
      ? "it may not be read"
      : error instanceof Deno.errors.IsADirectory
      ? "it is a directory"
      : (error as Error).message;
    throw notEnded(what, reason, "Write the result to a file, and give its path");
  }
  return decoded(bytes, what);
}

async function fromStdin(ctx: CliContext): Promise<string> {
  let bytes: Uint8Array;
  try {
    const stream = ctx.stdin.readable as ReadableStream<Uint8Array<ArrayBuffer>>;
    bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (error) {
    throw notEnded("stdin", (error as Error).message);
  }
  return decoded(bytes, "stdin");
}

function decoded(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw notEnded(what, "it is no text in UTF-8");
  }
}

function notEnded(what: string, reason: string, hint?: string): CliError {
  return new CliError(
    `Cannot read the result from ${what}: ${reason}; nothing was ended`,
    undefined,
    hint,
  );
}

/**
 * What became of a `ps` command, for programs: `ok`, and `error` with the reason where it failed.
 *
 * @param failure What was thrown; undefined when nothing was.
 */
export function resultInfo(failure: unknown): { ok: boolean; error?: string } {
  if (failure === undefined) return { ok: true };
  return { ok: false, error: failure instanceof Error ? failure.message : String(failure) };
}
