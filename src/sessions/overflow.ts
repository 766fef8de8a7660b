/**
 * What has no room in a log: a field that was cut is kept whole in a file beside the log, and the
 * entry says where. Each line of that file is `{"seq":…,"field":…,"value":…}`.
 *
 * @module
 */
import type { FieldOverflow, LogEvent } from "../events/log_event.ts";

/** Most bytes that one session may keep beside its log; what comes later stays cut. */
export const OVERFLOW_CAP = 256 * 1024 * 1024;

const NEWLINE = 0x0a;

/** The file beside a log, whether there is one or not. */
export function overflowPath(logPath: string): string {
  return logPath.replace(/\.jsonl$/, "") + ".overflow";
}

/**
 * Keeps a whole field. Call it with the lock of the log held, and before the entry is written: then
 * no entry names what is not there.
 *
 * @param seq number of the entry
 * @param json the field's value
 * @returns undefined when there is no room, or the file cannot be written
 */
export function keepOverflow(
  logPath: string,
  seq: number,
  field: string,
  json: string,
  cap = OVERFLOW_CAP,
): FieldOverflow | undefined {
  try {
    using file = Deno.openSync(overflowPath(logPath), {
      read: true,
      append: true,
      create: true,
      mode: 0o600,
    });
    const size = file.seekSync(0, Deno.SeekMode.End);
    const head = isTorn(file, size) ? "\n" : "";
    const line = `{"seq":${seq},"field":${JSON.stringify(field)},"value":${json}}`;
    // Nothing takes less than a byte a unit, so what is far too long is not even encoded.
    if (size + line.length > cap) return undefined;
    const bytes = new TextEncoder().encode(`${head}${line}\n`);
    if (size + bytes.length > cap) return undefined;
    if (!writeWhole(file, bytes, size)) return undefined;
    // Where locks do not work, another process may have written in between.
    const end = file.seekSync(0, Deno.SeekMode.Current);
    const length = bytes.length - head.length - 1;
    return { field, offset: end - 1 - length, bytes: length };
  } catch {
    // A disk that is full, a directory that is read-only: the entry is cut, as without this file.
    return undefined;
  }
}

/**
 * The entry with all its fields whole, as far as the file beside the log still has them; then it is
 * no longer marked as truncated. An entry that was never cut comes back as it is.
 */
export async function wholeEvent(logPath: string, event: LogEvent): Promise<LogEvent> {
  const places = placesOf(event);
  if (places.length === 0) return event;
  const whole: Record<string, unknown> = { ...event };
  const missing: FieldOverflow[] = [];
  for (const place of places) {
    const found = await readOverflow(logPath, event.seq, place);
    if (found === undefined) missing.push(place);
    else whole[place.field] = found.value;
  }
  if (missing.length > 0) return { ...whole, overflow: missing } as unknown as LogEvent;
  delete whole.truncated;
  delete whole.overflow;
  return whole as unknown as LogEvent;
}

/** The same as {@linkcode wholeEvent}, for whoever cannot wait. */
export function wholeEventSync(logPath: string, event: LogEvent): LogEvent {
  const whole: Record<string, unknown> = { ...event };
  const places = placesOf(event);
  if (places.length === 0) return event;
  const missing = places.filter((place) => {
    const found = readOverflowSync(logPath, event.seq, place);
    if (found) whole[place.field] = found.value;
    return !found;
  });
  if (missing.length > 0) return { ...whole, overflow: missing } as unknown as LogEvent;
  delete whole.truncated;
  delete whole.overflow;
  return whole as unknown as LogEvent;
}

/**
 * The whole text of one field of an entry; what the log itself holds where there is nothing more, and
 * undefined where that is no text.
 */
export async function wholeText(
  logPath: string,
  event: LogEvent,
  field: string,
): Promise<string | undefined> {
  const place = placesOf(event).find((each) => each.field === field);
  const found = place && await readOverflow(logPath, event.seq, place);
  const value = found ? found.value : (event as unknown as Record<string, unknown>)[field];
  return typeof value === "string" ? value : undefined;
}

/** Writes all of it or, as far as that can be helped, nothing. */
function writeWhole(file: Deno.FsFile, bytes: Uint8Array, size: number): boolean {
  let written = 0;
  try {
    while (written < bytes.length) written += file.writeSync(bytes.subarray(written));
    return true;
  } catch {
    if (written > 0) file.truncateSync(size);
    return false;
  }
}

/** A writer that was killed did not get to the end of its line. */
function isTorn(file: Deno.FsFile, size: number): boolean {
  if (size === 0) return false;
  file.seekSync(size - 1, Deno.SeekMode.Start);
  const last = new Uint8Array(1);
  return file.readSync(last) === 1 && last[0] !== NEWLINE;
}

/** Where the fields of an entry are; a log may hold anything, so each place is checked. */
function placesOf(event: LogEvent): FieldOverflow[] {
  if (!Array.isArray(event.overflow)) return [];
  return (event.overflow as (Partial<FieldOverflow> | null)[]).filter((place) =>
    typeof place?.field === "string" && Object.hasOwn(event, place.field) &&
    Number.isSafeInteger(place.offset) && place.offset! >= 0 &&
    Number.isSafeInteger(place.bytes) && place.bytes! > 0 && place.bytes! <= OVERFLOW_CAP
  ) as FieldOverflow[];
}

function readOverflowSync(
  logPath: string,
  seq: number,
  place: FieldOverflow,
): { value: unknown } | undefined {
  const { offset, bytes } = place;
  try {
    using file = Deno.openSync(overflowPath(logPath));
    if (offset + bytes > file.statSync().size) return undefined;
    const buffer = new Uint8Array(bytes);
    file.seekSync(offset, Deno.SeekMode.Start);
    for (let filled = 0; filled < bytes;) {
      const count = file.readSync(buffer.subarray(filled));
      if (count === null) return undefined;
      filled += count;
    }
    return valueIn(buffer, seq, place);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}

/** The value that a line of the file beside the log holds, if that is the line that is meant. */
function valueIn(
  bytes: Uint8Array,
  seq: number,
  { field }: FieldOverflow,
): { value: unknown } | undefined {
  const line: unknown = JSON.parse(new TextDecoder().decode(bytes));
  if (typeof line !== "object" || line === null || !("value" in line)) return undefined;
  const same = "seq" in line && line.seq === seq && "field" in line && line.field === field;
  return same ? { value: line.value } : undefined;
}

async function readOverflow(
  logPath: string,
  seq: number,
  place: FieldOverflow,
): Promise<{ value: unknown } | undefined> {
  const { offset, bytes } = place;
  try {
    using file = await Deno.open(overflowPath(logPath));
    if (offset + bytes > (await file.stat()).size) return undefined;
    return valueIn(await readRange(file, offset, bytes), seq, place);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // Removed, or lost in a power cut: the log still has the beginning.
    return undefined;
  }
}

async function readRange(file: Deno.FsFile, offset: number, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  await file.seek(offset, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < length) {
    const count = await file.read(buffer.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}
