/** Which processes live, told by their environment, and waiting for something to come true. */

/** A process that lives. */
export interface Living {
  pid: number;
  /** Program and arguments, with blanks between. */
  command: string;
}

/** The processes that were started with an entry in their environment; zombies do not live. */
export async function livingWith(entry: string): Promise<Living[]> {
  return Deno.build.os === "linux" ? fromProc(entry) : await fromPs(entry);
}

function fromProc(entry: string): Living[] {
  const living: Living[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // Empty for zombies, and for the kernel's own threads.
      const environment = Deno.readTextFileSync(`/proc/${name}/environ`).split("\0");
      if (!environment.includes(entry)) continue;
      const command = Deno.readTextFileSync(`/proc/${name}/cmdline`).split("\0").join(" ").trim();
      living.push({ pid: Number(name), command });
    } catch {
      // It ended while it was looked at, or belongs to somebody else.
    }
  }
  return living;
}

async function fromPs(entry: string): Promise<Living[]> {
  const { stdout } = await new Deno.Command("ps", { args: ["-axEww", "-o", "pid=,command="] })
    .output();
  return new TextDecoder().decode(stdout).split("\n")
    .filter((line) => line.includes(` ${entry}`))
    .map((line) => {
      const [, pid, command] = /^\s*(\d+)\s+(.*)$/.exec(line)!;
      return { pid: Number(pid), command: command! };
    });
}

/** Whether a process lives. */
export async function isAlive(pid: number): Promise<boolean> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "stat=", "-p", `${pid}`] })
    .output();
  const state = new TextDecoder().decode(stdout).trim();
  return state !== "" && !state.startsWith("Z");
}

/**
 * Looks again and again until there is something to see.
 *
 * @param what Completes "Waited in vain for".
 */
export async function waitFor<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  timeoutMs = 60_000,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  while (true) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > end) throw new Error(`Waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
