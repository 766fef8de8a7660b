/**
 * What is known about a process of the machine, and how two start times compare.
 *
 * A start time is text that names the method it was read with, because the methods differ in unit
 * and origin:
 *
 * - `proc:BOOT:TICKS` from `/proc`: the first 8 hex digits of the boot id, then clock ticks since
 *   boot. After a reboot none matches.
 * - `ps:SECONDS` from the program `ps`: seconds since 1970.
 * - `win:MS` from Windows: milliseconds since 1970.
 * - `unknown`: it could not be read; such an identity is never confirmed.
 *
 * @module
 */

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, as text that names its method; compare with {@linkcode sameStart}. */
  readonly startTime: string;
}

/** A row of the process table. */
export interface ProcessInfo extends ProcessIdentity {
  readonly ppid: number;
  /** Process group; 0 where there is none. */
  readonly pgid: number;
  /** Session; 0 where the system does not tell. */
  readonly sid: number;
  /** One letter: `R`, `S`, `D`, `T` stopped, `Z` zombie, ... */
  readonly state: string;
}

/** The start time of a process that could not be looked at. */
export const UNKNOWN_START = "unknown";

// ps adds whole seconds to a boot time that the system clock may move by one.
const PS_TOLERANCE = 1;

interface StartTime {
  /** The method and, for `/proc`, the boot: only equal origins compare. */
  readonly origin: string;
  readonly value: number;
}

function parseStart(text: string): StartTime | undefined {
  const cut = text.lastIndexOf(":");
  const value = Number(text.slice(cut + 1));
  return cut > 0 && Number.isFinite(value) ? { origin: text.slice(0, cut), value } : undefined;
}

/**
 * Orders two start times.
 *
 * @returns A negative number when `a` is earlier, 0 when they are the same, and undefined when they
 * come from different methods or boots.
 */
export function compareStarts(a: string, b: string): number | undefined {
  const left = parseStart(a);
  const right = parseStart(b);
  if (left === undefined || right === undefined || left.origin !== right.origin) return undefined;
  const difference = left.value - right.value;
  return left.origin === "ps" && Math.abs(difference) <= PS_TOLERANCE ? 0 : difference;
}

/** Tells whether two start times, read with the same method, belong to the same process. */
export function sameStart(a: string, b: string): boolean {
  return compareStarts(a, b) === 0;
}

/** Tells whether a process has ended, though its row may still be in the table. */
export function hasEnded(state: string): boolean {
  return state.startsWith("Z") || state.startsWith("X");
}
