/** The log of zag itself: what happened on the way, for whoever looks for a mistake later. */
import { join } from "node:path";
import { ensurePrivateDir } from "../config/paths.ts";

/** How important an entry is. */
export type DiagnosticLevel = "debug" | "info" | "warn" | "error";

/** One thing that happened. */
export interface DiagnosticEntry {
  readonly at: Date;
  readonly level: DiagnosticLevel;
  /** May have several lines. */
  readonly text: string;
}

/** Settings of {@linkcode DiagnosticLog}. */
export interface DiagnosticLogOptions {
  /** Where the logs of all processes lie. */
  readonly directory: string;
  /** Number of this process; it keeps logs apart that begin in the same second. */
  readonly pid: number;
  /** Takes out what must not be kept. */
  readonly redact: (text: string) => string;
}

/**
 * A log of one process. Its file is made with the first entry; where that is impossible, entries are
 * dropped, for nothing may fail because of this log.
 */
export class DiagnosticLog {
  readonly #options: DiagnosticLogOptions;
  #path: string | undefined;

  constructor(options: DiagnosticLogOptions) {
    this.#options = options;
  }

  /** Absolute path; undefined as long as there is no entry. */
  get path(): string | undefined {
    return this.#path;
  }

  /** Appends entries, whole. */
  append(entries: readonly DiagnosticEntry[]): void {
    const [first] = entries;
    if (first === undefined) return;
    const { directory, pid, redact } = this.#options;
    const lines = entries.map(({ at, level, text }) =>
      `${localTime(at)} [${level.toUpperCase()}] ${shown(redact(text))}\n`
    );
    const name = `zag-${localTime(first.at).slice(0, 19).replaceAll(":", "-")}-${pid}.log`;
    try {
      ensurePrivateDir(directory);
      this.#path ??= join(directory, name);
      Deno.writeTextFileSync(this.#path, lines.join(""), { append: true, mode: 0o600 });
    } catch {
      // A full disk, a directory that is read-only or that may not be used: all of it is said
      // elsewhere, where it matters.
    }
  }
}

/** Further lines of an entry are set off, so that none can pass for another entry. */
function shown(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "").trimEnd().replaceAll("\n", "\n  ");
}

/** On the clock of this machine: `2026-01-02T03:04:05.678`. */
function localTime(at: Date): string {
  const shifted = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, -1);
}
