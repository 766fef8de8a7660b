/**
 * What one run of a session has still to tell, and to whom. It is kept in a private file of its own
 * from the beginning of the run to the delivery of the last of it, so that another zag can tell it when
 * this one is killed. The file holds the targets whole, which nothing else does.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { ensurePrivateDir } from "../config/paths.ts";
import type { SessionOutcome } from "../events/log_event.ts";
import { isFile } from "../is_file.ts";
import { isAlive, type ProcessIdentity, selfIdentity } from "../processes/process_table.ts";
import type { NotificationKind } from "./notification.ts";
import { notices } from "./open_notices.ts";
import type { NotifyWish } from "./target.ts";

/** The session that a run belongs to, as far as somebody is told of it. */
export interface NoticeSession {
  readonly id: string;
  readonly name: string | null;
  readonly provider: string;
  readonly model: string | null;
  /** The command that it belongs to. */
  readonly command: string;
  /** The directory that it is about, absolute. */
  readonly project: string;
  readonly cwd: string;
  /** Where it is noted what was told; null where there is no log. */
  readonly logPath: string | null;
  /** The log holds what the agent says. */
  readonly tells: boolean;
}

/** Something that has happened. */
export interface Happened {
  readonly kind: NotificationKind;
  /** Which of several of its kind in the run: an id; absent for what happens once. */
  readonly subject?: string | undefined;
  readonly outcome?: SessionOutcome | undefined;
  readonly error?: string | undefined;
  /** When the session goes on, RFC 3339, for a limit. */
  readonly resumesAt?: string | undefined;
  /** What the agent asks. */
  readonly question?: { readonly id: string; readonly text: string } | undefined;
  /** What can be typed next; absent: what fits. */
  readonly commands?: readonly string[] | undefined;
}

/** Something that has happened, and how far it was told. */
export interface Message extends Happened {
  readonly id: string;
  /** When, RFC 3339. */
  readonly at: string;
  /** One for each target, in their order. */
  readonly tries: { count: number; done: boolean }[];
}

/** What a run has to tell. */
export interface Notice extends NotifyWish {
  readonly version: 1;
  /** Id of the run. */
  run: string;
  /** The zag that tells it. */
  owner: ProcessIdentity;
  session: NoticeSession;
  readonly messages: Message[];
  /** The run is over, and nothing will be added. */
  ended: boolean;
}

/** Writes the file. What cannot be kept is told all the same, unless this program is killed. */
export function keep(path: string, notice: Notice): void {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    ensurePrivateDir(dirname(path));
    Deno.writeTextFileSync(temporary, JSON.stringify(notice), { createNew: true, mode: 0o600 });
    Deno.renameSync(temporary, path);
  } catch {
    remove(temporary);
  }
}

/** Reads a file; undefined where there is none, or none that is whole. */
export function read(path: string): Notice | undefined {
  try {
    const notice: Notice = JSON.parse(Deno.readTextFileSync(path));
    return notice.version === 1 ? notice : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The notice of a run: what this program knows, else the file, which it takes over where nobody else
 * who lives has it.
 */
export function take(path: string): Notice | undefined {
  const known = notices.get(path);
  if (known || !isFile(path)) return known;
  using _lock = lock(path);
  const notice = read(path);
  if (!notice || notice.owner.pid !== Deno.pid && isAlive(notice.owner)) return undefined;
  notice.owner = selfIdentity();
  notices.set(path, notice);
  keep(path, notice);
  return notice;
}

/** One at a time takes over; where there are no locks, whoever comes last has it. */
function lock(path: string): Disposable {
  let file: Deno.FsFile | undefined;
  try {
    const options = { create: true, write: true, mode: 0o600 };
    file = Deno.openSync(join(dirname(path), "lock"), options);
    file.lockSync(true);
  } catch {
    // It cannot be written here, or the file system has none.
  }
  return { [Symbol.dispose]: () => file?.close() };
}

/** There is nothing more to tell. */
export function drop(path: string): void {
  notices.delete(path);
  remove(path);
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It was never made, or is gone.
  }
}
