/** Signals of the operating system: listening to them, and their numbers. */

/** The signals that ask this program to end. */
const ENDING: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

/**
 * Calls the handler for each signal that arrives; while it listens, these signals no longer end the
 * program.
 *
 * @param signals @default SIGINT, SIGTERM, SIGHUP, SIGQUIT; on Windows SIGINT, SIGBREAK
 * @returns Disposing it stops listening.
 */
export function onSignals(
  handler: (signal: Deno.Signal) => void,
  signals: readonly Deno.Signal[] = ENDING,
): Disposable {
  const listeners = signals.map((signal) => ({ signal, listener: () => handler(signal) }));
  for (const { signal, listener } of listeners) Deno.addSignalListener(signal, listener);
  return {
    [Symbol.dispose]() {
      for (const { signal, listener } of listeners) Deno.removeSignalListener(signal, listener);
    },
  };
}

const NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
};

const LINUX: Readonly<Record<string, number>> = {
  SIGBUS: 7,
  SIGUSR1: 10,
  SIGUSR2: 12,
  SIGSTKFLT: 16,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGURG: 23,
  SIGIO: 29,
  SIGPWR: 30,
  SIGSYS: 31,
};

const MACOS: Readonly<Record<string, number>> = {
  SIGEMT: 7,
  SIGBUS: 10,
  SIGSYS: 12,
  SIGURG: 16,
  SIGSTOP: 17,
  SIGTSTP: 18,
  SIGCONT: 19,
  SIGCHLD: 20,
  SIGIO: 23,
  SIGINFO: 29,
  SIGUSR1: 30,
  SIGUSR2: 31,
};

/**
 * The number of a signal, so that a shell's exit code is 128 plus it.
 *
 * @param name For example `SIGTERM`; a signal without a name is `SIG` and its number.
 * @returns 0 for a name that does not exist on this system.
 */
export function signalNumber(name: string, os: string = Deno.build.os): number {
  const own = os === "darwin" ? MACOS : LINUX;
  return NUMBERS[name] ?? own[name] ?? Number(/^SIG(\d+)$/.exec(name)?.[1] ?? 0);
}

/**
 * The name of a signal.
 *
 * @returns `SIG` and its number for one that has no name on this system, such as the real-time ones.
 */
export function signalName(number: number, os: string = Deno.build.os): string {
  const names = { ...NUMBERS, ...(os === "darwin" ? MACOS : LINUX) };
  return Object.keys(names).find((name) => names[name] === number) ?? `SIG${number}`;
}
