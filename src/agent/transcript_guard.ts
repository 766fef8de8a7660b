/**
 * Stands by a session whose CLI can destroy the session's file when it resumes it. Some start a
 * fresh file under the same id, or write a fresh beginning into the old one, before they go on with
 * the session; when the start fails in between, or even when it does not, what is left makes the
 * next start delete the session as an empty one.
 *
 * So a private copy is kept until the agent is gone. Files without any message that the resume has
 * left beside the session's own are removed, as soon as they are of no use to the agent.
 */
import { basename, dirname, join } from "node:path";
import { LineSplitter } from "../processes/lines.ts";
import type { Transcript } from "../providers/transcript.ts";

/** Watches over one file while an agent resumes it. */
export interface TranscriptGuard {
  /**
   * To be called when the agent is gone: puts the session back if its file is lost.
   *
   * @returns whether it was lost
   */
  restoreIfLost(): Promise<boolean>;
}

/** Names within the private directory. */
const COPY = "guarded_transcript";
const PATH = "guarded_transcript_path";

/**
 * Begins to guard a file; to be called before the agent starts. A file that is not there, or holds
 * no message, needs no guard.
 *
 * @param transcript Must count messages.
 * @param directory Private; survives a zag that is killed, see {@linkcode recoverTranscript}.
 */
export async function guardTranscript(
  transcript: Transcript,
  path: string,
  directory: string,
): Promise<TranscriptGuard> {
  const found = await inspect(transcript, path);
  if (!found || isLost(found)) return { restoreIfLost: () => Promise.resolve(false) };
  const copy = join(directory, COPY);
  await Deno.copyFile(path, copy);
  await Deno.chmod(copy, 0o600).catch(() => {});
  await Deno.writeTextFile(join(directory, PATH), path, { mode: 0o600 });
  const file = new GuardedFile(transcript, path, copy, found.sessionId!);
  const watcher = file.watch();
  return {
    restoreIfLost: async () => {
      watcher?.close();
      return await file.restoreIfLost();
    },
  };
}

/**
 * Puts a session back whose guard was killed together with zag; to be called when its agent is gone
 * and before the private directory is removed.
 *
 * @returns whether the session was lost
 */
export async function recoverTranscript(
  transcript: Transcript,
  directory: string,
): Promise<boolean> {
  const path = await Deno.readTextFile(join(directory, PATH)).catch(() => undefined);
  if (path === undefined) return false;
  const copy = join(directory, COPY);
  const kept = await inspect(transcript, copy);
  if (!kept || isLost(kept)) return false;
  return await new GuardedFile(transcript, path, copy, kept.sessionId!).restoreIfLost();
}

/** What a file holds of its session. */
export interface Contents {
  messages: number;
  sessionId: string | undefined;
}

/** Without messages or without its beginning no CLI goes on with a file. */
function isLost({ messages, sessionId }: Contents): boolean {
  return messages === 0 || sessionId === undefined;
}

class GuardedFile {
  readonly #transcript: Transcript;
  readonly #path: string;
  readonly #copy: string;
  /** How files of this session are named. */
  readonly #name: string | RegExp;

  constructor(transcript: Transcript, path: string, copy: string, sessionId: string) {
    this.#transcript = transcript;
    this.#path = path;
    this.#copy = copy;
    const [place] = transcript.places({ sessionId, cwd: "", home: "/", stateDir: "/", env: {} });
    this.#name = place?.path.at(-1) ?? basename(path);
  }

  /** Tidies up when the agent writes to the file: from then on it needs no other. */
  watch(): Deno.FsWatcher | undefined {
    try {
      const size = Deno.statSync(this.#path).size;
      const watcher = Deno.watchFs(dirname(this.#path), { recursive: false });
      this.#follow(watcher, size).catch(() => {});
      return watcher;
    } catch {
      // Where the system cannot watch it is done at the end.
      return undefined;
    }
  }

  async #follow(watcher: Deno.FsWatcher, size: number): Promise<void> {
    for await (const _ of watcher) {
      if ((await Deno.stat(this.#path)).size <= size) continue;
      await this.#removeEmpty();
      break;
    }
  }

  /** Removes the files of the session that hold nothing, but for its own. */
  async #removeEmpty(): Promise<void> {
    const directory = dirname(this.#path);
    for await (const { name } of Deno.readDir(directory)) {
      const path = join(directory, name);
      if (path === this.#path || !this.#isNamedAlike(name)) continue;
      if ((await inspect(this.#transcript, path))?.messages === 0) {
        await Deno.remove(path).catch(() => {});
      }
    }
  }

  #isNamedAlike(name: string): boolean {
    return typeof this.#name === "string" ? this.#name === name : this.#name.test(name);
  }

  async restoreIfLost(): Promise<boolean> {
    await this.#removeEmpty().catch(() => {});
    const left = await inspect(this.#transcript, this.#path);
    if (left === undefined || !isLost(left)) return false;
    const directory = dirname(this.#path);
    await Deno.mkdir(directory, { recursive: true });
    // Nobody shall see half a file, nor take this one for a session.
    const fresh = join(directory, `.${crypto.randomUUID()}.tmp`);
    await Deno.copyFile(this.#copy, fresh);
    if (left.messages > 0) {
      // Deleted while the agent was at work: it went on in a file of which the beginning is missing.
      await Deno.writeFile(fresh, await Deno.readFile(this.#path), { append: true });
    }
    await Deno.rename(fresh, this.#path);
    return true;
  }
}

/** No message where there is no file; undefined for a file that cannot be judged. */
export async function inspect(transcript: Transcript, path: string): Promise<Contents | undefined> {
  const parser = transcript.parser();
  let isWhole = true;
  const splitter = new LineSplitter({ onOverlong: () => isWhole = false });
  try {
    using file = await Deno.open(path);
    for await (const chunk of file.readable) {
      for (const line of splitter.push(chunk)) parser.line(line, () => {});
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return undefined;
  }
  const last = splitter.end();
  if (last !== undefined) parser.line(last, () => {});
  const { messages, sessionId } = parser.state;
  return isWhole && messages !== undefined ? { messages, sessionId } : undefined;
}
