/** Which logs of a program's own are written by calls that are under way. */

const calls = new WeakMap<object, Set<Promise<void>>>();

/** A call writes to the log until this is disposed. */
export function useLog(log: object): Disposable {
  const over = Promise.withResolvers<void>();
  const all = calls.get(log) ?? new Set();
  calls.set(log, all.add(over.promise));
  return {
    [Symbol.dispose]() {
      all.delete(over.promise);
      over.resolve();
    },
  };
}

/** Whether a call writes to the log now. */
export function isInUse(log: object): boolean {
  return (calls.get(log)?.size ?? 0) > 0;
}

/** Waits for the calls that write to the log. */
export async function untilUnused(log: object): Promise<void> {
  while (isInUse(log)) await Promise.all(calls.get(log)!);
}
