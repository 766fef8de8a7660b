/** Steps that end the turn or the process. */
import { sendSignal } from "../../../processes/send_signal.ts";
import type { Plays } from "./mod.ts";

/** The steps of this file. */
export const ENDING_STEPS: Plays<
  "error" | "limit" | "exit" | "crash" | "hang" | "after_result"
> = {
  error: async ({ message, fatal, status }, turn) => {
    const details = status === undefined ? null : { status };
    await turn.show({ type: "error", message, details });
    if (fatal) return { kind: "failed", error: message, stopReason: "error" };
  },
  limit: async ({ scope = "session", reset_in, reset_at, message }, turn) => {
    const reset = reset_in === undefined
      ? reset_at
      : new Date(Date.now() + reset_in * 1000).toISOString();
    const text = message ?? `Usage limit reached (${scope})`;
    await turn.show({
      type: "limit",
      scope,
      ...(reset === undefined ? {} : { reset_at: reset }),
      message: text,
    });
    return { kind: "failed", error: text, stopReason: "limit" };
  },
  exit: ({ code, result = false }) => ({ kind: "exit", code, result }),
  crash: async (_, turn) => {
    await sendSignal([Deno.pid], "SIGKILL");
    await untilAborted(turn.signal);
  },
  hang: (_, turn) => untilAborted(turn.signal),
  after_result: ({ ms }, turn) => {
    turn.afterResultMs = ms;
  },
};

/** Somebody who interrupts the turn ends it; a signal that ends the process needs no help. */
async function untilAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  // Without a timer the runtime notices that nothing can happen any more, and ends.
  const timer = setInterval(() => {}, 60_000);
  signal.addEventListener("abort", () => resolve());
  if (signal.aborted) resolve();
  await promise;
  clearInterval(timer);
}
