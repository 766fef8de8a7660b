/**
 * Suspends this program together with a child that has the terminal. A child that stops itself,
 * as full-screen programs do on Ctrl-Z, would otherwise leave a shell that waits for ever.
 */
import { stateOf } from "./process_table.ts";

/** Choices of {@linkcode followStops}. */
export interface FollowStopsOptions {
  /** Called before this program stops: the shell needs its terminal modes back. */
  beforeStop?(): Promise<void>;
  /** Called after this program was continued; the child may be at work already. */
  afterContinue?(): Promise<void>;
}

/** Watches a child until it is disposed. Does nothing on Windows, which has no job control. */
export function followStops(pid: number, options: FollowStopsOptions = {}): Disposable {
  if (Deno.build.os === "windows") return { [Symbol.dispose]: () => {} };
  let changes = 0;
  const look = async () => {
    // A change that comes while another one is being dealt with must not be missed.
    if (changes++ > 0) return;
    for (let seen = 0; seen !== changes;) {
      seen = changes;
      await followStop(pid, options).catch(() => {
        // The child is gone, or signals are not permitted: there is nothing to suspend.
      });
    }
    changes = 0;
  };
  const listener = () => void look();
  Deno.addSignalListener("SIGCHLD", listener);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGCHLD", listener) };
}

async function followStop(pid: number, options: FollowStopsOptions): Promise<void> {
  if (!isStopped(pid)) return;
  await options.beforeStop?.();
  // Whoever continues this program, as `fg` does, tells the whole group, so the child goes on too. To
  // tell it once more could undo a new stop: it may be faster than this program.
  Deno.kill(Deno.pid, "SIGSTOP");
  await options.afterContinue?.();
}

function isStopped(pid: number): boolean {
  return stateOf(pid)?.startsWith("T") === true;
}
