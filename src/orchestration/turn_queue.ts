/**
 * Who sends a message to a session next. Whoever wants to takes a ticket, which is a file in a
 * directory of the session: its name says when it was taken, its text which process holds it. A
 * ticket whose process is gone does not count.
 *
 * @module
 */
import { join } from "node:path";
import { ensurePrivateDir, isId, type ZagPaths } from "../config/paths.ts";
import { isAlive, selfIdentity } from "../processes/process_table.ts";
import { exclusively } from "../sessions/exclusive.ts";

/** Where the tickets are. */
export type QueuePaths = Pick<ZagPaths, "queues" | "queue">;

/** What the file of a ticket says. */
interface Holder {
  readonly pid: number;
  readonly start: string;
  /** Id of the session whose agent sends the message; null for a person. */
  readonly from: string | null;
}

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
    paths: QueuePaths,
    sessionId: string,
    from: string | undefined,
  ): Promise<Ticket> {
    const directory = paths.queue(sessionId);
    const { pid, startTime: start } = selfIdentity();
    const holder: Holder = { pid, start, from: from ?? null };
    ensurePrivateDir(paths.queues);
    const draft = join(paths.queues, `.${crypto.randomUUID()}`);
    Deno.writeTextFileSync(draft, JSON.stringify(holder), { mode: 0o600 });
    // Only the numbers are given out one at a time; nobody holds this for longer than a moment.
    return await exclusively(join(paths.queues, "lock"), () => {}, () => {
      const name = String(nextNumber(paths, directory)).padStart(12, "0");
      moveInto(directory, draft, join(directory, name));
      return Promise.resolve(new Ticket(directory, name));
    });
  }

  /** Whether nobody who lives has taken a ticket before this one. */
  isFirst(): boolean {
    return holders(this.directory).every(({ name }) => name >= this.#name);
  }

  /** Gives the place up. */
  [Symbol.dispose](): void {
    remove(join(this.directory, this.#name));
    remove(this.directory);
  }
}

/**
 * Whether a session cannot come to the end of its turn before another one does: its agent, or one
 * that it waits for, sends a message to that one.
 */
export function waitsFor(paths: QueuePaths, sessionId: string, other: string): boolean {
  const edges = new Map<string, string[]>();
  for (const queue of names(paths.queues).filter(isId)) {
    for (const { from } of holders(paths.queue(queue))) {
      if (from !== null) edges.set(from, [...edges.get(from) ?? [], queue]);
    }
  }
  const seen = new Set<string>();
  const open = [sessionId];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === other) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    open.push(...edges.get(id) ?? []);
  }
  return false;
}

/** The tickets of those who live; all others are removed. */
function holders(directory: string): (Holder & { name: string })[] {
  return names(directory).filter((name) => /^\d+$/.test(name)).flatMap((name) => {
    const path = join(directory, name);
    const holder = read(path);
    if (holder && isAlive({ pid: holder.pid, startTime: holder.start })) {
      return [{ ...holder, name }];
    }
    remove(path);
    return [];
  });
}

function read(path: string): Holder | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // It has just been given up, or a crash of the system has left it empty.
    return undefined;
  }
}

/** Greater than every number before, also when all tickets have been given up meanwhile. */
function nextNumber(paths: QueuePaths, directory: string): number {
  const counter = join(paths.queues, "next");
  let last = Math.max(0, ...names(directory).map(Number).filter(Number.isSafeInteger));
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

function names(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return [];
  }
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // Somebody else was faster, or the directory is not empty.
  }
}
