/** Where a program without a terminal prints: the log of a session in the background. */
import { dirname } from "node:path";
import { ensurePrivateDir } from "../config/paths.ts";
import { RedactingText } from "../redact/redacting_text.ts";
import { type CliContext, createWriter, type OutputStream } from "./context.ts";

/** A context that prints into a file, as long as it is not disposed. */
export interface LoggedContext extends Disposable {
  readonly ctx: CliContext;
}

/**
 * The same context with stdout and stderr in one file. Where that cannot be written, nothing is: the
 * session is worth more than what is said beside it. Secrets are left out.
 *
 * @param path The file; it is private, and made when it is missing.
 */
export function spawnLogContext(ctx: CliContext, path: string): LoggedContext {
  const file = open(path);
  const append = createWriter(
    async (bytes) => await file?.write(bytes) ?? bytes.length,
    "discard",
  );
  const told = new RedactingText();
  const write: OutputStream["write"] = (piece) => append(told.push(piece));
  const output: OutputStream = { write, isTerminal: false, columns: 80 };
  return {
    ctx: Object.create(ctx, {
      stdout: { value: output },
      stderr: { value: output },
      color: { value: () => false },
    }),
    [Symbol.dispose]: () => {
      addQuietly(file, told.end());
      file?.close();
    },
  };
}

function addQuietly(file: Deno.FsFile | undefined, text: string): void {
  try {
    if (text !== "") file?.writeSync(new TextEncoder().encode(text));
  } catch {
    // As with all that was to be written before.
  }
}

function open(path: string): Deno.FsFile | undefined {
  try {
    ensurePrivateDir(dirname(path));
    return Deno.openSync(path, { create: true, append: true, mode: 0o600 });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}
