/** A program that is asked whether an agent may use a tool: `--ask-command`. */
import { delay } from "../delay.ts";
import { endTree } from "../processes/end_tree.ts";
import { startSubprocess, type Subprocess } from "../processes/subprocess.ts";
import { redact } from "../redact/redact.ts";
import type { PermissionAnswer, PermissionQuestion } from "../sessions/permission_files.ts";
import { HeadBuffer, TailBuffer } from "./stream.ts";

/** So long it may think. */
const PATIENCE_MS = 5 * 60_000;
/** So long its output is waited for when it has ended: what it has left running may hold that open. */
const DRAIN_MS = 2000;
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
  /** Hears why the program gave no answer, which denies. */
  readonly broken?: ((reason: string) => void) | undefined;
  /** @default 5 minutes */
  readonly patienceMs?: number;
  /** How long its output is waited for behind its end. @default 2 seconds */
  readonly drainMs?: number;
}

/**
 * Runs it with the question as JSON on its stdin. It allows with exit code 0, and with `allow` on
 * stdout or nothing; everything else denies, also that it cannot be started, takes too long, or that what
 * it said is not known to its end. `deny` on stdout, and exit code 1 without a word, are answers.
 */
export async function askCommand(
  question: PermissionQuestion,
  options: PolicyCommandOptions,
): Promise<PermissionAnswer> {
  const { command, env, cwd, signal, patienceMs = PATIENCE_MS, drainMs = DRAIN_MS } = options;
  const denied = (reason: string): PermissionAnswer => ({ granted: false, by: "command", reason });
  const broken = (reason: string) => {
    // One that was ended because somebody else has answered has done nothing wrong.
    if (!signal.aborted) options.broken?.(reason);
    return denied(reason);
  };
  const [program, ...args] = Deno.build.os === "windows"
    ? ["cmd", "/d", "/s", "/c", command] as const
    : ["/bin/sh", "-c", command] as const;
  let child: Subprocess;
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
    return broken(`the command that was asked cannot be started: ${(error as Error).message}`);
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
  let isFed = false;
  const feeding = feed(child, question).then(() => isFed = true);
  const out = new Said(child.stdout!);
  const err = new TailBuffer(MOST_BYTES);
  const complained = read(child.stderr!, (chunk) => err.add(chunk));
  const { code } = await child.exit;
  clearTimeout(timer);
  signal.removeEventListener("abort", end);
  await ending;
  const drained = new AbortController();
  await Promise.race([
    Promise.all([feeding, out.ended, complained]),
    delay(drainMs, drained.signal),
  ]);
  drained.abort();
  // What it has left running holds its stdin and reads nothing: this program could not end before it.
  if (!isFed) await end();
  const isWhole = out.isWhole;
  child.closeOutput();
  if (late) return broken("the command that was asked took too long");
  const [verdict = "", ...more] = redact(out.text).trim().split(/\s+/);
  const reason = more.join(" ") || undefined;
  const word = verdict.toLowerCase().replace(/[.:,;]$/, "");
  if (word === "deny") return denied(reason ?? "the command that was asked denied it");
  if (code !== 0) {
    const said = err.text().trim().split("\n").at(-1);
    const why = said || `the command that was asked ended with exit code ${code}`;
    return code === 1 && !said && word === "" ? denied(why) : broken(why);
  }
  if (out.isCut) return broken("the command that was asked said too much");
  // A word that ends is known, whatever may come behind it.
  const isKnown = isWhole || /^\s*\S+\s/.test(out.text);
  if (!isKnown) return broken("the command that was asked did not end its output");
  if (word === "allow" || word === "") return { granted: true, by: "command", reason };
  return broken('the command that was asked said neither "allow" nor "deny"');
}

async function feed({ stdin }: Subprocess, question: PermissionQuestion): Promise<void> {
  await stdin!.write(JSON.stringify(question) + "\n");
  await stdin!.close();
}

/** What a program says, from its beginning. */
class Said {
  readonly #head = new HeadBuffer(MOST_BYTES);
  /** Nothing more can come. */
  isWhole = false;
  readonly ended: Promise<void>;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.ended = read(stream, (chunk) => this.#head.add(chunk)).then((isWhole) => {
      this.isWhole = isWhole;
    });
  }

  /** It said more than is kept. */
  get isCut(): boolean {
    return this.#head.truncated;
  }

  get text(): string {
    return this.#head.text();
  }
}

/** Reads a stream to its end; false where that could not be. */
async function read(
  stream: ReadableStream<Uint8Array>,
  take: (chunk: Uint8Array) => void,
): Promise<boolean> {
  try {
    for await (const chunk of stream) take(chunk);
    return true;
  } catch {
    return false;
  }
}
