/** Ctrl-C and its relatives, as an `AbortSignal` that a launch understands. */
import { type EndingSignal, Interrupt } from "../agent/interrupt.ts";
import { onSignals } from "../processes/signals.ts";

/** Listens for signals until it is disposed. */
export interface Interrupts extends Disposable {
  readonly signal: AbortSignal;
}

/** Choices of {@linkcode listenForInterrupts}. */
export interface InterruptOptions {
  /**
   * Whether an agent has the terminal now: then Ctrl-C reaches it by itself, and zag only must not die
   * of it.
   */
  leaveSigint?(): boolean;
}

/** The first signal asks the agent to end; the second one kills it. */
export function listenForInterrupts(options: InterruptOptions = {}): Interrupts {
  const first = new AbortController();
  const urgent = new AbortController();
  const listener = onSignals((name) => {
    if (name === "SIGINT" && options.leaveSigint?.()) return;
    if (first.signal.aborted) urgent.abort();
    else first.abort(new Interrupt(name as EndingSignal, urgent.signal));
  });
  return { signal: first.signal, [Symbol.dispose]: () => listener[Symbol.dispose]() };
}
