/**
 * What was shown and stands in no entry yet: the beginning of a message that is still being made. It
 * lies in a file beside the log until the message is whole, so that a zag that is killed in between
 * loses nothing of it. The file's first line says which entry came before; the rest is the text.
 *
 * @module
 */
import { ensurePrivateDir } from "../config/paths.ts";
import { dirname } from "node:path";
import { RedactingText } from "../redact/redacting_text.ts";
import type { LogAppender } from "./log.ts";
import { eventsBackwards } from "./log_reader.ts";

/** The file beside a log, whether there is one or not. */
export function unfinishedPath(logPath: string): string {
  return logPath.replace(/\.jsonl$/, "") + ".unfinished";
}

const encoder = new TextEncoder();

/**
 * Keeps the text of one message at a time. It never throws: on a full disk, where the log fails as
 * well, the text is not kept.
 */
export class UnfinishedText implements Disposable {
  readonly #path: string;
  #file: Deno.FsFile | undefined;
  #empty = true;
  #failed = false;
  #text = new RedactingText();
  /** How much of the file is there for good, in bytes; behind it stands what may become a secret. */
  #settled = 0;
  #size = 0;

  /**
   * Makes no file yet.
   *
   * @param logPath of the log that it belongs to
   */
  constructor(logPath: string) {
    this.#path = unfinishedPath(logPath);
  }

  /**
   * Goes on with the text, and has handed it to the system when it returns.
   *
   * @param after number of the newest entry
   */
  add(text: string | Uint8Array, after: number): void {
    if (this.#failed || text.length === 0) return;
    try {
      this.#file ??= open(this.#path);
      if (this.#empty) this.#append(this.#file, `{"after":${after}}\n`);
      this.#empty = false;
      const settled = this.#text.push(text);
      if (this.#size > this.#settled) this.#file.truncateSync(this.#size = this.#settled);
      this.#append(this.#file, settled);
      const { pending } = this.#text;
      if (pending === "") return;
      const { length } = encoder.encode(pending);
      this.#append(this.#file, pending);
      this.#settled -= length;
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      this.#failed = true;
    }
  }

  #append(file: Deno.FsFile, text: string): void {
    const bytes = encoder.encode(text);
    writeAll(file, bytes);
    this.#size += bytes.length;
    this.#settled = this.#size;
  }

  /** Nothing is kept. */
  get empty(): boolean {
    return this.#empty;
  }

  /** Forgets the text: there is an entry that has it. */
  clear(): void {
    if (this.#empty) return;
    this.#empty = true;
    this.#text = new RedactingText();
    this.#settled = this.#size = 0;
    try {
      this.#file?.truncateSync(0);
    } catch {
      this.#failed = true;
    }
  }

  /** Removes the file; call it when all that was shown is in the log. */
  [Symbol.dispose](): void {
    if (this.#file === undefined) return;
    this.#file.close();
    this.#file = undefined;
    removeQuietly(this.#path);
  }
}

/**
 * The text that a run which was killed had shown and not logged; undefined when there is none, or
 * when an entry has it.
 */
export async function unfinishedText(logPath: string): Promise<string | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(unfinishedPath(logPath));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
  const newline = bytes.indexOf(0x0a);
  const decoder = new TextDecoder();
  const after = Number(
    /^\{"after":(\d{1,15})\}$/.exec(decoder.decode(bytes.subarray(0, newline)))?.[1],
  );
  const text = decoder.decode(bytes.subarray(newline + 1));
  if (newline < 0 || Number.isNaN(after) || text === "") return undefined;
  return await saidSince(logPath, after) ? undefined : text;
}

/** Logs what a run that was killed had shown and not logged, if there is anything. */
export async function recoverUnfinished(log: LogAppender): Promise<void> {
  const content = await unfinishedText(log.path);
  if (content !== undefined) log.append([{ type: "assistant_message", content, message_id: null }]);
  if (log.failure === undefined) removeQuietly(unfinishedPath(log.path));
}

/** A zag that was killed between the entry and the end of this file has logged the whole message. */
async function saidSince(logPath: string, after: number): Promise<boolean> {
  try {
    for await (const event of eventsBackwards(logPath, { has: () => true })) {
      if (event.seq <= after) return false;
      if (event.type === "assistant_message") return true;
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
  }
  return false;
}

function open(path: string): Deno.FsFile {
  ensurePrivateDir(dirname(path));
  const file = Deno.openSync(path, { create: true, append: true, mode: 0o600 });
  file.truncateSync(0);
  return file;
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // There is none, or the disk has become read-only.
  }
}
