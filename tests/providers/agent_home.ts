/**
 * What the tests of the real agents share: a home with one agent's CLI on its PATH, a scripted model
 * server behind it, and the demand that nothing is alive when a test is over.
 */
import { type AgentName, installAgent } from "../../scripts/install_agents.ts";
import type { AgentOutput, Event } from "../../src/events/event.ts";
import type { LogEvent, LogType } from "../../src/events/log_event.ts";
import { startTimeOf } from "../../src/processes/process_table.ts";
import type { SessionRecord } from "../../src/sessions/records.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { type Living, livingWith, waitFor } from "../support/living.ts";
import {
  type ModelServer,
  type ModelServerOptions,
  type RequestRecord,
  startModelServer,
} from "../support/model_server/mod.ts";
import { type Finished, TestHome, type ZagOptions } from "../support/zag.ts";

/** One start of the real CLI, as a recording program in front of it has seen it. */
export interface NativeRun {
  args: string[];
  stdout: string;
}

/** A line of a CLI's own stream. */
// deno-lint-ignore no-explicit-any -- the CLI's JSON is compared, not typed
export type NativeEvent = Record<string, any>;

/** An agent under test. */
export interface AgentSetup {
  /** Provider's name, and the agent's in `scripts/install_agents.ts`. */
  readonly name: AgentName;
  readonly server?: ModelServerOptions;
  /** Makes the home ready, and returns what the CLI needs in its environment. */
  prepare(home: TestHome, server: ModelServer): Promise<Record<string, string>>;
}

/** A home in which one agent is the real one and its model is scripted. */
export class AgentHome implements AsyncDisposable {
  readonly setup: AgentSetup;
  readonly home: TestHome;
  readonly server: ModelServer;
  /** The directory of the CLI. */
  readonly bin: string;
  /** The version of the CLI. */
  readonly version: string;
  readonly #env: Record<string, string>;

  protected constructor(
    setup: AgentSetup,
    home: TestHome,
    server: ModelServer,
    agent: { bin: string; version: string },
    env: Record<string, string>,
  ) {
    this.setup = setup;
    this.home = home;
    this.server = server;
    this.bin = agent.bin;
    this.version = agent.version;
    this.#env = { PATH: `${home.bin}:${agent.bin}:${home.env().PATH}`, ...env };
  }

  static async create(setup: AgentSetup): Promise<AgentHome> {
    const agent = await installAgent(setup.name);
    const home = await TestHome.create();
    const server = startModelServer(setup.server);
    return new AgentHome(setup, home, server, agent, await setup.prepare(home, server));
  }

  /** HOME. */
  get path(): string {
    return this.home.path;
  }

  /** Where zag and the agent are started. */
  get work(): string {
    return this.home.work;
  }

  /** The environment, with changes. */
  env(changes: Record<string, string | undefined> = {}): Record<string, string> {
    return this.home.env({ ...this.#env, ...changes });
  }

  #options<T extends ZagOptions>(options: T): T {
    return { ...options, env: { ...this.#env, ...options.env } };
  }

  /** Runs `zag -p NAME` with arguments to its end. */
  async zag(args: readonly string[], options: ZagOptions = {}): Promise<Finished> {
    return await this.home.zag(["-p", this.setup.name, ...args], this.#options(options));
  }

  /** Starts `zag -p NAME` with arguments. */
  spawn(args: readonly string[], options: Parameters<TestHome["spawn"]>[1] = {}): RunningZag {
    return new RunningZag(
      this.home.spawn(["-p", this.setup.name, ...args], this.#options(options)),
    );
  }

  /** Runs the CLI without zag. */
  async bare(
    args: readonly string[],
    stdin = "",
    env: Record<string, string | undefined> = {},
  ): Promise<Finished> {
    const child = new Deno.Command(`${this.bin}/${this.setup.name}`, {
      args: [...args],
      cwd: this.work,
      env: this.env(env),
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    await writeAll(child.stdin, stdin);
    const { code, signal, stdout, stderr } = await child.output();
    const decoder = new TextDecoder();
    return { code, signal, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  /** Puts a program in front of the CLI that keeps its arguments and what it prints. */
  async record(): Promise<void> {
    await Deno.mkdir(`${this.path}/recorded`);
    // The copier ignores signals: it has to live until the CLI has said its last word.
    await this.program(this.setup.name, [
      "#!/bin/bash",
      'run="$HOME/recorded/$(date +%s%N)"',
      `printf '%s\\0' "$@" > "$run.args"`,
      `exec '${this.bin}/${this.setup.name}' "$@" > ` +
      `>(trap "" TERM INT HUP; exec tee "$run.stdout")`,
    ]);
  }

  /** Makes a program that comes before the CLI on PATH. */
  async program(name: string, lines: readonly string[]): Promise<void> {
    await this.home.program(name, lines.join("\n") + "\n");
  }

  /** All starts of the CLI since {@linkcode AgentHome.record}, oldest first. */
  async recorded(): Promise<NativeRun[]> {
    const names = (await Array.fromAsync(Deno.readDir(`${this.path}/recorded`)))
      .map(({ name }) => name).filter((name) => name.endsWith(".args")).sort();
    return await Promise.all(names.map(async (name) => {
      const path = `${this.path}/recorded/${name.slice(0, -".args".length)}`;
      return {
        args: (await Deno.readTextFile(`${path}.args`)).split("\0").slice(0, -1),
        stdout: await Deno.readTextFile(`${path}.stdout`),
      };
    }));
  }

  /** The only start of the CLI, its lines parsed. */
  async native(): Promise<{ args: string[]; events: NativeEvent[] }> {
    const runs = await this.recorded();
    assertEquals(runs.length, 1);
    return { args: runs[0]!.args, events: parseLines(runs[0]!.stdout) };
  }

  /** The lines of the only session log. */
  async log(): Promise<LogEvent[]> {
    const logs = await this.home.logs();
    assertEquals(logs.length, 1, "there must be one session log");
    return logs[0] as unknown as LogEvent[];
  }

  /** The only session, from the store. */
  async session(): Promise<SessionRecord> {
    const [first] = await this.log();
    return this.stored(first!.wrapper_session_id);
  }

  /** A session from the store. */
  stored(id: string): SessionRecord {
    const store = SessionStore.open(`${this.path}/.zag/zag.db`);
    try {
      const session = store.getSession(id);
      assert(session, `the store has no session ${id}`);
      return session;
    } finally {
      store.close();
    }
  }

  /** Requests for an answer that the model server has seen. */
  get asked(): RequestRecord[] {
    return this.server.requests.filter(({ step }) => step !== null);
  }

  /** Processes of this home that live. */
  async living(): Promise<Living[]> {
    return await livingWith(`HOME=${this.path}`);
  }

  /** Waits until a process with such a command line lives. */
  async untilRuns(command: RegExp): Promise<Living> {
    return await waitFor(
      `a process ${command}`,
      async () => (await this.living()).find((process) => command.test(process.command)),
    );
  }

  /** Fails when anything of this home is alive, and removes the home. */
  async [Symbol.asyncDispose](): Promise<void> {
    const left = await this.living();
    for (const { pid } of left) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // Gone by now.
      }
    }
    await this.server[Symbol.asyncDispose]();
    await this.home[Symbol.asyncDispose]();
    assertEquals(left.map(({ command }) => command), [], "processes were left alive");
  }
}

/** A zag at work, whose output is read as it comes. */
export class RunningZag {
  readonly child: Deno.ChildProcess;
  readonly #stdout: Promise<void>;
  readonly #stderr: Promise<string>;
  #text = "";

  constructor(child: Deno.ChildProcess) {
    this.child = child;
    this.#stdout = this.#read(child.stdout);
    this.#stderr = new Response(child.stderr).text();
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) this.#text += decoder.decode(chunk, { stream: true });
  }

  /** Stdout so far. */
  get stdout(): string {
    return this.#text;
  }

  /** Waits until stdout contains the text. */
  async untilPrints(text: string): Promise<void> {
    await waitFor(`"${text}" on stdout`, () => this.#text.includes(text) || undefined);
  }

  /** Writes to stdin and leaves it open. */
  async write(text: string): Promise<void> {
    const writer = this.child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(text));
    writer.releaseLock();
  }

  /** Waits for the end. */
  async finished(): Promise<Finished> {
    const { code, signal } = await this.child.status;
    await this.#stdout;
    return { code, signal, stdout: this.#text, stderr: await this.#stderr };
  }
}

/**
 * Registers a test with a home of its own. What it proves is a list of features of `zag capability`,
 * so that a claim without a test is found out; see `matrix_test.ts`.
 *
 * @param proves Names of features, for example `resume`; empty for a test of something else.
 */
export function agentTest(
  setup: AgentSetup,
  proves: readonly string[],
  name: string,
  test: (agent: AgentHome) => Promise<void>,
): void {
  Deno.test(`${setup.name} ${name}`, async () => {
    const agent = await AgentHome.create(setup);
    await runAndDispose(agent, test);
    await noteProof(setup.name, proves);
  });
}

/** Runs a test; what is left alive by one that failed is no news. */
export async function runAndDispose<H extends AsyncDisposable>(
  agent: H,
  test: (agent: H) => Promise<void>,
): Promise<void> {
  try {
    await test(agent);
  } catch (error) {
    await Promise.resolve(agent[Symbol.asyncDispose]()).catch(() => {});
    throw error;
  }
  await agent[Symbol.asyncDispose]();
}

/** Without a name, the process that runs the tests: its number alone is given out again. */
const RUN = Deno.env.get("ZAG_TEST_RUN") ??
  `${Deno.pid}-${startTimeOf(Deno.pid)}`.replaceAll(/\W/g, "-");

/** Where this run of the tests keeps what was proved, one `PROVIDER FEATURE` a line. */
export const PROOFS = new URL(`../../.cache/proofs/${RUN}.txt`, import.meta.url);

/** Notes that a test of a feature has passed. */
export async function noteProof(provider: string, features: readonly string[]): Promise<void> {
  if (features.length === 0) return;
  await Deno.mkdir(new URL("./", PROOFS), { recursive: true });
  const lines = features.map((feature) => `${provider} ${feature}\n`).join("");
  await Deno.writeTextFile(PROOFS, lines, { append: true });
}

/** Lines of JSON. */
export function parseLines(text: string): NativeEvent[] {
  return text.split("\n").filter((line) => line.trim() !== "").map((line) => JSON.parse(line));
}

/** The events that `-o stream-json` printed. */
export function eventsOf(finished: Finished): Event[] {
  return parseLines(finished.stdout) as Event[];
}

/** The document that `-o json` printed. */
export function outputOf(finished: Finished): AgentOutput {
  return JSON.parse(finished.stdout) as AgentOutput;
}

/** The events of one type. */
export function only<T extends Event["type"]>(
  events: readonly Event[],
  type: T,
): Extract<Event, { type: T }>[] {
  return events.filter((event): event is Extract<Event, { type: T }> => event.type === type);
}

/** The log lines of one type. */
export function entries<T extends LogType>(
  log: readonly LogEvent[],
  type: T,
): Extract<LogEvent, { type: T }>[] {
  return log.filter((line): line is Extract<LogEvent, { type: T }> => line.type === type);
}

async function writeAll(stream: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stream.getWriter();
  await writer.write(new TextEncoder().encode(text)).catch(() => {});
  await writer.close().catch(() => {});
}
