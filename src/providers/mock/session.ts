/**
 * A session of the mock agent on disk: one JSONL file, appended while the agent runs. It is the
 * transcript, and it is what a resume counts turns from.
 *
 * @module
 */
import { ZagError } from "../../errors.ts";
import { type Json, num, record, str } from "../json.ts";
import type { MockLine, TranscriptLine } from "./protocol.ts";
import { sessionPath } from "./transcript.ts";

/** A session that cannot be started or resumed. */
export class MockSessionError extends ZagError {
  override name = "MockSessionError";

  constructor(readonly sessionId: string, message: string) {
    super(message);
  }
}

/** One exchange that is over. */
export interface Exchange {
  prompt: string;
  /** What was said last; null when nothing was. */
  answer: string | null;
}

/** Where sessions live, and what they are to be. */
export interface SessionOptions {
  /** Absent or empty: nothing is kept, so nothing can be resumed. */
  directory: string | undefined;
  /** Absent: the one that a resumed session had, else the default. */
  model: string | undefined;
  defaultModel: string;
  cwd: string;
}

/** A session that is open. */
export class MockSession {
  readonly history: Exchange[] = [];
  /** Indices of the script's turns that were played, oldest first. */
  readonly played: number[] = [];
  /** Turns that have begun, in this process and in those before it. */
  turns = 0;
  #file: Deno.FsFile | undefined;

  private constructor(
    readonly id: string,
    readonly model: string,
    readonly resumed: boolean,
    file: Deno.FsFile | undefined,
  ) {
    this.#file = file;
  }

  /**
   * Begins a session.
   *
   * @throws {MockSessionError} when the id was used before.
   */
  static async create(id: string, options: SessionOptions): Promise<MockSession> {
    const { directory, cwd } = options;
    const model = options.model ?? options.defaultModel;
    if (!directory) return new MockSession(id, model, false, undefined);
    await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
    let file: Deno.FsFile;
    try {
      file = await Deno.open(sessionPath(directory, id), {
        createNew: true,
        append: true,
        mode: 0o600,
      });
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      throw new MockSessionError(
        id,
        `Cannot start session "${id}": the id is in use; choose another, or use --resume`,
      );
    }
    const session = new MockSession(id, model, false, file);
    await session.append({ type: "session", version: 1, session_id: id, model, cwd });
    return session;
  }

  /**
   * Opens a session where it was left.
   *
   * @throws {MockSessionError} when there is no such session.
   */
  static async resume(id: string, options: SessionOptions): Promise<MockSession> {
    const { directory } = options;
    if (!directory) {
      throw new MockSessionError(
        id,
        `Cannot resume session "${id}": nothing was kept, as ZAG_MOCK_STATE names no directory`,
      );
    }
    const path = sessionPath(directory, id);
    let transcript: string;
    try {
      transcript = await Deno.readTextFile(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new MockSessionError(
        id,
        `Cannot resume session "${id}": there is no such session in ${directory}`,
      );
    }
    const lines = transcript.split("\n").map(parseLine).filter((line) => line !== undefined);
    const stored = lines.find((line) => line.type === "session");
    const file = await Deno.open(path, { append: true });
    const model = options.model ?? str(stored?.model) ?? options.defaultModel;
    const session = new MockSession(id, model, true, file);
    for (const line of lines) session.#replay(line);
    // A process that was killed in mid-line must not spoil the next line too.
    if (transcript !== "" && !transcript.endsWith("\n")) await session.#write("\n");
    return session;
  }

  /** Begins a turn with the script's turn `entry`, null for none; returns its number, from 0. */
  async beginTurn(prompt: string, entry: number | null): Promise<number> {
    const line: TranscriptLine = { type: "turn", index: this.turns, entry, prompt };
    await this.append(line);
    this.#replay({ ...line });
    return line.index;
  }

  /** Adds a line to the transcript. */
  async append(line: MockLine | TranscriptLine): Promise<void> {
    const current = this.history.at(-1);
    if (line.type === "text" && current) current.answer = line.text;
    await this.#write(`${JSON.stringify(line)}\n`);
  }

  close(): void {
    this.#file?.close();
  }

  #replay(line: Json): void {
    if (line.type === "turn") {
      this.turns++;
      this.history.push({ prompt: str(line.prompt) ?? "", answer: null });
      const entry = num(line.entry);
      if (entry !== undefined) this.played.push(entry);
    } else if (line.type === "text") {
      const last = this.history.at(-1);
      if (last) last.answer = str(line.text) ?? "";
    }
  }

  async #write(text: string): Promise<void> {
    let bytes = new TextEncoder().encode(text);
    try {
      while (this.#file && bytes.length > 0) bytes = bytes.subarray(await this.#file.write(bytes));
    } catch {
      // The disk is full, say: the session goes on, only its file ends here.
      this.#file?.close();
      this.#file = undefined;
    }
  }
}

function parseLine(text: string): Json | undefined {
  try {
    return record(JSON.parse(text));
  } catch {
    return undefined;
  }
}
