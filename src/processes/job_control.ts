/**
 * Suspends this program together with a child that has the terminal. A child that stops itself,
 * as full-screen programs do on Ctrl-Z, would otherwise leave a shell that waits for ever.
 */
import { readProcesses } from "./process_table.ts";

/** Choices of {@linkcode followStops}. */
export interface FollowStopsOptions {
  /** Called before this program stops: the shell needs its terminal modes back. */
  beforeStop?(): Promise<void>;
  /** Called after this program was continued and before the child is. */
  afterContinue?(): Promise<void>;
}

/** Watches a child until it is disposed. Does nothing on Windows, which has no job control. */
export function followStops(pid: number, options: FollowStopsOptions = {}): Disposable {
  if (Deno.build.os === "windows") return { [Symbol.dispose]: () => {} };
  let busy = false;
  const look = async () => {
    if (busy) return;
    busy = true;
    try {
      if (!await isStopped(pid)) return;
      await options.beforeStop?.();
      Deno.kill(Deno.pid, "SIGSTOP");
      await options.afterContinue?.();
      // `fg` has told the whole group; a child in another one has to be told by us.
      if (await isStopped(pid)) Deno.kill(pid, "SIGCONT");
    } catch {
      // The child is gone, or signals are not permitted: there is nothing to suspend.
    } finally {
      busy = false;
    }
  };
  const listener = () => void look();
  Deno.addSignalListener("SIGCHLD", listener);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGCHLD", listener) };
}

async function isStopped(pid: number): Promise<boolean> {
  return (await readProcesses([pid])).get(pid)?.state.startsWith("T") === true;
}
