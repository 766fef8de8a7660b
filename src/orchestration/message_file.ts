/**
 * A message on its way to a session: a private directory of whoever sends it, with the message, and
 * later the answer. That the message is gone says that it was taken.
 *
 * @module
 */
import { join } from "node:path";
import { ensurePrivateDir, type ZagPaths } from "../config/paths.ts";
import type { AgentOutput } from "../events/event.ts";

/** Where messages lie: among the files of launches, so that `zag gc` finds what was left behind. */
export type MessagePaths = Pick<ZagPaths, "launchFiles">;

/** The longest message, in bytes of UTF-8. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** Whether a text is the id of a message. */
export function isMessageId(id: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id);
}

/** One message on its way. */
export class MessageFile {
  /** Names it. */
  readonly id: string;
  /** Its directory. */
  readonly directory: string;
  /** The text, until it was taken. */
  readonly path: string;
  /** The answer, once there is one. */
  readonly answerPath: string;
  /** Why the message was not taken, once that is certain. */
  readonly #refusedPath: string;

  /**
   * Names the files; makes none.
   *
   * @param id as {@linkcode isMessageId} accepts it
   */
  constructor(paths: MessagePaths, id: string) {
    this.id = id;
    this.directory = paths.launchFiles(id);
    this.path = join(this.directory, "message");
    this.answerPath = join(this.directory, "answer.json");
    this.#refusedPath = join(this.directory, "refused");
  }

  /** Writes the message. */
  async write(text: string): Promise<void> {
    ensurePrivateDir(this.directory);
    await Deno.writeTextFile(this.path, text, { mode: 0o600, createNew: true });
  }

  /** Whether nobody has taken the message. */
  waits(): boolean {
    try {
      return Deno.statSync(this.path).isFile;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /**
   * Moves the message to a place of its receiver's, which tells its sender; false when it was taken back.
   *
   * @throws {Error} when it is longer than a message may be
   */
  async take(to: string): Promise<boolean> {
    try {
      const { size } = await Deno.stat(this.path);
      if (size > MAX_MESSAGE_BYTES) throw new Error(`it has ${size} bytes`);
      await Deno.rename(this.path, to);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /** Removes the message alone; false when somebody else was faster, be it the sender or the receiver. */
  async clear(): Promise<boolean> {
    return await Deno.remove(this.path).then(() => true, () => false);
  }

  /** Tells the sender that the message is not taken, and why; does nothing when it is gone. */
  async refuse(reason: string): Promise<void> {
    await Deno.writeTextFile(this.#refusedPath, reason, { mode: 0o600 }).catch(() => {});
    await this.clear();
  }

  /** Why the message was not taken; undefined when it was. */
  readRefusal(): string | undefined {
    try {
      return Deno.readTextFileSync(this.#refusedPath);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Writes the answer, whole as soon as it can be seen; does nothing when its reader is gone. */
  async answer(output: AgentOutput): Promise<void> {
    const temporary = `${this.answerPath}.${crypto.randomUUID()}.tmp`;
    try {
      await Deno.writeTextFile(temporary, JSON.stringify(output), { mode: 0o600 });
      await Deno.rename(temporary, this.answerPath);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** The answer; undefined when there is none yet. */
  readAnswer(): AgentOutput | undefined {
    try {
      return JSON.parse(Deno.readTextFileSync(this.answerPath));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Removes everything. */
  async remove(): Promise<void> {
    await Deno.remove(this.directory, { recursive: true }).catch(() => {});
  }
}
