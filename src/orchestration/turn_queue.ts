/**
 * Who sends a message to a session next. Whoever wants to takes a ticket, which is a file in a
 * directory of the session: its name says when it was taken, its text which process holds it. A
 * ticket whose process is gone does not count.
 *
 * @module
 */
import { join } from "node:path";
import { ensurePrivateDir } from "../config/paths.ts";
import { exclusively } from "../sessions/exclusive.ts";
import {
  namesIn,
  removeEntry,
  ticketsIn,
  waiter,
  type WaitPaths,
  writeDraft,
} from "../sessions/waiting.ts";

/** So often a ticket is written again when the directory has just gone with somebody else's. */
const ATTEMPTS = 20;

/** The place of this process among those who send to a session; disposing it gives it up. */
export class Ticket implements Disposable {
  /** The directory of all tickets for the session; whatever happens in it can change the order. */
  readonly directory: string;
  readonly #name: string;

  private constructor(directory: string, name: string) {
    this.directory = directory;
    this.#name = name;
  }

  /**
   * Takes the last place.
   *
   * @param from Id of the session whose agent sends the message; undefined for a person.
   * @throws {PrivateDirError} when the state directory cannot be written to
   */
  static async take(
    paths: WaitPaths,
    sessionId: string,
    from: string | undefined,
  ): Promise<Ticket> {
    const directory = paths.queue(sessionId);
    const draft = writeDraft(paths, waiter(from));
    // Only the numbers are given out one at a time; nobody holds this for longer than a moment.
    return await exclusively(join(paths.queues, "lock"), () => {}, () => {
      const name = String(nextNumber(paths, directory)).padStart(12, "0");
      moveInto(directory, draft, join(directory, name));
      return Promise.resolve(new Ticket(directory, name));
    });
  }

  /** Whether nobody who lives has taken a ticket before this one. */
  isFirst(): boolean {
    return ticketsIn(this.directory).every(({ name }) => name >= this.#name);
  }

  /** Gives the place up. */
  [Symbol.dispose](): void {
    removeEntry(join(this.directory, this.#name));
    removeEntry(this.directory);
  }
}

/** Greater than every number before, also when all tickets have been given up meanwhile. */
function nextNumber(paths: WaitPaths, directory: string): number {
  const counter = join(paths.queues, "next");
  let last = Math.max(0, ...namesIn(directory).map(Number).filter(Number.isSafeInteger));
  try {
    last = Math.max(last, Number(Deno.readTextFileSync(counter)) || 0);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
  }
  Deno.writeTextFileSync(counter, String(last + 1), { mode: 0o600 });
  return last + 1;
}

function moveInto(directory: string, draft: string, path: string): void {
  for (let attempt = 1;; attempt++) {
    ensurePrivateDir(directory);
    try {
      return Deno.renameSync(draft, path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound) || attempt === ATTEMPTS) throw error;
    }
  }
}
