/** Delivers signals, by Deno where it may, else by the program `kill`. */
import { runHelper } from "./helper_program.ts";
import { isGranted } from "./permissions.ts";
import { stateOf } from "./process_table.ts";

/**
 * Sends a signal to each target. Targets that have ended, or that belong to somebody else, are
 * passed over. Whoever calls this has just checked who the targets are.
 *
 * @param targets Pids; the negative of a group's id for all of its members.
 * @throws {Deno.errors.NotCapable} When neither `Deno.kill` nor `kill` may be used.
 */
export async function sendSignal(targets: readonly number[], signal: Deno.Signal): Promise<void> {
  if (targets.length === 0) return;
  // 0 is our own group, -1 everybody, 1 and below the system.
  const refused = targets.find((target) => Math.abs(target) <= 1 || !Number.isInteger(target));
  if (refused !== undefined) {
    throw new RangeError(`Cannot send ${signal} to ${refused}: it is not a process of ours`);
  }
  // Under a list of allowed programs Deno sends no signals at all.
  if (isGranted({ name: "run" })) {
    for (const target of targets) sendByDeno(target, signal);
    return;
  }
  const name = signal.slice("SIG".length);
  // One process after the other: kill stops caring about the rest after some errors.
  await Promise.all(
    targets.map((target) => runHelper("kill", ["-s", name, "--", String(target)])),
  );
}

function sendByDeno(target: number, signal: Deno.Signal): void {
  try {
    Deno.kill(target, signal);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable || error instanceof TypeError) throw error;
    // ESRCH or EPERM.
  }
}

/**
 * Tells whether the system lets us signal a process. It says no for one that lives and belongs to
 * another user; where there is no such process, nothing stands in the way. On Windows nobody is asked.
 *
 * @throws {Deno.errors.NotCapable} When neither `Deno.kill` nor `kill` may be used.
 */
export async function maySignal(pid: number): Promise<boolean> {
  if (Deno.build.os === "windows") return true;
  if (isGranted({ name: "run" })) {
    try {
      Deno.kill(pid, 0);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable || error instanceof TypeError) throw error;
      return !(error instanceof Deno.errors.PermissionDenied);
    }
  }
  const { code } = await runHelper("kill", ["-s", "0", "--", String(pid)]);
  return code === 0 || stateOf(pid) === undefined;
}
