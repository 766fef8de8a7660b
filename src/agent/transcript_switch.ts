/** Notices that an agent's CLI has begun another session in the same process, as Claude's `/clear` does. */
import { join } from "node:path";
import type { Transcript, TranscriptParser, TranscriptRequest } from "../providers/transcript.ts";
import { expectedPath } from "./find_transcript.ts";

/** The session with which the CLI goes on. */
export interface NextSession {
  readonly id: string;
  /** Where its file is or will be. */
  readonly path: string;
  /** Reads what that file got since the run began. */
  readonly parser: TranscriptParser;
}

/** Looks after the note in which a CLI says which session it is at. */
export class SessionSwitch {
  readonly #transcript: Transcript;
  readonly #request: TranscriptRequest;
  readonly #since = new Date();
  /** Path of the note of this run's CLI, once it has been found. */
  #note: string | undefined;

  constructor(transcript: Transcript, request: TranscriptRequest) {
    this.#transcript = transcript;
    this.#request = request;
  }

  /**
   * The other session; undefined while it is the same one, or nobody knows.
   *
   * @param current Native id of the session that is being followed.
   */
  async next(current: string | undefined): Promise<NextSession | undefined> {
    if (!this.#transcript.notes || current === undefined) return undefined;
    this.#note ??= await this.#find(current);
    const id = this.#note === undefined ? undefined : await this.#idIn(this.#note);
    if (id === undefined || id === current) return undefined;
    const path = expectedPath(this.#transcript, { ...this.#request, sessionId: id });
    return path === undefined ? undefined : { id, path, parser: this.#parser() };
  }

  /** While there is only the first session, the note is the one that names it. */
  async #find(current: string): Promise<string | undefined> {
    const directory = this.#transcript.notes!.directory(this.#request);
    try {
      for await (const { name } of Deno.readDir(directory)) {
        const path = join(directory, name);
        if (await this.#idIn(path) === current) return path;
      }
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      // Older versions leave no notes.
    }
    return undefined;
  }

  async #idIn(path: string): Promise<string | undefined> {
    try {
      return this.#transcript.notes!.sessionId(await Deno.readTextFile(path));
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      return undefined;
    }
  }

  /** The person may have gone back to an older session; what it was then is no news. */
  #parser(): TranscriptParser {
    const parser = this.#transcript.parser();
    const isNews = () => !(Date.parse(parser.state.time ?? "") < this.#since.getTime());
    return {
      state: parser.state,
      line: (text, out) => parser.line(text, (kind) => isNews() && out(kind)),
      ...(parser.end && { end: (out) => parser.end!((kind) => isNews() && out(kind)) }),
    };
  }
}
