/** The questions of an agent about its tools, while it runs: each is heard, decided, shown and answered. */
import type { Event } from "../events/event.ts";
import type { InputEncoder, ToolAnswer, ToolQuestion } from "../providers/parser.ts";
import type { Heard, PermissionGate } from "./policy_gate.ts";

/** What answering needs. */
export interface ToolQuestionsOptions {
  /** Decides; absent: the agent does not ask. */
  readonly gate: PermissionGate | undefined;
  readonly encoder: InputEncoder | undefined;
  /** Aborts when the agent is gone, and nobody needs an answer. */
  readonly over: AbortSignal;
  /** Writes a line to the agent. */
  write(line: string): Promise<void>;
  /** Logs and shows that somebody has answered. */
  tell(answered: Event): Promise<void>;
  /** Somebody is asked: the silence of the agent does not count until `resume`. */
  pause(): void;
  resume(): void;
  failed(error: unknown): void;
}

/** Takes questions in the order in which the agent asks them; answers come when they come. */
export class ToolQuestions {
  readonly #options: ToolQuestionsOptions;
  readonly #replies = new Set<Promise<void>>();
  #heard: Heard[] = [];

  constructor(options: ToolQuestionsOptions) {
    this.#options = options;
  }

  /** Takes a question, and returns what is shown of it: nothing when nobody is asked. */
  hear(question: ToolQuestion): readonly Event[] {
    const heard = this.#options.gate!.hear(question);
    this.#heard.push(heard);
    if (!heard.question) return [];
    const { id, tool_name, description, input } = heard.question;
    return [{ type: "permission_question", id, tool_name, description, input }];
  }

  /** Begins to answer all that was heard since. */
  replyToAll(): void {
    for (const heard of this.#heard.splice(0)) {
      const reply = this.#reply(heard)
        .catch((error) => this.#options.failed(error))
        .finally(() => this.#replies.delete(reply));
      this.#replies.add(reply);
    }
  }

  /** Waits until all is answered that is being answered. */
  async answered(): Promise<void> {
    await Promise.all(this.#replies);
  }

  async #reply({ native, action, reason, question }: Heard): Promise<void> {
    const { gate, encoder, over, tell, write, pause, resume } = this.#options;
    let answer: ToolAnswer = { action, reason };
    if (question) {
      pause();
      try {
        const { granted, by, reason } = await gate!.answer(question, over);
        answer = { action: granted ? "allow" : "deny", reason };
        const { id, tool_name } = question;
        const told = reason ?? null;
        await tell({ type: "permission_answer", id, tool_name, granted, by, reason: told });
      } finally {
        resume();
      }
    }
    await write(encoder!.answer!(native, answer) + "\n");
  }
}
