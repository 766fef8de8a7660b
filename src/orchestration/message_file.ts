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

  /** Takes the message, which tells its sender; undefined when it was taken back. */
  async take(): Promise<string | undefined> {
    try {
      const { size } = await Deno.stat(this.path);
      const text = size > MAX_MESSAGE_BYTES ? "" : await Deno.readTextFile(this.path);
      await Deno.remove(this.path);
      return text;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Takes the message back; false when it was taken before. */
  async withdraw(): Promise<boolean> {
    return await Deno.remove(this.path).then(() => true, () => false);
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
