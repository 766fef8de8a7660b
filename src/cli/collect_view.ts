/** What a session came to, among others: for programs and for people. */
import { type EndReasonFields, endReasonFields } from "../events/end_reason.ts";
import { messageText } from "../events/render/plain_text.ts";
import { paint } from "../events/render/text.ts";
import type { SessionRecord } from "../sessions/records.ts";
import type { SessionStatus } from "../sessions/session_status.ts";
import type { CliContext } from "./context.ts";
import { ProgressLine } from "./progress_line.ts";
import { statusText } from "./session_text.ts";

/** A session and what it came to. */
export interface Collected {
  readonly session: SessionRecord;
  readonly status: SessionStatus;
  /** The whole result; undefined when there is none. */
  readonly result: string | undefined;
  /** Why it did not succeed, or why its log cannot be read. */
  readonly error: string | undefined;
}

/** The object that `--json` prints for a session; its key order is the printed order. */
export interface CollectedJson extends EndReasonFields {
  readonly session_id: string;
  readonly name?: string;
  readonly provider: string;
  readonly model: string | null;
  readonly status: SessionStatus;
  readonly result_text?: string;
  readonly error?: string;
}

/** A session for programs; what it does not have is left out. */
export function collectedJson({ session, status, result, error }: Collected): CollectedJson {
  return {
    session_id: session.sessionId,
    ...(session.name === null ? {} : { name: session.name }),
    provider: session.provider,
    model: session.model,
    status,
    ...(result === undefined ? {} : { result_text: result }),
    ...(error === undefined ? {} : { error }),
    ...endReasonFields(session.endReason),
  };
}

/**
 * A session for people: a line that says which, its result, its error. Each line has its newline.
 *
 * @param result as it is to be shown
 */
export function collectedText(
  { session, status, error }: Collected,
  result: string | undefined,
  color: boolean,
): string {
  const id = session.sessionId.slice(0, 8);
  const name = messageText((session.name ?? "").replace(/\s+/g, " ")).trim();
  const who = paint(name === "" ? id : `${name} (${id})`, "1", color);
  const parts = [
    `=== ${who} [${statusText(status, color)}] ===`,
    ...(result ? [result] : []),
    ...(error === undefined ? [] : [paint(`error: ${messageText(error).trim()}`, "31", color)]),
  ];
  return parts.map((part) => `${part}\n`).join("");
}

/** One line on stderr at a terminal that tells how many results have been read. */
export class ReadingProgress implements Disposable {
  readonly #line: ProgressLine;
  readonly #count: number;
  #begun = 0;

  /** @param count of the sessions whose results are read */
  constructor(ctx: CliContext, quiet: boolean, count: number) {
    this.#line = new ProgressLine(ctx, quiet);
    this.#count = count;
  }

  /** The next result is about to be read. */
  next(): void {
    this.#begun++;
    this.#line.show(() => `Reading results: ${this.#begun} of ${this.#count}`);
  }

  /** Takes the line away, so that something can be printed. */
  clear(): void {
    this.#line.clear();
  }

  /** Takes the line away for good. */
  [Symbol.dispose](): void {
    this.clear();
  }
}
