/** What every benchmark gets told. */
import { MAIN } from "../../tests/support/zag.ts";

/** How a benchmark is run. */
export interface BenchOptions {
  readonly zag: ZagCommand;
  /** Fewer and shorter runs. */
  readonly quick: boolean;
}

/** What starts zag, before any argument of its own. */
export interface ZagCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * The command that starts a zag.
 *
 * @param path A program, or a module; the checkout's own main module without it.
 */
export function zagCommand(path: string = MAIN): ZagCommand {
  return /\.[cm]?[jt]s$/.test(path)
    ? { command: Deno.execPath(), args: ["run", "--allow-all", "--no-prompt", path] }
    : { command: path, args: [] };
}
