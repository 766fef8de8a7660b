/** One turn of the mock agent: what its steps act upon, and how it ends. */
import { delay } from "../../delay.ts";
import type { MockArgs } from "./args.ts";
import type { MockAgentIo, MockOutput } from "./output.ts";
import type { MockLine, MockUsage, TurnEndLine } from "./protocol.ts";
import type { MockSession } from "./session.ts";

/** What is in no transcript: it would be told twice. */
const ONLY_SHOWN: ReadonlySet<MockLine["type"]> = new Set(["init", "user", "delta", "usage"]);

/** Why a turn ends before its last step. */
export type Ending =
  | { kind: "failed"; error: string; stopReason: TurnEndLine["stop_reason"] }
  /** The process ends too; with `result` the turn is closed first. */
  | { kind: "exit"; code: number; result: boolean | "transcript" };

/** The agent that plays turns. */
export interface Agent {
  readonly io: MockAgentIo;
  readonly args: MockArgs;
  readonly session: MockSession;
  readonly output: MockOutput;
  readonly systemPrompt: string | null;
  /** The parsed MCP configuration. */
  readonly mcpConfig: unknown;
  /** The `init` line was printed. */
  announced: boolean;
  /** Who waits for an answer, by the id of the question. */
  readonly asked: Map<string, (answer: Answer) => void>;
}

/** Whether a tool may be used. */
export interface Answer {
  readonly allow: boolean;
  readonly reason: string | undefined;
}

/** A tool call that has ended. */
export interface ToolOutcome {
  success: boolean;
  text: string;
  data: unknown;
}

/** A turn that is being played. */
export class Turn {
  /** What was said last. */
  answer = "";
  costUsd = 0;
  /** How long to go on running when the turn is over. */
  afterResultMs = 0;
  readonly #words: MockUsage;
  #scriptedUsage: Partial<MockUsage> = {};
  #waitedMs = 0;
  #ids = 0;
  #calls = 0;

  constructor(
    readonly agent: Agent,
    readonly prompt: string,
    /** From 0, across all processes of the session. */
    readonly number: number,
    /** Fires when the person stops the turn. */
    readonly signal: AbortSignal,
  ) {
    this.#words = { input_tokens: countWords(prompt), output_tokens: 0 };
  }

  /** Prints a line and keeps it in the transcript. */
  async show(line: MockLine): Promise<void> {
    if (!ONLY_SHOWN.has(line.type)) {
      await this.agent.session.append(line);
    }
    await this.agent.output.show(line);
  }

  /** Says a text, in as many fragments as wanted, with a delay after each. */
  async say(text: string, fragments = 1, delayMs = 0): Promise<Ending | undefined> {
    const refused = this.#turnLimit();
    if (refused) return refused;
    const id = this.#nextId("msg");
    let said = "";
    for (const fragment of cut(text, fragments)) {
      if (this.signal.aborted) break;
      await this.show({ type: "delta", id, text: fragment });
      said += fragment;
      await this.wait(delayMs);
    }
    this.answer = this.signal.aborted && fragments > 0 ? said : text;
    this.#words.output_tokens += countWords(this.answer);
    await this.show({ type: "text", id, text: this.answer });
  }

  async think(text: string): Promise<void> {
    this.#words.output_tokens += countWords(text);
    await this.show({ type: "thinking", id: this.#nextId("msg"), text });
  }

  /** Calls a tool: shows the call, does the work, shows what came of it. */
  async call(
    name: string,
    input: unknown,
    work: () => Promise<ToolOutcome>,
  ): Promise<Ending | undefined> {
    const refused = this.#turnLimit();
    if (refused) return refused;
    this.#calls++;
    const id = this.#nextId("tool");
    await this.show({ type: "tool_call", id, name, input });
    const refusal = this.agent.args.asks ? await this.#ask(id, name, input) : undefined;
    const { success, text, data } = refusal ?? await work();
    await this.show({
      type: "tool_result",
      id,
      success,
      output: success ? text : null,
      error: success ? null : text,
      data,
    });
  }

  /** Asks whether a tool may be used; what comes of the call when it may not. */
  async #ask(call: string, name: string, input: unknown): Promise<ToolOutcome | undefined> {
    const id = `ask_${call}`;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.agent.asked.set(id, resolve);
    const stop = () => resolve({ allow: false, reason: "the turn was interrupted" });
    this.signal.addEventListener("abort", stop);
    // A question is answered once: it is no part of what the session is later read from.
    await this.agent.output.show({ type: "question", id, tool: name, input });
    const { allow, reason } = await promise;
    this.signal.removeEventListener("abort", stop);
    this.agent.asked.delete(id);
    if (allow) return undefined;
    const text = reason ?? `The tool "${name}" was not allowed`;
    await this.show({ type: "permission", tool: name, description: text, granted: false });
    return { success: false, text, data: null };
  }

  /** Waits; a stop of the turn ends it early. */
  async wait(ms: number): Promise<void> {
    this.#waitedMs += ms;
    await delay(ms, this.signal);
  }

  /** Replaces counters of the turn's usage, and says so. */
  async setUsage(usage: Partial<MockUsage>, costUsd = this.costUsd): Promise<void> {
    this.#scriptedUsage = { ...this.#scriptedUsage, ...usage };
    this.costUsd = costUsd;
    await this.show({ type: "usage", usage: this.#usage, cost_usd: costUsd });
  }

  get #usage(): MockUsage {
    return { ...this.#words, ...this.#scriptedUsage };
  }

  /** The line that closes the turn. */
  end(failure: { error: string; stopReason: string } | undefined): TurnEndLine {
    return {
      type: "turn_end",
      session_id: this.agent.session.id,
      success: failure === undefined,
      result: this.answer,
      error: failure?.error ?? null,
      stop_reason: failure?.stopReason ?? "end_turn",
      usage: this.#usage,
      cost_usd: this.costUsd,
      duration_ms: this.#waitedMs,
      num_turns: this.#calls + 1,
    };
  }

  #turnLimit(): Ending | undefined {
    const limit = this.agent.args.maxTurns;
    if (limit === undefined || this.#calls < limit) return undefined;
    return {
      kind: "failed",
      error: `Stopped after ${limit} turns: --max-turns allows no more`,
      stopReason: "max_turns",
    };
  }

  #nextId(kind: "msg" | "tool"): string {
    return `${kind}_${this.number}_${this.#ids++}`;
  }
}

function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

/** Cuts a text into that many pieces, fewer when it is too short; never inside a character. */
function cut(text: string, pieces: number): string[] {
  if (pieces === 0) return [];
  if (pieces === 1) return [text];
  const characters = Array.from(text);
  const count = Math.min(pieces, characters.length);
  return Array.from({ length: count }, (_, index) =>
    characters.slice(
      Math.floor(index * characters.length / count),
      Math.floor((index + 1) * characters.length / count),
    ).join(""));
}
