/** The requests that a server has seen, and waiting for one of them. */

import type { BodyEnd } from "./answer.ts";
import type { ProtocolName } from "./protocol.ts";

/** One request and what became of it. Complete before its answer begins; only `end` comes later. */
export interface RequestRecord {
  /** Counts from 1 in the order of arrival. */
  readonly number: number;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly protocol: ProtocolName;
  readonly headers: Readonly<Record<string, string>>;
  /** The decoded JSON; null when there was none. */
  readonly body: unknown;
  /** Size of the body. */
  readonly bytes: number;
  readonly model: string | null;
  /** Whether a streamed answer was asked for. */
  readonly stream: boolean;
  /** Names of the tools on offer; `namespace.tool` for those of a namespace. */
  readonly tools: readonly string[];
  /** The structured-output format that was asked for; null without one. */
  readonly format: unknown;
  /** Answers already given in the turn; null when the request was not for an answer. */
  readonly step: number | null;
  /** The directive that was followed; empty without one. */
  readonly directive: string;
  /** HTTP status of the answer. */
  readonly status: number;
  /** Why the API does not accept the request; null when it does. */
  readonly refusal: string | null;
  /** How the answer ended: whole, cut by the server, or given up by the client; null before. */
  end: BodyEnd | null;
}

/** The list of requests, and those who wait for one. */
export class RequestBook {
  readonly records: RequestRecord[] = [];
  readonly #watchers = new Set<() => void>();
  readonly #changed: (record: RequestRecord) => void;

  /** @param changed hears of every new record and again when it has ended */
  constructor(changed: (record: RequestRecord) => void = () => {}) {
    this.#changed = changed;
  }

  add(record: RequestRecord): void {
    // Bodies arrive at their own pace; the list keeps the order of arrival all the same.
    const later = this.records.findIndex((other) => other.number > record.number);
    this.records.splice(later < 0 ? this.records.length : later, 0, record);
    this.#tell(record);
  }

  end(record: RequestRecord, end: BodyEnd): void {
    if (record.end !== null) return;
    record.end = end;
    this.#tell(record);
  }

  /** The first record that satisfies the test, now or later; rejects after the time. */
  until(test: (record: RequestRecord) => boolean, timeoutMs: number): Promise<RequestRecord> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.records.find(test);
        if (found === undefined) return;
        done();
        resolve(found);
      };
      const done = () => {
        clearTimeout(timer);
        this.#watchers.delete(look);
      };
      const timer = setTimeout(() => {
        done();
        const seen = this.records.map((r) => `${r.method} ${r.path} ${r.status} ${r.directive}`);
        reject(
          new Error(`No such request within ${timeoutMs} ms; seen: ${seen.join(", ") || "none"}`),
        );
      }, timeoutMs);
      this.#watchers.add(look);
      look();
    });
  }

  #tell(record: RequestRecord): void {
    this.#changed(record);
    for (const look of [...this.#watchers]) look();
  }
}
