/**
 * Which session's agent waits for which other session. Whoever waits leaves a small file, which says
 * which process it is; a file whose process is gone does not count. So an agent that is about to wait
 * can see whether the other one waits for it.
 *
 * @module
 */
import { join } from "node:path";
import { ensurePrivateDir, isId, type ZagPaths } from "../config/paths.ts";
import { isAlive, selfIdentity } from "../processes/process_table.ts";
import { LogsWatch } from "./follow/logs_watch.ts";

/** Where the files are. */
export type WaitPaths = Pick<ZagPaths, "queues" | "queue">;

/** What the file of somebody who waits says. */
export interface Waiter {
  readonly pid: number;
  readonly start: string;
  /** Id of the session whose agent has started the process; null for a person. */
  readonly from: string | null;
}

/** A {@linkcode Waiter} that waits for sessions, and not for its place in the queue of one. */
interface Edge extends Waiter {
  /** Ids of the sessions. */
  readonly to: readonly string[];
}

/** Names of files that say who waits, beside the queues. */
const EDGE = /^waits-[\da-f-]{36}$/;
/** Names of tickets in a queue. */
const TICKET = /^\d+$/;

/**
 * Lets others know for which sessions the agent waits that has started this process, until the result
 * is disposed. Where nothing can be written nobody gets to know it.
 *
 * @param from Id of the agent's session; undefined for a person, of whom nothing has to be known.
 * @param to Ids; the session itself does not count.
 */
export function announceWaiting(
  paths: WaitPaths,
  from: string | undefined,
  to: readonly string[],
): Disposable | undefined {
  const others = to.filter((id) => id !== from);
  if (!from || others.length === 0) return undefined;
  const path = join(paths.queues, `waits-${crypto.randomUUID()}`);
  const edge: Edge = { ...waiter(from), to: others };
  try {
    // Nobody may find half of it: what cannot be read is removed.
    Deno.renameSync(writeDraft(paths, edge), path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
  return { [Symbol.dispose]: () => removeEntry(path) };
}

/**
 * Whether a session cannot come to the end of its turn before another one does: its agent, or one
 * that it waits for, waits for that one.
 */
export function isHeldUpBy(paths: WaitPaths, sessionId: string, other: string): boolean {
  const edges = new Map<string, string[]>();
  const note = (from: string | null, to: readonly string[]) => {
    if (from !== null) edges.set(from, [...edges.get(from) ?? [], ...to]);
  };
  const all = namesIn(paths.queues);
  for (const { from, to } of living<Edge>(paths.queues, all.filter((name) => EDGE.test(name)))) {
    note(from, to);
  }
  for (const queue of all.filter((name) => isId(name) && !EDGE.test(name))) {
    for (const { from } of ticketsIn(paths.queue(queue))) note(from, [queue]);
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

/**
 * Waits until a session is held up by another one: whoever is waited for may begin to wait later.
 *
 * @param signal Ends the waiting.
 * @returns false when it was ended
 */
export async function untilHeldUpBy(
  paths: WaitPaths,
  sessionId: string,
  other: string,
  { signal, debug }: { signal: AbortSignal; debug?: ((message: string) => void) | undefined },
): Promise<boolean> {
  using watch = new LogsWatch({
    polling: (reason) => debug?.(`who waits is polled: it cannot be watched: ${reason}`),
  });
  watch.addDirectory(paths.queues);
  while (!signal.aborted) {
    if (isHeldUpBy(paths, sessionId, other)) return true;
    await watch.changed(signal);
  }
  return false;
}

/** The tickets of those who live, in their order; all others are removed. */
export function ticketsIn(directory: string): (Waiter & { readonly name: string })[] {
  return living<Waiter>(directory, namesIn(directory).filter((name) => TICKET.test(name)));
}

/** Whether the file of somebody who waits for sessions has this name, in the directory of all queues. */
export function isEdge(name: string): boolean {
  return EDGE.test(name);
}

/** What is said of this process. */
export function waiter(from: string | undefined): Waiter {
  const { pid, startTime: start } = selfIdentity();
  return { pid, start, from: from ?? null };
}

/** Writes a file that has yet to get its name; returns its path. */
export function writeDraft(paths: WaitPaths, content: Waiter): string {
  ensurePrivateDir(paths.queues);
  const draft = join(paths.queues, `.${crypto.randomUUID()}`);
  Deno.writeTextFileSync(draft, JSON.stringify(content), { mode: 0o600 });
  return draft;
}

/** The names in a directory, sorted; none when there is no such directory. */
export function namesIn(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return [];
  }
}

/** Removes a file, or a directory with nothing in it. */
export function removeEntry(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // Somebody else was faster, or the directory is not empty.
  }
}

/** What the process says of itself that a file in the queues belongs to, if that lives. */
export function livingWaiter<T extends Waiter>(path: string): T | undefined {
  try {
    const found: T = JSON.parse(Deno.readTextFileSync(path));
    return isAlive({ pid: found.pid, startTime: found.start }) ? found : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // It has just been given up, or a crash of the system has left it empty.
    return undefined;
  }
}

function living<T extends Waiter>(
  directory: string,
  names: readonly string[],
): (T & { readonly name: string })[] {
  return names.flatMap((name) => {
    const path = join(directory, name);
    const found = livingWaiter<T>(path);
    if (found) return [{ ...found, name }];
    removeEntry(path);
    return [];
  });
}
