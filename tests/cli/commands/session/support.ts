/** What the tests of the commands that read recorded sessions share. */
import { commands } from "../../../../src/cli/commands.ts";
import { createApp } from "../../../../src/cli/create_app.ts";
import { localTime } from "../../../../src/events/render/local_time.ts";
import { startTimeOf } from "../../../../src/processes/process_table.ts";
import type { NewProcess, NewSession } from "../../../../src/sessions/records.ts";
import { SessionStore } from "../../../../src/sessions/store.ts";
import { fakeContext, type FakeContextOptions } from "../../../fakes/context.ts";
import { TestHome } from "../../../support/zag.ts";

/** When the commands run. */
export const NOW = new Date("2026-03-04T12:00:00.000Z");

/** A moment so many minutes before {@link NOW}. */
export const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000).toISOString();

/** An id that differs from another in its first digits only when the numbers do. */
export const uuid = (number: number) =>
  `${String(number).padStart(8, "0")}-1111-4222-8333-444444444444`;

/** A process that lives: this one. */
export const ALIVE = { ownerPid: Deno.pid, ownerStart: startTimeOf(Deno.pid)! };

/** What a command printed, and how it ended. */
export interface Ran {
  code: number;
  out: string;
  err: string;
}

/** A home with recorded sessions; outside of any project. */
export class Recorded implements AsyncDisposable {
  readonly home: TestHome;
  readonly store: SessionStore;

  private constructor(home: TestHome) {
    this.home = home;
    this.store = SessionStore.open(`${home.path}/.zag/zag.db`);
  }

  static async create(): Promise<Recorded> {
    return new Recorded(await TestHome.create());
  }

  /** Adds a session; what a test says nothing about is plain. */
  add(sessionId: string, more: Partial<NewSession> = {}, run?: Partial<NewProcess>): void {
    const createdAt = more.createdAt ?? ago(60);
    this.store.addSession({
      sessionId,
      provider: "mock",
      model: "mock-medium",
      command: "exec",
      workspacePath: this.home.work,
      startedAt: createdAt,
      outcome: "success",
      ...more,
      createdAt,
    });
    if (!run) return;
    this.store.addProcess({
      id: `run-of-${sessionId}`,
      sessionId,
      provider: "mock",
      command: "exec",
      ownerPid: 1,
      startedAt: createdAt,
      status: "exited",
      ...run,
    });
  }

  /** Runs a command in this process. */
  async zag(args: readonly string[], options: FakeContextOptions = {}): Promise<Ran> {
    const ctx = fakeContext({
      now: NOW,
      cwd: this.home.work,
      ...options,
      env: this.home.env(options.env),
    });
    const code = await createApp(commands).run(args, ctx);
    return { code, out: ctx.out, err: ctx.err };
  }

  /** Runs a command that has to end well, and returns what it printed. */
  async out(args: readonly string[], options: FakeContextOptions = {}): Promise<string> {
    const { code, out, err } = await this.zag(args, options);
    if (code !== 0 || err !== "") {
      throw new Error(`zag ${args.join(" ")} ended with ${code}: ${err}`);
    }
    return out;
  }

  /** Text for a snapshot: without the paths of this home, and with times as a clock in UTC has them. */
  stable(text: string, ...minutes: number[]): string {
    const utc = new Map(minutes.map((each) => {
      const time = ago(each);
      return [localTime(time), time.slice(0, 16).replace("T", " ")];
    }));
    // All at once: one time may be written here as another is in UTC.
    return text.replaceAll(this.home.path, "/home/me")
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d/g, (shown) => utc.get(shown) ?? shown);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.store.close();
    await this.home[Symbol.asyncDispose]();
  }
}
