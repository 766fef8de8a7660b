/** Ends work that takes too long, such as a regular expression that tries every way to match. */

/** How long a value is checked at most, in milliseconds. */
export const CHECK_LIMIT_MS = 10_000;

/** What is given in place of a result when the time was up. */
export const TIME_UP: unique symbol = Symbol("time up");

/**
 * Does work that waits for nothing, for so many milliseconds at most; what it throws is thrown.
 * Work that is ended stops where it is, without its `catch` and `finally`. One at a time.
 */
export type WithinTime = <Result>(work: () => Result, ms: number) => Result | typeof TIME_UP;

/** So long before its limit work is not let go any more. */
const MARGIN_MS = 50;

let made: Promise<WithinTime> | undefined;

/** Makes ready to end work; later calls give the same function. */
export function timeLimit(): Promise<WithinTime> {
  return made ??= makeTimeLimit();
}

/** Nothing but the engine itself can end a regular expression, and only in a script of this kind. */
async function makeTimeLimit(): Promise<WithinTime> {
  const { createContext, Script } = await import("node:vm");
  const globals: { work?: () => void } = {};
  const context = createContext(globals);
  const script = new Script("work()");
  return <Result>(work: () => Result, ms: number) => {
    let outcome: { result: Result } | { error: unknown } | undefined;
    const timeout = Math.max(1, Math.ceil(ms));
    const nearEnd = performance.now() + timeout - Math.min(MARGIN_MS, timeout / 2);
    globals.work = () => {
      try {
        outcome = { result: work() };
      } catch (error) {
        outcome = { error };
      }
      // An end that comes just after the script would hit what runs next, so it is waited for.
      while (performance.now() > nearEnd);
    };
    try {
      script.runInContext(context, { timeout, displayErrors: false });
    } catch (error) {
      if ((error as { code?: unknown }).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
    } finally {
      delete globals.work;
    }
    if (outcome === undefined) return TIME_UP;
    if ("error" in outcome) throw outcome.error;
    return outcome.result;
  };
}
