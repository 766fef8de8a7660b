/** What the log of an imported session holds already, to find what a transcript has on top. */
import type { LogKind } from "../events/log_event.ts";
import { cleanLines } from "../sessions/clean_lines.ts";
import { kindJson } from "../sessions/kind_json.ts";
import { readLog } from "../sessions/log_reader.ts";

/** The entries of a log that came from a transcript, each as often as it is there. */
export class KnownEntries {
  /** By a number made from the entry's JSON. */
  readonly #counts = new Map<number, number>();
  /** Entries from which secrets were taken: what is left, in parts. */
  readonly #redacted: string[][] = [];
  /** Calls by their ids: one whose outcome was open was told as the model made it, not as it went. */
  readonly #calls = new Set<string>();
  /** The newest run that zag made itself ended then; what was said up to there it has logged. */
  coveredUntil: Date | undefined;
  /** The last lines are an import that did not come to its end. */
  isOpen = false;
  /** How the newest run ended, if that is one that was imported. */
  importEnd: string | undefined;

  private constructor() {}

  /** Reads a log from beginning to end. */
  static async read(path: string): Promise<KnownEntries> {
    const known = new KnownEntries();
    let own = false;
    let last = "";
    for await (const { text, event } of readLog(path)) {
      if (!event) continue;
      if (event.type === "session_started") {
        own = event.backfilled !== true;
        known.isOpen = !own;
        known.importEnd = undefined;
      } else if (event.type === "session_ended") {
        // A zag that was killed could not say when; then its last line counts.
        if (own) known.#cover(event.outcome === "dead" ? last : event.ts);
        else known.importEnd = event.outcome;
        own = known.isOpen = false;
      } else if (event.source_kind === "backfill") {
        known.#add(text);
        if (event.type === "tool_call" && event.tool_id) known.#calls.add(event.tool_id);
      } else if (own) known.#cover(event.ts);
      last = event.ts;
    }
    return known;
  }

  /** Whether the log has this entry; each counts as often as it is there. */
  take(kind: LogKind): boolean {
    const json = cleanLines(kindJson(kind));
    const key = keyOf(json);
    const count = this.#counts.get(key) ?? 0;
    if (count === 0) {
      return this.#takeRedacted(json) ||
        kind.type === "tool_call" && kind.tool_id !== null && this.#calls.has(kind.tool_id);
    }
    this.#counts.set(key, count - 1);
    return true;
  }

  /** What was a secret when it was logged may be none that is known by now. */
  #takeRedacted(json: string): boolean {
    const index = this.#redacted.findIndex((parts) => consistsOf(json, parts));
    if (index < 0) return false;
    this.#redacted.splice(index, 1);
    return true;
  }

  #add(text: string): void {
    const line = cleanLines(text.replace(/,"overflow":\[[^\]]*\]\}$/, "}"));
    if (PLACEHOLDER.test(line)) {
      this.#redacted.push(line.slice(line.indexOf('"type":')).split(PLACEHOLDER));
      return;
    }
    const key = keyOf(line);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  #cover(text: string): void {
    const time = new Date(text);
    if (Number.isNaN(time.getTime())) return;
    if (this.coveredUntil === undefined || time > this.coveredUntil) this.coveredUntil = time;
  }
}

const PLACEHOLDER = /\[redacted:[\w-]{1,64}\]/;

/** Whether what an entry says has these parts, in their order, with anything in between. */
function consistsOf(json: string, parts: readonly string[]): boolean {
  let at = json.indexOf('"type":');
  const last = parts.length - 1;
  if (!json.startsWith(parts[0]!, at) || !json.endsWith(parts[last]!)) return false;
  for (const part of parts) {
    const found = json.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return true;
}

/** A number of 53 bits for what a line says behind its envelope. */
function keyOf(line: string): number {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  // Inside of a string there would be a backslash before each quote.
  for (let index = line.indexOf('"type":'); index < line.length; index++) {
    const unit = line.charCodeAt(index);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b + unit, 0x85ebca6b) ^ (b >>> 13);
  }
  return (a >>> 0) * 0x200000 + (b >>> 11 & 0x1fffff);
}
