/** Where a program without a terminal prints: the log of a session in the background. */
import { dirname } from "node:path";
import { ensurePrivateDir } from "../config/paths.ts";
import { type CliContext, createWriter, type OutputStream } from "./context.ts";

/** A context that prints into a file, as long as it is not disposed. */
export interface LoggedContext extends Disposable {
  readonly ctx: CliContext;
}

/**
 * The same context with stdout and stderr in one file. Where that cannot be written, nothing is: the
 * session is worth more than what is said beside it.
 *
 * @param path The file; it is private, and made when it is missing.
 */
export function spawnLogContext(ctx: CliContext, path: string): LoggedContext {
  const file = open(path);
  const write = createWriter(
    async (bytes) => await file?.write(bytes) ?? bytes.length,
    "discard",
  );
  const output: OutputStream = { write, isTerminal: false, columns: 80 };
  return {
    ctx: Object.create(ctx, {
      stdout: { value: output },
      stderr: { value: output },
      color: { value: () => false },
    }),
    [Symbol.dispose]: () => file?.close(),
  };
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
