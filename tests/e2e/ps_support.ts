/** What the tests of `zag ps` share: agents that are at work, and what is recorded of them. */
import type { Step } from "../../src/providers/mock/script.ts";
import { startTimeOf } from "../../src/processes/process_table.ts";
import type { NewProcess, NewSession } from "../../src/sessions/records.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { Pty } from "../support/pty.ts";
import { type TestHome, ZAG } from "../support/zag.ts";
import { canRun, leftovers, script, waitFor } from "./support.ts";

/** Every way in which an agent leaves something running. */
export const FORKS: Step[] = [
  { do: "fork", mode: "child" },
  { do: "fork", mode: "new_session" },
  ...(canRun("setsid") ? [{ do: "fork", mode: "daemon" }] as const : []),
];

/** This process, as the owner of what a test records. */
export const ALIVE = { ownerPid: Deno.pid, ownerStart: startTimeOf(Deno.pid)! };

/** No process of this boot has this start time. */
export const GONE = { ownerPid: 2 ** 22 + 1, ownerStart: "proc:00000000:1" };

/** A run as its row has it. */
export interface Row {
  id: string;
  session_id: string;
  agent_pid: number;
  owner_pid: number;
  status: string;
}

/** Rows of runs; none before there is an index. */
export function runs(home: TestHome): Row[] {
  try {
    return home.rows("processes") as unknown as Row[];
  } catch {
    return [];
  }
}

/** Waits until so many agents are at work, and returns their runs in the order of their starts. */
export async function atWork(home: TestHome, count = 1): Promise<Row[]> {
  return await waitFor("the agents", () => {
    const rows = runs(home).filter((row) => row.agent_pid !== null && row.status === "running");
    return rows.length >= count ? rows : undefined;
  });
}

/** Waits until a tool of an agent runs: a `sleep` of so many seconds. */
export async function untilTool(home: TestHome, seconds: string): Promise<void> {
  await waitFor(
    "the tool",
    async () =>
      (await leftovers(home, 0)).some((line) => new RegExp(`\\bsleep ${seconds}$`).test(line)) ||
      undefined,
  );
}

/** Kills an agent and its zag, which must not see the agent end. */
export async function killTogether(
  { run, ended, zag }: AtWork,
): Promise<void> {
  zag.kill("SIGSTOP");
  Deno.kill(run.agent_pid, "SIGKILL");
  zag.kill("SIGKILL");
  await ended;
}

/** An agent that `zag exec` has started, at work. */
export interface AtWork {
  run: Row;
  /** What became of its zag. */
  ended: Promise<{ code: number; signal: string | null; stdout: string; stderr: string }>;
  zag: Deno.ChildProcess;
}

/** Starts `zag exec` with the mock agent, which forks and then hangs unless it has other steps. */
export async function working(
  home: TestHome,
  steps: Step[] = [...FORKS, { do: "run", command: ["sleep", "701"] }],
  args: readonly string[] = [],
): Promise<AtWork> {
  const zag = home.spawn(["-p", "mock", "exec", "hi", ...args], { env: script(steps) });
  const ended = zag.output().then(({ code, signal, stdout, stderr }) => {
    const decoder = new TextDecoder();
    return { code, signal, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  });
  const pid = zag.pid;
  const run = await waitFor(
    "the agent",
    () => runs(home).find((row) => row.owner_pid === pid && row.agent_pid !== null),
  );
  if (steps.some((step) => step.do === "run" && step.command.includes("701"))) {
    await untilTool(home, "701");
  }
  return { run, ended, zag };
}

/** Starts `zag run` with the mock agent in a terminal. */
export function interactive(
  home: TestHome,
  args: readonly string[],
  env: Record<string, string | undefined>,
): Pty {
  return new Pty(
    ZAG.program,
    [...ZAG.args, "-p", "mock", "run", ...args],
    { cwd: home.work, env: home.env({ TERM: "xterm-256color", ...env }), columns: 100, rows: 30 },
  );
}

/** Records a session with one run that is not there. */
export function recordRun(
  home: TestHome,
  run: Partial<NewProcess>,
  session: Partial<NewSession> = {},
): { id: string; sessionId: string } {
  Deno.mkdirSync(`${home.path}/.zag`, { recursive: true });
  using store = SessionStore.open(`${home.path}/.zag/zag.db`);
  const sessionId = crypto.randomUUID();
  const id = crypto.randomUUID();
  const startedAt = new Date().toISOString();
  const base = { provider: "mock", command: "exec" } as const;
  store.addSession({
    ...base,
    sessionId,
    workspacePath: home.work,
    createdAt: startedAt,
    startedAt,
    ...session,
  });
  store.addProcess({ ...base, ...GONE, id, sessionId, startedAt, ...run });
  return { id, sessionId };
}

/** A step that hands in a result, or ends the session without one. */
export function handIn(...words: string[]): Step {
  return { do: "run", command: ["zag", "ps", "kill", "self", ...words] };
}

/** The results that logs have. */
export async function results(home: TestHome): Promise<unknown[]> {
  return (await home.logs()).flat().filter(({ type }) => type === "session_result")
    .map(({ result }) => result);
}
