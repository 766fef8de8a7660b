/**
 * A conversation on disk: one JSONL file, appended while the agent runs. Ollama itself remembers
 * nothing, so whoever goes on with a conversation sends all of it again.
 *
 * @module
 */
import { ZagError } from "../../errors.ts";
import { type Json, record, str } from "../json.ts";
import type { ConversationLine } from "./protocol.ts";
import { conversationPath } from "./transcript.ts";

/** A conversation that cannot be started or resumed. */
export class ConversationError extends ZagError {
  override name = "ConversationError";
}

/** A message as Ollama takes it. */
export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

/** Where conversations are kept, and what this one is to be. */
export interface ConversationOptions {
  /** Empty or absent: nothing is kept, so nothing can be resumed. */
  directory: string | undefined;
  /** Absent: the one of the conversation so far, else the default. */
  model: string | undefined;
  defaultModel: string;
  /** Absent: the one of the conversation so far, if it has one. */
  systemPrompt: string | undefined;
  cwd: string;
}

/** A conversation that is open. */
export class Conversation {
  readonly id: string;
  readonly model: string;
  readonly systemPrompt: string | undefined;
  /** Why it is not kept any more; undefined while it is, and where it was not meant to be. */
  problem: string | undefined;
  /** What was asked and answered before. */
  readonly #past: readonly ChatMessage[];
  #file: Deno.FsFile | undefined;

  private constructor(
    id: string,
    model: string,
    systemPrompt: string | undefined,
    past: readonly ChatMessage[],
    file: Deno.FsFile | undefined,
  ) {
    this.id = id;
    this.model = model;
    this.systemPrompt = systemPrompt;
    this.#past = past;
    this.#file = file;
  }

  /**
   * Begins a conversation.
   *
   * @throws {ConversationError} when the id was used before.
   */
  static async create(id: string, options: ConversationOptions): Promise<Conversation> {
    const { directory, cwd, systemPrompt } = options;
    const model = options.model ?? options.defaultModel;
    if (!directory) return new Conversation(id, model, systemPrompt, [], undefined);
    let file: Deno.FsFile | undefined;
    let problem: string | undefined;
    try {
      await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
      file = await createFile(conversationPath(directory, id), id);
    } catch (error) {
      if (error instanceof ConversationError) throw error;
      // The answer matters more than the chance to go on with it later.
      problem = reasonOf(error);
    }
    const conversation = new Conversation(id, model, systemPrompt, [], file);
    conversation.problem = problem;
    await conversation.#append(
      { type: "session", version: 1, session_id: id, model, cwd },
      ...(systemPrompt === undefined ? [] : [{ type: "system" as const, text: systemPrompt }]),
    );
    return conversation;
  }

  /**
   * Opens a conversation where it was left.
   *
   * @throws {ConversationError} when there is no such conversation.
   */
  static async resume(id: string, options: ConversationOptions): Promise<Conversation> {
    const { directory } = options;
    if (!directory) {
      throw new ConversationError(
        `Cannot resume session "${id}": nothing was kept, as ZAG_OLLAMA_STATE names no directory`,
      );
    }
    const path = conversationPath(directory, id);
    let text: string;
    let file: Deno.FsFile;
    try {
      text = await Deno.readTextFile(path);
      file = await Deno.open(path, { append: true });
    } catch (error) {
      const problem = error instanceof Deno.errors.NotFound
        ? `there is no conversation "${path}"; only those of "zag exec" are kept`
        : reasonOf(error);
      throw new ConversationError(`Cannot resume session "${id}": ${problem}`);
    }
    const stored = readConversation(text);
    const systemPrompt = options.systemPrompt ?? stored.systemPrompt;
    const model = options.model ?? stored.model ?? options.defaultModel;
    const conversation = new Conversation(id, model, systemPrompt, stored.messages, file);
    // A process that was killed in mid-line must not spoil the next line too.
    if (text !== "" && !text.endsWith("\n")) await conversation.#write("\n");
    if (systemPrompt !== undefined && systemPrompt !== stored.systemPrompt) {
      await conversation.#append({ type: "system", text: systemPrompt });
    }
    return conversation;
  }

  /** What is sent to have a prompt answered: all that was answered before, then the prompt. */
  messages(prompt: string): ChatMessage[] {
    const system = this.systemPrompt;
    return [
      ...(system === undefined ? [] : [{ role: "system" as const, content: system }]),
      ...this.#past,
      { role: "user", content: prompt },
    ];
  }

  /** Keeps a prompt; it does not count before it is answered. */
  async asked(prompt: string): Promise<void> {
    await this.#append({ type: "user", text: prompt });
  }

  /** Keeps the complete answer to the last prompt, and what the model thought before it. */
  async answered(text: string, thinking: string): Promise<void> {
    await this.#append(
      ...(thinking === "" ? [] : [{ type: "thinking" as const, text: thinking }]),
      { type: "assistant", text, model: this.model },
    );
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  async #append(...lines: ConversationLine[]): Promise<void> {
    await this.#write(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  }

  async #write(text: string): Promise<void> {
    let bytes = new TextEncoder().encode(text);
    try {
      while (this.#file && bytes.length > 0) bytes = bytes.subarray(await this.#file.write(bytes));
    } catch (error) {
      // The disk is full, say: this turn goes on, only the file ends here.
      this.problem = reasonOf(error);
      this.close();
    }
  }
}

async function createFile(path: string, id: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { createNew: true, append: true, mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    throw new ConversationError(
      `Cannot start session "${id}": the id is in use; choose another, or use --resume`,
    );
  }
}

/** What a file says. */
interface StoredConversation {
  model: string | undefined;
  systemPrompt: string | undefined;
  messages: ChatMessage[];
}

/** Reads a file; lines that cannot be read are passed over, and prompts that were not answered. */
function readConversation(text: string): StoredConversation {
  const stored: StoredConversation = { model: undefined, systemPrompt: undefined, messages: [] };
  let prompt: string | undefined;
  for (const line of text.split("\n")) {
    const item = parseLine(line);
    const content = str(item?.text);
    if (item?.type === "session") stored.model = str(item.model);
    else if (content === undefined) continue;
    else if (item?.type === "system") stored.systemPrompt = content;
    else if (item?.type === "user") prompt = content;
    else if (item?.type === "assistant" && prompt !== undefined) {
      stored.messages.push({ role: "user", content: prompt }, { role: "assistant", content });
      stored.model = str(item.model) ?? stored.model;
      prompt = undefined;
    }
  }
  return stored;
}

function parseLine(text: string): Json | undefined {
  try {
    return record(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
