/** Real processes, for tests of those that start them. */
import { waitFor } from "../support/living.ts";

/** Whether a process exists and is no zombie. */
export async function isAlive(pid: number): Promise<boolean> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "stat=", "-p", `${pid}`] })
    .output();
  const state = new TextDecoder().decode(stdout).trim();
  return state !== "" && !state.startsWith("Z");
}

/** A program that writes its process id to a file and then runs for ever. */
export function endlessProgram(pidFile: string): string[] {
  return [
    Deno.execPath(),
    "eval",
    `Deno.writeTextFileSync("${pidFile}.new", String(Deno.pid)); ` +
    `Deno.renameSync("${pidFile}.new", "${pidFile}"); setInterval(() => {}, 1000)`,
  ];
}

/** Waits for the file of {@linkcode endlessProgram}. */
export async function readPid(pidFile: string): Promise<number> {
  const read = () => Deno.readTextFile(pidFile).catch(() => undefined);
  return Number(await waitFor(pidFile, read));
}

/** Waits until a process does not die of SIGTERM any more. */
export async function listensToTerm(pid: number): Promise<void> {
  if (Deno.build.os !== "linux") {
    // Nobody can tell there.
    return await new Promise((resolve) => setTimeout(resolve, 2000));
  }
  const bit = 1n << BigInt(15 - 1);
  await waitFor("a listener to SIGTERM", async () => {
    const caught = /^SigCgt:\s*(\S+)$/m.exec(await Deno.readTextFile(`/proc/${pid}/status`))![1];
    return (BigInt(`0x${caught}`) & bit) !== 0n || undefined;
  });
}

/** Ends a process if it is still there. */
export function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}

/** The parent and the process group of a process. */
export async function processIds(pid: number): Promise<{ parent: number; group: number }> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "ppid=,pgid=", "-p", `${pid}`] })
    .output();
  const [parent, group] = new TextDecoder().decode(stdout).trim().split(/\s+/).map(Number);
  return { parent: parent ?? 0, group: group ?? 0 };
}
