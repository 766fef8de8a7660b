/**
 * Tells somebody what happens to a session. Whoever keeps the books of a run says here when it begins,
 * what happens, and how it ends; {@linkcode deliverAll} sends it when the result was printed.
 *
 * @module
 */
import type { ZagPaths } from "../config/paths.ts";
import type { SessionOutcome } from "../events/log_event.ts";
import { type ProcessIdentity, selfIdentity } from "../processes/process_table.ts";
import { redact } from "../redact/redact.ts";
import type { DeliveryWorld } from "./delivery.ts";
import {
  drop,
  type Happened,
  keep,
  type Message,
  type Notice,
  type NoticeSession,
  take,
} from "./notice.ts";
import { hasNotices, notices } from "./open_notices.ts";
import type { NotifyWish } from "./target.ts";

export type { Happened, NoticeSession } from "./notice.ts";

/** Where notices are kept. */
export type NoticePaths = Pick<ZagPaths, "notice">;

/** A run that begins. */
export interface RunToTell {
  /** Id of the run. */
  readonly run: string;
  /** Who is told; a run that goes on with what another one has begun keeps who that was. */
  readonly wish: NotifyWish | undefined;
  readonly session: NoticeSession;
  /** The run whose place it takes in the same session, if that was another one. */
  readonly instead?: string | undefined;
  /** It was recorded before, maybe by another process. */
  readonly adopted?: boolean | undefined;
  /** Another process, which will look after it; absent: this one. */
  readonly owner?: ProcessIdentity | undefined;
}

/** A run begins, and its session may have something to tell. */
export function armNotice(paths: NoticePaths, begun: RunToTell): void {
  const { run, wish, instead, adopted, owner } = begun;
  const { name } = begun.session;
  const session = { ...begun.session, name: name === null ? null : redact(name) };
  const path = paths.notice(run);
  const before = instead !== undefined && instead !== run
    ? take(paths.notice(instead))
    : adopted
    ? take(path)
    : notices.get(path);
  if (before) {
    before.run = run;
    before.session = session;
    if (instead !== undefined && instead !== run) {
      drop(paths.notice(instead));
      notices.set(path, before);
    }
    return keep(path, before);
  }
  if (!wish || wish.targets.length === 0 || wish.on.length === 0) return;
  const notice: Notice = {
    version: 1,
    run,
    owner: owner ?? selfIdentity(),
    ...wish,
    session,
    messages: [],
    ended: false,
  };
  if (!owner) notices.set(path, notice);
  keep(path, notice);
}

/** Something happens in a run, which goes on: it is told at once, and nobody waits for that. */
export function notify(
  paths: NoticePaths,
  run: string,
  happened: Happened,
  world: DeliveryWorld & { warning?(message: string): void },
): void {
  const path = paths.notice(run);
  const notice = take(path);
  if (!notice || notice.ended) return;
  if (add(notice, happened)) keep(path, notice);
  // Another zag may have been killed before it had told it.
  else if (isTold(notice)) return;
  import("./deliver_all.ts").then(async ({ deliverNotice }) => {
    for (const warning of await deliverNotice(path, notice, world)) world.warning?.(warning);
  }).catch(() => {
    // It is in the file, and told with the end of the run.
  });
}

/** How a run has ended. */
export interface RunEnd {
  readonly outcome: SessionOutcome;
  readonly error?: string | null | undefined;
  /** When, RFC 3339. @default now */
  readonly at?: string | undefined;
}

/** A run is over and its books are closed. It is told later, by {@linkcode deliverAll}. */
export function noticeEnd(paths: NoticePaths, run: string, end: RunEnd): void {
  endNotice(paths.notice(run), end);
}

/** The same, by the path of the notice. */
export function endNotice(path: string, { outcome, error, at }: RunEnd): void {
  const notice = take(path);
  if (!notice || notice.ended) return;
  const kind = outcome === "success" ? "end" : "failure";
  add(notice, { kind, outcome, error: error ?? undefined }, at);
  notice.ended = true;
  if (isTold(notice)) drop(path);
  else keep(path, notice);
}

/**
 * Tells what there is to tell of the runs of this program that are over, and waits for what is being
 * told: no longer than ten seconds.
 *
 * @returns What could not be told, a line each.
 */
export async function deliverAll(world: DeliveryWorld): Promise<string[]> {
  if (!hasNotices()) return [];
  const { deliverNotice } = await import("./deliver_all.ts");
  const open = [...notices].filter(([, notice]) => notice.messages.length > 0);
  const warnings = open.map(([path, notice]) => deliverNotice(path, notice, world));
  return (await Promise.all(warnings)).flat();
}

/** Whether nothing of it is left to tell. */
export function isTold({ messages }: Notice): boolean {
  return messages.every(({ tries }) => tries.every(({ done }) => done));
}

/** Adds a message; false when nobody wants to know, or it is there already. */
function add(notice: Notice, happened: Happened, at = new Date().toISOString()): boolean {
  if (!notice.on.includes(happened.kind)) return false;
  const id = [notice.run, happened.kind, happened.subject].filter(Boolean).join(":");
  if (notice.messages.some((each) => each.id === id)) return false;
  const tries = notice.targets.map(() => ({ count: 0, done: false }));
  const { error, question } = happened;
  const message: Message = {
    ...happened,
    // It leaves the machine, and stays in a file until it has.
    ...(error === undefined ? {} : { error: redact(error) }),
    ...(question && { question: { ...question, text: redact(question.text) } }),
    id,
    at,
    tries,
  };
  notice.messages.push(message);
  return true;
}
