/** Runs a program that works for zag itself, such as `git`, to its end and keeps what it says. */
import type { EnvReader } from "../host.ts";
import { startSubprocess } from "../processes/subprocess.ts";

/** What a tool left behind. */
export interface ToolOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a tool is started. */
export interface ToolOptions {
  /** Absolute path. */
  readonly program: string;
  readonly args: readonly string[];
  /** The complete environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly cwd: string;
}

/**
 * Runs a tool to its end. Ctrl-C at the terminal does not reach it: what it has begun it completes.
 *
 * @throws {SpawnError} when it cannot be started.
 */
export async function runTool({ program, args, env, cwd }: ToolOptions): Promise<ToolOutput> {
  const child = startSubprocess({
    program,
    args,
    env,
    cwd,
    detached: true,
    stdin: "null",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exit] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exit,
  ]);
  return { code: exit.code, stdout, stderr };
}

/**
 * The caller's environment without what would make the output another one. Under a run list Deno
 * starts nothing while a variable of the dynamic linker is set.
 */
export function toolEnvironment(
  env: EnvReader,
  drops: (name: string) => boolean = () => false,
): Record<string, string> {
  const kept = Object.entries(env.toObject()).filter(([name]) =>
    !/^(LD|DYLD)_/.test(name) && name !== "LANGUAGE" && !drops(name)
  );
  return { ...Object.fromEntries(kept), LC_ALL: "C" };
}

/** The last lines of what a tool complained about, as one line. */
export function complaint({ code, stderr, stdout }: ToolOutput): string {
  const lines = (stderr.trim() || stdout.trim()).split("\n").map((line) => line.trim())
    .filter((line) => line !== "");
  return lines.slice(-4).join("; ") || `it ended with code ${code}`;
}
