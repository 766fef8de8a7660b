/** A program that is asked whether an agent may use a tool: `--ask-command`. */
import { endTree } from "../processes/end_tree.ts";
import { startSubprocess } from "../processes/subprocess.ts";
import type { PermissionAnswer, PermissionQuestion } from "../sessions/permission_files.ts";
import { TailBuffer } from "./stream.ts";

/** So long it may think. */
const PATIENCE_MS = 5 * 60_000;
const MOST_BYTES = 16 * 1024;

/** How the program is run. */
export interface PolicyCommandOptions {
  /** A line for the shell. */
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly cwd: string;
  /** Nobody needs the answer any more. */
  readonly signal: AbortSignal;
  /** @default 5 minutes */
  readonly patienceMs?: number;
}

/**
 * Runs it with the question as JSON on its stdin. It allows with exit code 0, and with `allow` on
 * stdout or nothing; everything else, also that it cannot be started or takes too long, denies.
 */
export async function askCommand(
  question: PermissionQuestion,
  { command, env, cwd, signal, patienceMs = PATIENCE_MS }: PolicyCommandOptions,
): Promise<PermissionAnswer> {
  const denied = (reason: string): PermissionAnswer => ({ granted: false, by: "command", reason });
  const [program, ...args] = Deno.build.os === "windows"
    ? ["cmd", "/d", "/s", "/c", command] as const
    : ["/bin/sh", "-c", command] as const;
  let child: ReturnType<typeof startSubprocess>;
  try {
    child = startSubprocess({
      program,
      args,
      env: { ...env, ZAG_SESSION_ID: question.session_id },
      cwd,
      detached: true,
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return denied(`the command that was asked cannot be started: ${(error as Error).message}`);
  }
  let late = false;
  let ending: Promise<unknown> | undefined;
  const end = () => ending ??= endTree(child.identity, { detached: true });
  const timer = setTimeout(() => {
    late = true;
    end();
  }, patienceMs);
  if (signal.aborted) end();
  signal.addEventListener("abort", end);
  const feed = async () => {
    await child.stdin!.write(JSON.stringify(question) + "\n");
    await child.stdin!.close();
  };
  const [out, err] = [textOf(child.stdout!), textOf(child.stderr!)];
  const [{ code }] = await Promise.all([child.exit, feed()]);
  clearTimeout(timer);
  signal.removeEventListener("abort", end);
  await ending;
  // What it has left running may hold its output open.
  child.closeOutput();
  if (late) return denied("the command that was asked took too long");
  const [verdict = "", ...more] = (await out).trim().split(/\s+/);
  const reason = more.join(" ") || undefined;
  const word = verdict.toLowerCase().replace(/[.:,;]$/, "");
  if (code === 0 && (word === "allow" || word === "")) {
    return { granted: true, by: "command", reason };
  }
  if (word === "deny") return denied(reason ?? "the command that was asked denied it");
  if (code === 0) return denied('the command that was asked said neither "allow" nor "deny"');
  const said = (await err).trim().split("\n").at(-1);
  return denied(said || `the command that was asked ended with exit code ${code}`);
}

async function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const tail = new TailBuffer(MOST_BYTES);
  try {
    for await (const chunk of stream) tail.add(chunk);
  } catch {
    // What was said until then counts.
  }
  return tail.text();
}
