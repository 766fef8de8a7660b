/**
 * The default view of `exec`: the assistant's text on stdout, whatever else a person may want to see
 * on stderr.
 */
import { type AssistantMessageEvent, type Event, textOf } from "../event.ts";
import { messageText } from "./plain_text.ts";
import { oneLine, withoutControls } from "./text.ts";
import { toolSummary } from "./tool_summary.ts";
import type { VerboseView } from "./verbose_view.ts";

/** A piece of output and where it goes. */
export interface Segment {
  to: "stdout" | "stderr";
  text: string;
}

/** Choices of an {@linkcode AnswerView}. */
export interface AnswerViewOptions {
  /** Say on stderr which tools are called. */
  indicators: boolean;
  /** The styled view, shown on stderr instead of the indicators. */
  verbose: VerboseView | undefined;
  /** stdout and stderr end up on the same terminal, so a line begun on one must end first. */
  shared: boolean;
  /** Say it when text was shown that is no part of the answer. @default false */
  warns?: boolean;
  /** Leave out control characters, with which an answer could drive the terminal. @default false */
  sanitize?: boolean;
}

/** Turns events into text, a batch at a time. */
export class AnswerView {
  readonly #options: AnswerViewOptions;
  /** What deltas have shown of the current message. */
  #streamed = "";
  /** A message was shown before; the next one starts a new paragraph. */
  #pendingBreak = false;
  #lastCharacter = "";
  #out = "";
  #segments: Segment[] = [];

  constructor(options: AnswerViewOptions) {
    this.#options = options;
  }

  /** The segments that show these events, in order. */
  render(events: readonly Event[]): Segment[] {
    for (const event of events) this.#render(event);
    return this.#take();
  }

  /** What has to follow the last event. */
  end(): Segment[] {
    this.#endLine();
    return this.#take();
  }

  #render(event: Event): void {
    const main = !("parent_tool_use_id" in event) || event.parent_tool_use_id === undefined;
    if (event.type === "assistant_delta") {
      if (main) {
        this.#answer(event.text);
        this.#streamed += event.text;
      }
      return;
    }
    if (event.type === "assistant_message") this.#message(event, main);
    else if (event.type === "result") {
      if (event.success && this.#lastCharacter === "" && event.message) this.#answer(event.message);
      this.#endLine();
      this.#pendingBreak = this.#lastCharacter !== "";
    }
    const shown = this.#options.verbose?.render(event);
    if (shown) this.#aside(shown);
  }

  #message(event: AssistantMessageEvent, main: boolean): void {
    // Deltas run on from one text of a message to the next.
    const shown = main && this.#streamed !== "" && this.#streamed === textOf(event.content);
    if (shown) this.#streamed = "";
    for (const block of event.content) {
      if (block.type === "text") {
        if (!main) continue;
        if (!shown) this.#complete(block.text);
        this.#endLine();
        this.#pendingBreak = true;
      } else if (this.#options.indicators && this.#options.verbose === undefined) {
        const name = oneLine(messageText(block.name), 200);
        this.#aside(`⚡ ${name}${oneLine(messageText(toolSummary(block.input)), 400)}\n`);
      }
    }
  }

  /** Shows what the deltas have not shown of a message. */
  #complete(text: string): void {
    const streamed = this.#streamed;
    this.#streamed = "";
    if (text.startsWith(streamed)) return this.#answer(text.slice(streamed.length));
    // After a broken connection an agent begins anew: only the end belongs to this message, or none.
    if (!streamed.endsWith(text)) {
      this.#pendingBreak = true;
      this.#answer(text);
    }
    if (this.#options.warns) {
      this.#aside(
        "warning: the agent began its answer anew: text of the first attempt stands " +
          "before it; -o json has the answer alone\n",
      );
    }
  }

  #answer(text: string): void {
    if (text === "") return;
    if (this.#pendingBreak) {
      this.#pendingBreak = false;
      if (this.#lastCharacter !== "") this.#write(this.#lastCharacter === "\n" ? "\n" : "\n\n");
    }
    this.#write(text);
  }

  /** Ends the line together with its message, so that parallel programs share a pipe line by line. */
  #endLine(): void {
    if (this.#lastCharacter !== "" && this.#lastCharacter !== "\n") this.#write("\n");
  }

  #write(text: string): void {
    this.#out += this.#options.sanitize ? withoutControls(text) : text;
    this.#lastCharacter = text.at(-1) ?? "";
  }

  #aside(text: string): void {
    if (this.#options.shared) this.#endLine();
    this.#flush();
    this.#segments.push({ to: "stderr", text });
  }

  #flush(): void {
    if (this.#out === "") return;
    this.#segments.push({ to: "stdout", text: this.#out });
    this.#out = "";
  }

  #take(): Segment[] {
    this.#flush();
    const segments = this.#segments;
    this.#segments = [];
    return segments;
  }
}
