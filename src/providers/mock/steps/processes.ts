/** Steps that start real processes. */
import { sendSignal } from "../../../processes/send_signal.ts";
import { delay } from "../../../delay.ts";
import type { ToolOutcome, Turn } from "../turn.ts";
import type { Plays } from "./mod.ts";

/** What real agents call the tool that runs commands. */
const SHELL = "shell";

/** The steps of this file. */
export const PROCESS_STEPS: Plays<"run" | "fork"> = {
  run: ({ command, cwd }, turn) =>
    turn.call(SHELL, { command: shown(command) }, () => run(command, cwd, turn)),
  fork: async ({ mode = "child", seconds = 600, holds_output = false }, turn) => {
    const command = ["sleep", `${seconds}`] as const;
    return await turn.call(SHELL, { command: shown(command), background: true }, async () => {
      try {
        const output = holds_output ? "inherit" : "null";
        const pid = mode === "daemon"
          ? await startDaemon(command, output)
          : startChild(command, output, mode === "new_session");
        return { success: true, text: `Started process ${pid}`, data: { pid } };
      } catch (error) {
        return { success: false, text: reason(error, command[0]), data: null };
      }
    });
  },
};

type Output = "inherit" | "null";

/** Runs a command to its end, in a group of its own as real agents do. */
async function run(
  [program, ...args]: readonly [string, ...string[]],
  cwd: string | undefined,
  turn: Turn,
): Promise<ToolOutcome> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args,
      ...(cwd === undefined ? {} : { cwd }),
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
  } catch (error) {
    return { success: false, text: reason(error, program), data: null };
  }
  const stop = () => void killGroup(child);
  turn.signal.addEventListener("abort", stop);
  // It may have fired before there was a process to stop.
  if (turn.signal.aborted) stop();
  const { code, signal, stdout, stderr } = await child.output();
  turn.signal.removeEventListener("abort", stop);
  const decoder = new TextDecoder();
  return {
    success: code === 0,
    text: decoder.decode(stdout) + decoder.decode(stderr),
    data: { exit_code: code, signal },
  };
}

function startChild(
  [program, ...args]: readonly [string, ...string[]],
  output: Output,
  detached: boolean,
): number {
  const child = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: output,
    stderr: output,
    detached,
  }).spawn();
  child.unref();
  return child.pid;
}

/** Starts a process that has a session of its own and no parent that is ours. */
async function startDaemon(command: readonly string[], output: Output): Promise<number> {
  const mark = crypto.randomUUID();
  await new Deno.Command("setsid", {
    args: ["--fork", ...command],
    env: { ZAG_MOCK_FORK: mark },
    stdin: "null",
    stdout: output,
    stderr: output,
  }).spawn().status;
  // "setsid" does not say what it started, nor does it wait until that has become the program.
  for (let tries = 0; tries < 200; tries++) {
    const pid = await findProcess(`${command.join("\0")}\0`, mark);
    if (pid !== undefined) return pid;
    await delay(10);
  }
  throw new Error("it was started but could not be found");
}

/** The process with this command line whose environment holds the mark. */
async function findProcess(commandLine: string, mark: string): Promise<number | undefined> {
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const read = (file: string) => Deno.readTextFile(`/proc/${name}/${file}`).catch(() => "");
    if (await read("cmdline") !== commandLine) continue;
    if ((await read("environ")).includes(mark)) return Number(name);
  }
}

async function killGroup(child: Deno.ChildProcess): Promise<void> {
  // Windows has no groups.
  await sendSignal([Deno.build.os === "windows" ? child.pid : -child.pid], "SIGKILL");
}

function reason(error: unknown, program: string): string {
  return error instanceof Deno.errors.NotFound
    ? `Cannot run "${program}": there is no such program, or no such directory to run it in`
    : `Cannot run "${program}": ${(error as Error).message}`;
}

/** A command as a person would type it. */
function shown(command: readonly string[]): string {
  return command.map((word) => /^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))
    .join(" ");
}
