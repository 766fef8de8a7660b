/** What is printed about a message to many sessions. */
import { formatDuration } from "../agent/outcome.ts";
import type { Delivery } from "../orchestration/broadcast.ts";
import type { SessionRecord } from "../sessions/records.ts";
import type { CliContext } from "./context.ts";
import { printError } from "./errors.ts";
import { jsonText } from "./json_text.ts";
import { printMessage } from "./message.ts";
import { ProgressLine } from "./progress_line.ts";

/** The flags that choose what is printed. */
export interface BroadcastViewFlags {
  readonly output: string | undefined;
  readonly quiet: boolean;
}

/** How often the time in the progress line goes on, in milliseconds. */
const TICK_MS = 250;

/** Prints what becomes of a message, and at a terminal how far it is. */
export class BroadcastView implements Disposable {
  readonly #ctx: CliContext;
  readonly #flags: BroadcastViewFlags;
  readonly #sessions: readonly SessionRecord[];
  readonly #deliveries = new Map<string, Delivery>();
  readonly #line: ProgressLine;
  readonly #since: number;
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  /** How many sessions did not get it, or did not answer. */
  failed = 0;

  /** @param sessions in the order in which they are listed */
  constructor(ctx: CliContext, flags: BroadcastViewFlags, sessions: readonly SessionRecord[]) {
    this.#ctx = ctx;
    this.#flags = flags;
    this.#sessions = sessions;
    this.#line = new ProgressLine(ctx, flags.quiet);
    this.#since = ctx.now().getTime();
    const shown = !flags.quiet && ctx.stderr.isTerminal;
    this.#timer = shown ? setInterval(() => this.#show(), TICK_MS) : undefined;
  }

  /** Notes what became of it; says at once what went wrong. */
  async add(delivery: Delivery): Promise<void> {
    const { session: { sessionId, name }, error, arrived } = delivery;
    this.#deliveries.set(sessionId, delivery);
    if (error === undefined) return;
    this.failed++;
    this.#line.clear();
    const which = JSON.stringify(sessionId) + (name ? ` (${name})` : "");
    const what = arrived
      ? `Session ${which} got the message and failed`
      : `Cannot send to session ${which}`;
    await printError(this.#ctx, `${what}: ${error}`);
  }

  /** Prints the sum of all. */
  async end(): Promise<void> {
    const sent = this.#deliveries.size - this.failed;
    if (!this.#flags.quiet) {
      const sessions = sent === 1 ? "session" : "sessions";
      const failed = this.failed === 0 ? "" : ` (${this.failed} failed)`;
      await printMessage(this.#ctx, `> Sent to ${sent} ${sessions}${failed}`);
    }
    const { output } = this.#flags;
    if (output !== "json" && output !== "json-pretty") return;
    const results = this.#sessions.map(({ sessionId: session_id }) => {
      const delivery = this.#deliveries.get(session_id);
      const error = delivery ? delivery.error : "interrupted before it was sent";
      return error === undefined
        ? { session_id, status: "sent" }
        : { session_id, status: "failed", error };
    });
    const total = results.length;
    const summary = { sent, failed: total - sent, total };
    const space = output === "json" ? undefined : 2;
    const json = JSON.stringify({ results, summary }, null, space);
    await this.#ctx.stdout.write(jsonText(this.#ctx, json) + "\n");
  }

  /** Takes the progress line away. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#line.clear();
  }

  #show(): void {
    const count = this.#sessions.length;
    const sent = this.#deliveries.size - this.failed;
    const elapsed = Math.ceil((this.#ctx.now().getTime() - this.#since) / 1000);
    const counts = [
      `${sent} sent`,
      ...this.failed > 0 ? [`${this.failed} failed`] : [],
      `${count - this.#deliveries.size} open`,
    ];
    this.#line.show(() =>
      `Sending to ${count} ${count === 1 ? "session" : "sessions"}: ${counts.join(", ")} ` +
      `(${formatDuration(elapsed * 1000)})`
    );
  }
}
