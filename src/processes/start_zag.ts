/** Starts another zag that goes on when this one has ended. */
import { dirname, resolve } from "node:path";
import { ensurePrivateDir, zagPaths } from "../config/paths.ts";
import type { Host } from "../host.ts";
import { isFile } from "../is_file.ts";
import { keepInheritedFiles } from "./inherited_files.ts";
import { hasAllPermissions } from "./permissions.ts";
import { childZag } from "./child_zag.ts";
import { setEntry } from "./self.ts";
import { startSubprocess, type Subprocess, type SubprocessOptions } from "./subprocess.ts";

/** What makes a process a part of a session: it would end with that. */
const OF_A_SESSION = ["ZAG_PROCESS_ID", "ZAG_SESSION_ID", "ZAG_SESSION_NAME"];

/** How another zag is started. */
export interface ZagStart {
  /** Where what it reads comes from. @default "null" */
  readonly stdin?: SubprocessOptions["stdin"] | undefined;
  /** Where what it prints goes. @default "null" */
  readonly stdout?: SubprocessOptions["stdout"] | undefined;
  /**
   * A private file, made when it is missing, to which what it prints on stderr is added: errors of the
   * runtime, which no program can catch. Where that cannot be done it has none.
   */
  readonly stderrFile?: string | undefined;
}

/**
 * Starts this program, or the one that `ZAG_BIN` names, without a terminal, outside of any session and
 * with the same state directory. It gets nothing of ours that somebody could wait for to be closed, and
 * keeps nobody from ending. What it has to say it writes into a log of its own.
 *
 * @param args All after the name of the program.
 * @throws {SpawnError} when it cannot be started
 */
export function startZag(
  host: Host,
  args: readonly string[],
  { stdin = "null", stdout = "null", stderrFile }: ZagStart = {},
): Subprocess {
  if (host.entry !== undefined) setEntry(host.entry);
  const self = childZag(args.find((each) => !each.startsWith("-")), host);
  const other = host.env.get("ZAG_BIN");
  const env: Record<string, string> = {
    ...self.env,
    ZAG_HOME: zagPaths(host.env).home,
    ...host.env.toObject(),
  };
  for (const name of OF_A_SESSION) delete env[name];
  using _kept = keepInheritedFiles();
  const cwd = host.cwd;
  const program = other || self.program;
  const own = { program, args: [...(other ? [] : self.args), ...args] };
  const child = startSubprocess({
    ...canRedirect(own.program, env, cwd, stderrFile) ? redirected(own, stderrFile) : own,
    env,
    cwd,
    detached: true,
    stdin,
    stdout,
    stderr: "null",
  });
  child.unref();
  return child;
}

/** Runtimes start programs with a pipe as stderr, or with their own; a shell can open a file. */
function redirected(
  { program, args }: Pick<SubprocessOptions, "program" | "args">,
  file: string,
): Pick<SubprocessOptions, "program" | "args"> {
  return { program: SHELL, args: ["-c", 'exec "$@" 2>>"$0"', file, program, ...args] };
}

const SHELL = "/bin/sh";

/** A program that is not there is to be reported by whoever starts it, and not by a shell. */
function canRedirect(
  program: string,
  env: Readonly<Record<string, string>>,
  cwd: string,
  file: string | undefined,
): file is string {
  if (file === undefined || Deno.build.os === "windows" || !hasAllPermissions()) return false;
  const directories = program.includes("/") ? [""] : (env.PATH ?? "").split(":");
  if (!isFile(SHELL) || !directories.some((each) => isProgram(resolve(cwd, each, program)))) {
    return false;
  }
  try {
    ensurePrivateDir(dirname(file));
    Deno.openSync(file, { create: true, append: true, mode: 0o600 }).close();
    return true;
  } catch {
    return false;
  }
}

function isProgram(path: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile && (mode === null || (mode & 0o111) !== 0);
  } catch {
    return false;
  }
}
