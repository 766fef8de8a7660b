/** The styled view of `-v`: everything that an agent does, for a person, on stderr. */
import type { ContentBlock, Event, ToolExecutionEvent } from "../event.ts";
import { messageText, plainText } from "./plain_text.ts";
import { indent, oneLine, paint, shorten } from "./text.ts";

/** Choices of a {@linkcode VerboseView}. */
export interface VerboseViewOptions {
  color: boolean;
  /** False where the answer's text already stands on the same terminal. */
  text: boolean;
}

const ORANGE = "38;5;208";
const BLUE = "34";
const GREY = "38;5;240";
/** The longest line of what an agent says, in characters. */
const LINE = 200;
const ID_COLORS = [33, 35, 141, 208, 213, 51, 226, 205, 87, 215];

/** Renders one event at a time; `""` for those that say nothing to a person. */
export class VerboseView {
  readonly #options: VerboseViewOptions;

  constructor(options: VerboseViewOptions) {
    this.#options = options;
  }

  /** The event as lines of text, each with its newline. */
  render(event: Event): string {
    switch (event.type) {
      case "init":
        return `${this.#paint("✓", "32")} Initialized` +
          `${event.model === "" ? "" : ` with model ${line(event.model)}`}\n`;
      case "user_message":
        return event.content.map((block) =>
          block.type === "text" ? this.#paint(`> ${messageText(block.text)}`, GREY) + "\n" : ""
        ).join("");
      case "assistant_message":
        return this.#message(event.content);
      case "reasoning":
        return this.#paint(indent(messageText(event.content), "    … "), "2;3") + "\n";
      case "tool_execution":
        return this.#result(event);
      case "error":
        return `${this.#paint("Error:", "31")} ${messageText(event.message)}\n`;
      case "permission_request": {
        const tool = line(event.tool_name);
        return event.granted
          ? `${this.#paint("✓", "32")} Permission granted for tool '${tool}'\n`
          : `${this.#paint("!", "33")} Permission denied for tool '${tool}'\n`;
      }
      case "permission_question": {
        const what = `${line(event.tool_name)}: ${line(event.description)}`;
        return `${this.#paint("?", "33")} Waiting for permission (${event.id}) ${what}\n`;
      }
      case "permission_answer": {
        const tool = line(event.tool_name);
        const why = event.reason === null ? "" : `: ${messageText(event.reason)}`;
        return event.granted
          ? `${this.#paint("✓", "32")} Permission granted for tool '${tool}'${why}\n`
          : `${this.#paint("!", "33")} Permission denied for tool '${tool}'${why}\n`;
      }
      case "usage_limit_detected": {
        const reset = event.reset_at === undefined ? "" : ` — resets ${event.reset_at}`;
        const limit = line(`${event.provider} usage limit (${event.scope})${reset}`);
        return `${this.#paint("!", "33")} ${limit}\n`;
      }
      case "assistant_delta":
      case "turn_complete":
      case "result":
        return "";
    }
  }

  #message(content: readonly ContentBlock[]): string {
    let shown = "";
    for (const block of content) {
      if (block.type === "tool_use") shown += this.#call(block.name, block.id, block.input);
      else if (this.#options.text && block.text.trim() !== "") {
        const lines = messageText(block.text).trim().split("\n");
        shown += lines.map((line, index) =>
          `    ${index === 0 ? "⏺ " : "  "}${this.#paint(line, ORANGE)}\n`
        ).join("");
      }
    }
    return shown === "" ? "" : `${shown}\n`;
  }

  #call(name: string, id: string, input: unknown): string {
    const fields = typeof input === "object" && input !== null
      ? input as Record<string, unknown>
      : undefined;
    const tag = this.#tag(id);
    if (name === "Bash" && typeof fields?.command === "string") {
      const what = typeof fields.description === "string" ? fields.description : "Run command";
      const command = messageText(fields.command).trimEnd().split("\n").map((each, index) =>
        `      ${this.#paint(`${index === 0 ? "└── " : "    "}${each}`, GREY)}\n`
      );
      return `    ${this.#paint(`⏺ ${line(what)}`, BLUE)} ${tag}\n${command.join("")}`;
    }
    return `    ${this.#paint(`⏺ ${line(name)}(${parameters(input)})`, BLUE)} ${tag}\n`;
  }

  #result(event: ToolExecutionEvent): string {
    const { success, output, error } = event.result;
    const text = output ?? error ?? "";
    const body = text.trim() === "" ? (success ? "success" : "failed") : plainText(text);
    const arrow = this.#paint("←", success ? "32" : "31");
    return `    ${arrow} ${this.#tag(event.tool_id)}\n${
      indent(body, "      ").split("\n").map((line) => this.#paint(line, GREY)).join("\n")
    }\n\n`;
  }

  /** The last four characters of an id, in a colour of its own, so that call and result pair up. */
  #tag(id: string): string {
    const last = Array.from(new Intl.Segmenter().segment(line(id))).slice(-4)
      .map(({ segment }) => segment).join("");
    let sum = 0;
    for (const byte of new TextEncoder().encode(last)) sum += byte;
    return this.#paint(`[${last}]`, `38;5;${ID_COLORS[sum % ID_COLORS.length]}`);
  }

  #paint(text: string, code: string): string {
    return paint(text, code, this.#options.color);
  }
}

/** What an agent says, on one line of a bounded length. */
function line(text: string): string {
  return oneLine(messageText(text.slice(0, LINE * 64)), LINE);
}

function parameters(input: unknown): string {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return "...";
  return Object.entries(input)
    .map(([key, value]) => `${line(key)}=${parameter(value)}`).join(", ");
}

function parameter(value: unknown): string {
  if (typeof value === "string") {
    // Tools are called with megabytes.
    const shown = messageText(value.slice(0, LINE * 64)).replaceAll("\n", "\\n");
    return `"${shorten(shown, 60, 57)}"`;
  }
  return typeof value === "object" && value !== null ? "..." : String(value);
}
