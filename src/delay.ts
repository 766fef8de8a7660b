// A longer delay makes the timer of the platform fire at once.
const LONGEST_TIMER = 2 ** 31 - 1;

/** Resolves after some milliseconds, or as soon as the signal fires; never rejects. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  if (ms === 0 || signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    let timer: ReturnType<typeof setTimeout>;
    const wait = (left: number) => {
      const part = Math.min(left, LONGEST_TIMER);
      timer = setTimeout(() => left > part ? wait(left - part) : done(), part);
    };
    wait(ms);
    signal?.addEventListener("abort", done);
  });
}
