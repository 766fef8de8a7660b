/** Runs of agents for the tests of what ends them: a program that lives stands for their zag. */
import { type ZagPaths, zagPaths } from "../../src/config/paths.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import { startTimeOf } from "../../src/processes/process_table.ts";
import type { ProcessIdentity } from "../../src/processes/process_table.ts";
import { type EndRequest, readEndRequest } from "../../src/sessions/end_request.ts";
import { LogAppender } from "../../src/sessions/log.ts";
import type { NewProcess, NewSession, ProcessRecord } from "../../src/sessions/records.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { inTemp, wholeLines } from "../sessions/support.ts";
import { waitFor } from "../support/living.ts";

/** One session, with runs that a program of this test owns. */
export class RunWorld implements AsyncDisposable {
  readonly paths: ZagPaths;
  readonly store: SessionStore;
  readonly logPath: string;
  readonly #children: Deno.ChildProcess[] = [];
  readonly owner: Deno.ChildProcess;
  #at = Date.parse("2026-01-01T00:00:00.000Z");

  constructor(dir: string, session: Partial<NewSession> = {}) {
    this.paths = zagPaths({ get: (name) => name === "ZAG_HOME" ? dir : undefined });
    this.logPath = `${dir}/s.jsonl`;
    this.store = SessionStore.open(this.paths.database);
    this.store.addSession({
      provider: "mock",
      command: "exec",
      sessionId: "s",
      workspacePath: "/",
      createdAt: this.tick(),
      logPath: this.logPath,
      ...session,
    });
    this.owner = this.program();
  }

  /** A program that lives until the test ends. */
  program(): Deno.ChildProcess {
    const child = new Deno.Command("sleep", { args: ["709"] }).spawn();
    this.#children.push(child);
    return child;
  }

  /** The next moment. */
  tick(): string {
    return new Date(this.#at += 1000).toISOString();
  }

  /** Begins a run with its directory and the first lines of its log; the agent is not known. */
  begin(id: string, more: Partial<NewProcess> = {}): ProcessRecord {
    const run = this.claim(id, more);
    this.open(run);
    return run;
  }

  /** Begins a run that has no line in the log yet. */
  claim(id: string, more: Partial<NewProcess> = {}): ProcessRecord {
    const startedAt = this.tick();
    Deno.mkdirSync(this.paths.launchFiles(id), { recursive: true });
    const { pid, startTime } = identityOf(this.owner);
    this.store.addProcess({
      id,
      sessionId: "s",
      provider: "mock",
      command: "exec",
      ownerPid: pid,
      ownerStart: startTime,
      startedAt,
      ...more,
    });
    this.store.updateSession("s", { startedAt, endedAt: null, outcome: null });
    return this.store.getProcess(id)!;
  }

  /** Writes the first lines of a run. */
  open({ startedAt }: ProcessRecord): void {
    this.log(startedAt, {
      type: "session_started",
      command: "exec",
      model: null,
      cwd: null,
      resumed: false,
      backfilled: false,
    }, { type: "session_meta", meta: {} });
  }

  /** Ends a run as its zag does: log, index, directory. */
  end(id: string): void {
    const at = this.tick();
    this.log(at, { type: "session_ended", success: true, error: null, outcome: "success" });
    this.store.updateSession("s", { endedAt: at, outcome: "success", exitCode: 0 });
    this.store.endProcess(id, { status: "exited", exitCode: 0, at });
    Deno.removeSync(this.paths.launchFiles(id), { recursive: true });
  }

  /** Leaves a run open for the next one, which is not there yet. */
  leave(id: string): void {
    Deno.removeSync(this.paths.launchFiles(id), { recursive: true });
  }

  /** Goes on with a session that a run has left open. */
  goOn(from: string, id: string): ProcessRecord {
    this.store.endProcess(from, { status: "exited", exitCode: 0, at: this.tick() });
    return this.begin(id);
  }

  /** Appends to the log. */
  log(at: string, ...kinds: LogKind[]): void {
    const now = () => new Date(at);
    using log = LogAppender.reopen({ path: this.logPath, provider: "mock", sessionId: "s", now });
    log.append(kinds);
  }

  /** The types of the log's lines. */
  get logged(): string[] {
    return wholeLines(this.logPath).map(({ type }) => type);
  }

  /** The results that the log has. */
  get results(): unknown[] {
    return wholeLines(this.logPath).flatMap((line) =>
      line.type === "session_result" ? [line.result] : []
    );
  }

  /** What the owner of a run is asked for. */
  request(id: string): EndRequest | undefined {
    return readEndRequest(this.paths.launchFiles(id));
  }

  /** Waits until the owner of a run is asked. */
  async asked(id: string): Promise<EndRequest> {
    return await waitFor("a request", () => this.request(id));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.store.close();
    for (const child of this.#children) {
      try {
        child.kill("SIGKILL");
      } catch {
        // It was ended.
      }
      await child.status;
    }
  }
}

/** A child as the process table names it. */
export function identityOf({ pid }: Deno.ChildProcess): ProcessIdentity {
  return { pid, startTime: startTimeOf(pid)! };
}

/** Makes a test of a function. */
export function inRunWorld(
  test: (world: RunWorld) => Promise<void>,
  session?: Partial<NewSession>,
): () => Promise<void> {
  return () =>
    inTemp(async (dir) => {
      await using world = new RunWorld(await Deno.realPath(dir), session);
      await test(world);
    });
}
