/** Sends what a run has to tell, notes in the log what became of it, and tries again what failed. */
import { delay } from "../delay.ts";
import type { LogEvent, LogKind } from "../events/log_event.ts";
import { isFile } from "../is_file.ts";
import { LogAppender } from "../sessions/log.ts";
import { readLog, resultOf } from "../sessions/log_reader.ts";
import { deliver, type Delivered, type DeliveryWorld } from "./delivery.ts";
import { drop, keep, type Message, type Notice } from "./notice.ts";
import { beginning, type Notification } from "./notification.ts";
import { isTold } from "./notify.ts";
import { publicName } from "./target.ts";

/** All that is sent at a time is sent within this, in milliseconds. */
const PATIENCE_MS = 10_000;

/** A server that starts again, and a program that was busy, get so long before the second try. */
const PAUSE_MS = 500;

const MOST_TRIES = 2;

/** What is being sent now, by the ids of the messages. */
const sending = new Map<string, Promise<void>>();

/**
 * Sends what is left of a notice, to all its targets at once, and waits for what is being sent.
 *
 * @param path Of its file, which goes with the last of it.
 * @returns What could not be told, a line each, but for what somebody else has begun to send. Never rejects.
 */
export async function deliverNotice(
  path: string,
  notice: Notice,
  world: DeliveryWorld,
): Promise<string[]> {
  const warnings: string[] = [];
  const signal = AbortSignal.timeout(PATIENCE_MS);
  await Promise.all(notice.messages.map(async (message) => {
    const { id } = message;
    const now = sending.get(id) ?? send({ path, notice, message, world, signal, warnings })
      .catch((error) => void warnings.push(`the ${message.kind} was not told: ${nameOf(error)}`))
      .finally(() => sending.delete(id));
    sending.set(id, now);
    await now;
  }));
  if (notice.ended && isTold(notice)) drop(path);
  return warnings;
}

/** What an error says may quote what nobody is to see. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "an error";
}

/** One message of a notice on its way. */
interface Sending {
  readonly path: string;
  readonly notice: Notice;
  readonly message: Message;
  readonly world: DeliveryWorld;
  /** Aborts when the time is over. */
  readonly signal: AbortSignal;
  /** Gets what could not be told. */
  readonly warnings: string[];
}

async function send(all: Sending): Promise<void> {
  const { notice, message } = all;
  const open = notice.targets.map((_, at) => at).filter((at) => !message.tries[at]!.done);
  if (open.length === 0) return;
  const told = await compose(notice, message);
  await Promise.all(open.map((at) => sendTo(all, at, told)));
}

/** @param at Which of the targets, from 0 on. */
async function sendTo(
  { path, notice, message, world, signal, warnings }: Sending,
  at: number,
  told: Notification,
): Promise<void> {
  const target = notice.targets[at]!;
  const tried = message.tries[at]!;
  const isKnown = tried.count > 0 && await isNoted(notice, message, at);
  if (!isKnown) {
    const begin = () => {
      if (tried.count >= MOST_TRIES) return false;
      tried.count++;
      keep(path, notice);
      return true;
    };
    const result = await tryTo(() => deliver(target, told, world, signal), begin, signal);
    note(notice, message, at, result, tried.count);
    if (!result.ok) {
      warnings.push(`${publicName(target)} was not told of the ${message.kind}: ${result.error}`);
    }
  }
  tried.done = true;
  keep(path, notice);
}

/** @param begin Counts a try; false when there were enough. */
async function tryTo(
  work: () => Promise<Delivered>,
  begin: () => boolean,
  signal: AbortSignal,
): Promise<Delivered> {
  let result: Delivered | undefined;
  while (!signal.aborted && begin()) {
    if (result) await delay(PAUSE_MS, signal);
    result = await work();
    if (result.ok || !result.again) break;
  }
  return result ?? { ok: false, error: "zag was killed each time it was told", again: false };
}

async function compose({ session }: Notice, message: Message): Promise<Notification> {
  const { kind, outcome = null, error, resumesAt = null, question, commands } = message;
  const isOver = kind === "end" || kind === "failure";
  const whole = isOver && session.tells && session.logPath !== null
    ? await resultOf(session.logPath).catch(() => undefined)
    : undefined;
  const result = whole === undefined ? undefined : beginning(whole);
  return {
    version: 1,
    id: message.id,
    event: kind,
    at: message.at,
    session_id: session.id,
    session_name: session.name,
    provider: session.provider,
    model: session.model,
    project: session.project,
    cwd: session.cwd,
    outcome,
    error: error == null ? null : beginning(error).text,
    result: result?.text ?? null,
    result_truncated: result?.truncated ?? false,
    resumes_at: resumesAt,
    question: question ? { id: question.id, text: beginning(question.text).text } : null,
    commands: commands ?? whatNext(session, isOver),
  };
}

function whatNext({ id, command }: Notice["session"], isOver: boolean): string[] {
  if (!isOver) return [`zag status ${id}`, `zag cancel ${id}`];
  const goOn = command === "run" ? `zag run --resume ${id}` : `zag exec --resume ${id} "..."`;
  return [`zag output ${id}`, goOn];
}

function note(
  { session, targets }: Notice,
  { kind, id }: Message,
  at: number,
  result: Delivered,
  attempts: number,
): void {
  const { logPath, provider, id: sessionId } = session;
  // A log that was deleted must not come to life again with this one line in it.
  if (logPath === null || !isFile(logPath)) return;
  const line: LogKind = {
    type: "notification",
    kind,
    notification_id: id,
    target: publicName(targets[at]!),
    target_number: at + 1,
    delivered: result.ok,
    attempts,
    ...(result.ok ? {} : { error: result.error }),
  };
  using log = LogAppender.reopen({ path: logPath, provider, sessionId });
  log.append([line]);
}

/** Whether the log says that it was delivered: this was not the first zag to try. */
async function isNoted(
  { session: { logPath }, targets }: Notice,
  { id }: Message,
  at: number,
): Promise<boolean> {
  if (logPath === null || !isFile(logPath)) return false;
  const name = publicName(targets[at]!);
  // Several may have the same name.
  const isAlone = targets.filter((target) => publicName(target) === name).length === 1;
  for await (const { event } of readLog(logPath)) {
    if (!event || !says(event) || event.notification_id !== id || !event.delivered) continue;
    if (event.target !== name) continue;
    if (event.target_number === undefined ? isAlone : event.target_number === at + 1) return true;
  }
  return false;
}

function says(event: LogEvent): event is LogEvent & { type: "notification" } {
  return event.type === "notification";
}
