/** Real processes, for tests of those that start them. */

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
  for (let tries = 0; tries < 500; tries++) {
    const text = await Deno.readTextFile(pidFile).catch(() => undefined);
    if (text !== undefined) return Number(text);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${pidFile} was not written`);
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
