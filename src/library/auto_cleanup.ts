/** Ends the agents of a program together with it. */
import { type EndingSignal, Interrupt } from "../agent/interrupt.ts";
import { liveCalls } from "../agent/live_calls.ts";
import { onSignals } from "../processes/signals.ts";

/** The signals that ask a program to end, and that Ctrl-C and a closed terminal send. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

let users = 0;
let undo: Disposable | undefined;

/**
 * From now on all agents that this program runs end together with it. On SIGINT, SIGTERM and SIGHUP they
 * are ended, their books are closed, and then the program ends by that signal; a second one does not wait
 * for that. When the program exits, or an error ends it that nobody has caught, they get SIGTERM.
 *
 * A program that handles such errors itself, by `preventDefault()` in a listener for `error` or
 * `unhandledrejection`, has to listen before it calls this: nothing tells what later listeners will do.
 *
 * Without it, an agent whose program ends in such a way is ended by the next zag that looks.
 *
 * @returns Disposing it undoes it. Of several, the last one does.
 *
 * @example
 * ```ts ignore
 * using _cleanup = autoCleanup();
 * await new AgentBuilder({ provider: "claude" }).exec("Update the changelog");
 * ```
 */
export function autoCleanup(): Disposable {
  if (users++ === 0) undo = listen();
  let over = false;
  return {
    [Symbol.dispose]() {
      if (over) return;
      over = true;
      if (--users > 0) return;
      undo?.[Symbol.dispose]();
      undo = undefined;
    },
  };
}

function listen(): Disposable {
  const urgent = new AbortController();
  let ending = false;
  const endBy = async (signal: Deno.Signal) => {
    if (ending) return urgent.abort();
    ending = true;
    const reason = new Interrupt(signal as EndingSignal, urgent.signal);
    await Promise.allSettled(liveCalls().map((call) => call.end(reason)));
    listener[Symbol.dispose]();
    // Whoever waits for this program learns what has ended it.
    const { sendSignal } = await import("../processes/send_signal.ts");
    await sendSignal([Deno.pid], signal);
  };
  const listener = onSignals((signal) => void endBy(signal), SIGNALS);
  const onCrash = (event: Event) => {
    if (!event.defaultPrevented) endAgents();
  };
  addEventListener("unload", endAgents);
  addEventListener("error", onCrash);
  addEventListener("unhandledrejection", onCrash);
  return {
    [Symbol.dispose]() {
      if (!ending) listener[Symbol.dispose]();
      removeEventListener("unload", endAgents);
      removeEventListener("error", onCrash);
      removeEventListener("unhandledrejection", onCrash);
    },
  };
}

/** Nothing can be waited for any more. */
function endAgents(): void {
  for (const { agent } of liveCalls()) {
    if (agent === undefined) continue;
    // Mostly it leads a group; at a terminal it is in ours.
    for (const target of [-agent, agent]) {
      try {
        Deno.kill(target, "SIGTERM");
        break;
      } catch {
        // There is no such group, or it has ended.
      }
    }
  }
}
