/** Runs `PROGRAM --version`, and nothing longer than a limit. */
import { dirname, join } from "node:path";
import { Deadline } from "../processes/deadline.ts";
import { endTree } from "../processes/end_tree.ts";
import { RunningClock } from "../processes/running_clock.ts";
import { SpawnError } from "../processes/spawn_error.ts";
import { startSubprocess, type Subprocess, type SubprocessExit } from "../processes/subprocess.ts";
import { findVersion } from "../providers/version.ts";

/** What a look at a program showed: one of the two is undefined. */
export interface ProgramProbe {
  /** As the program prints it, for example `2.1.197`. */
  version: string | undefined;
  /** Why the program cannot be used, for example `its program printed no version`. */
  problem: string | undefined;
}

/** How a program is asked. */
export interface AskOptions {
  /** The complete environment. */
  env: Readonly<Record<string, string>>;
  limitMs: number;
  /** Ends the program before its time. */
  signal: AbortSignal | undefined;
}

/** After the end of the program, something else may hold its output open. */
const DRAIN_MS = 500;
/** A program that hangs instead of naming its version is owed no patience. */
const GRACE_MS = 200;
/** A version stands in the first lines; characters. */
const OUTPUT_LIMIT = 64 * 1024;
/** Characters of what a program said. */
const SHOWN = 200;

/** Where programs keep what is theirs, below a home. */
const OWN_PLACES: Readonly<Record<string, string>> = {
  HOME: "",
  USERPROFILE: "",
  XDG_CONFIG_HOME: ".config",
  XDG_CACHE_HOME: ".cache",
  XDG_DATA_HOME: ".local/share",
  XDG_STATE_HOME: ".local/state",
};

/** The same for single agents; without them they look below the home. */
const AGENTS_PLACES = ["CLAUDE_CONFIG_DIR", "CODEX_HOME", "GEMINI_CLI_HOME", "COPILOT_HOME"];

/**
 * Asks. Whatever comes of it, the program and all that it started are gone afterwards. Some CLIs make
 * files as soon as they start, and would seem to be in use then: the program gets a home of its own,
 * for the time of the question. One that cannot answer there, like those of version managers, is
 * asked again in the real one.
 *
 * @throws {Deno.errors.NotCapable} when the program may not be started.
 */
export async function askVersion(program: string, options: AskOptions): Promise<ProgramProbe> {
  const home = await Deno.makeTempDir({ prefix: "zag-probe-" }).catch(() => undefined);
  if (home === undefined) return await ask(program, options);
  const since = performance.now();
  try {
    const probe = await ask(program, { ...options, env: movedTo(home, options.env) });
    const limitMs = options.limitMs - (performance.now() - since);
    const isOver = probe.version !== undefined || limitMs <= 0 || options.signal?.aborted;
    return isOver || !options.env.HOME ? probe : await ask(program, { ...options, limitMs });
  } finally {
    await Deno.remove(home, { recursive: true }).catch(() => {});
  }
}

function movedTo(
  home: string,
  env: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const moved = Object.fromEntries(
    Object.entries(env).filter(([name]) => !AGENTS_PLACES.includes(name)),
  );
  for (const [name, path] of Object.entries(OWN_PLACES)) moved[name] = join(home, path);
  return moved;
}

async function ask(program: string, options: AskOptions): Promise<ProgramProbe> {
  const id = crypto.randomUUID();
  let child: Subprocess;
  try {
    child = startSubprocess({
      program,
      args: ["--version"],
      env: { ...options.env, ZAG_PROBE_ID: id },
      // Neutral ground: some CLIs read settings of the project that they are started in.
      cwd: dirname(program),
      detached: true,
      stdin: "null",
      stdout: "pipe",
      stderr: "pipe",
    });
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    return broken(`cannot be started: ${reasonOf(error)}`);
  }
  const over = Promise.withResolvers<undefined>();
  // What came while this process stood still is not late.
  using limit = new Deadline(options.limitMs, () => over.resolve(undefined), new RunningClock());
  limit.start();
  const abort = () => over.resolve(undefined);
  options.signal?.addEventListener("abort", abort);
  try {
    const seen = await Promise.race([outputOf(child), over.promise]);
    return seen ? judge(seen) : broken(
      `did not answer "--version" within ${Math.round(options.limitMs / 100) / 10} s`,
    );
  } finally {
    options.signal?.removeEventListener("abort", abort);
    await endTree(child.identity, {
      detached: true,
      graceMs: GRACE_MS,
      marker: `ZAG_PROBE_ID=${id}`,
    })
      // Where processes may not be looked at, the program itself can still be ended.
      .catch(() => child.kill("SIGKILL"));
    child.closeOutput();
  }
}

interface Seen {
  exit: SubprocessExit;
  stdout: string;
  stderr: string;
}

async function outputOf(child: Subprocess): Promise<Seen> {
  const texts = Promise.all([headOf(child.stdout!), headOf(child.stderr!)]);
  const exit = await child.exit;
  using drain = new Deadline(DRAIN_MS, () => child.closeOutput());
  drain.start();
  const [stdout, stderr] = await texts;
  return { exit, stdout, stderr };
}

async function headOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    if (text.length < OUTPUT_LIMIT) text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

function judge({ exit, stdout, stderr }: Seen): ProgramProbe {
  if (exit.code !== 0) {
    const how = exit.signal === null
      ? `ended with exit code ${exit.code}`
      : `was ended by ${exit.signal}`;
    const said = (stderr.trim() || stdout.trim()).split("\n").at(-1)!.trim().slice(0, SHOWN);
    return broken(`${how} when asked for its version${said === "" ? "" : `: ${said}`}`);
  }
  const version = findVersion(stdout) ?? findVersion(stderr);
  return version === undefined ? broken("printed no version") : { version, problem: undefined };
}

/** For example `not executable`. */
function reasonOf({ reason, cause }: SpawnError): string {
  return reason === "other" && cause instanceof Error ? cause.message : reason.replaceAll("-", " ");
}

function broken(problem: string): ProgramProbe {
  return { version: undefined, problem: `its program ${problem}` };
}
