/** Runs the small programs of the system (`ps`, `kill`, `stty`) that stand in for missing calls. */
import { isGranted } from "./permissions.ts";

/** How a helper program is run. */
export interface HelperOptions {
  /** `inherit` for programs that work on the terminal. @default "null" */
  readonly stdin?: "null" | "inherit";
  /** Ends the program. */
  readonly signal?: AbortSignal;
}

/** What a helper program left behind. */
export interface HelperOutput {
  readonly pid: number;
  readonly code: number;
  readonly stdout: string;
}

/**
 * Runs a helper program to its end.
 *
 * @throws {Deno.errors.NotCapable} When the program may not be run; Deno is never made to ask.
 * @throws {Deno.errors.NotFound} When there is no such program.
 */
export async function runHelper(
  program: string,
  args: readonly string[],
  options: HelperOptions = {},
): Promise<HelperOutput> {
  const child = new Deno.Command(program, {
    ...commandOptions(program, args),
    stdin: options.stdin ?? "null",
    ...(options.signal && { signal: options.signal }),
  }).spawn();
  const { code, stdout } = await child.output();
  return { pid: child.pid, code, stdout: new TextDecoder().decode(stdout) };
}

/** Like {@linkcode runHelper}, but holds up the whole program; for the moment after a spawn. */
export function runHelperSync(program: string, args: readonly string[]): Omit<HelperOutput, "pid"> {
  const { code, stdout } = new Deno.Command(program, {
    ...commandOptions(program, args),
    stdin: "null",
  }).outputSync();
  return { code, stdout: new TextDecoder().decode(stdout) };
}

function commandOptions(program: string, args: readonly string[]): Deno.CommandOptions {
  if (!isGranted({ name: "run", command: program })) {
    throw new Deno.errors.NotCapable(
      `Cannot run "${program}": run access is missing, run again with --allow-run=${program}`,
    );
  }
  return { args: [...args], stdout: "piped", stderr: "null", ...helperEnvironment() };
}

/** A fixed locale and time zone, so that the output can be read. */
function helperEnvironment(): { env: Record<string, string>; clearEnv?: boolean } {
  const fixed = { LC_ALL: "C", TZ: "UTC" };
  if (!isGranted({ name: "env" })) return { env: fixed };
  // Under a run list Deno starts nothing at all while one of these is in the environment.
  const rest = Object.entries(Deno.env.toObject()).filter(([name]) => !/^(LD|DYLD)_/.test(name));
  return { clearEnv: true, env: { ...Object.fromEntries(rest), ...fixed } };
}
