/** The runs of agents: what `zag ps` lists. */
import { checkArguments, FLAG, NUMBER, parts, TEXT } from "../agent/argument_check.ts";
import { foldId } from "../sessions/fold_id.ts";
import type { ProcessRecord } from "../sessions/records.ts";
import type { LiveStatus } from "../sessions/run_status.ts";
import { openRecords, type Records } from "./records.ts";

/** Which runs are listed; all conditions hold. */
export interface ProcessQuery {
  /** Only those whose agent or zag lives. Default: false. */
  readonly running?: boolean | undefined;
  /** Id of the session. */
  readonly session?: string | undefined;
  /** At most so many, the newest. Default: all. */
  readonly limit?: number | undefined;
}

const QUERY = parts<ProcessQuery>({ running: FLAG, session: TEXT, limit: NUMBER });

/** One run of an agent, with what the processes of this machine say about it. */
export interface ProcessEntry extends ProcessRecord {
  /** `running`, `exited`, `killed`, or `dead` when nobody saw it end and it is gone. */
  readonly liveStatus: LiveStatus;
  /** Name of its session. */
  readonly sessionName: string | null;
}

/**
 * The runs of agents of all projects.
 *
 * @example
 * ```ts ignore
 * using store = await ProcessStore.open();
 * for (const { agentPid, command } of store.list({ running: true })) console.log(agentPid, command);
 * ```
 */
export class ProcessStore implements Disposable {
  readonly #records: Records;
  readonly #room: typeof import("../sessions/run_status.ts");

  private constructor(records: Records, room: typeof import("../sessions/run_status.ts")) {
    this.#records = records;
    this.#room = room;
  }

  /**
   * Opens the index. What a killed zag has left behind stays as it is, so that it can be seen.
   *
   * @throws {ZagError} when the index cannot be used
   */
  static async open(): Promise<ProcessStore> {
    const room = await import("../sessions/run_status.ts");
    return new ProcessStore(await openRecords({ global: true }, true), room);
  }

  /** The runs that satisfy all conditions, newest first. */
  list(query: ProcessQuery = {}): ProcessEntry[] {
    checkArguments("list()", [query, "query", QUERY]);
    const { running = false, session, limit } = query;
    return this.#room.runsNow(this.#records.store)
      .filter(({ run }) => session === undefined || run.sessionId === session)
      .map((listed) => ({
        ...listed.run,
        liveStatus: listed.liveStatus,
        sessionName: listed.sessionName,
      }))
      .filter((entry) => !running || entry.liveStatus === "running")
      .slice(0, limit);
  }

  /** The run with this id, or the newest whose id begins like that; undefined when there is none. */
  get(id: string): ProcessEntry | undefined {
    checkArguments("get()", [id, "id", TEXT]);
    const found = this.#records.store.findProcess(foldId(id));
    return found && this.list().find((entry) => entry.id === found.id);
  }

  /** Closes the index. */
  close(): void {
    this.#records[Symbol.dispose]();
  }

  /** The same as {@linkcode close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}
