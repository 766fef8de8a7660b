/**
 * The lines of a session log for a person who follows it.
 *
 * @module
 */
import type { LogEvent } from "../log_event.ts";
import { repeatsAnswer } from "../repeats_answer.ts";
import { messageText, plainText } from "./plain_text.ts";
import { oneLine, paint } from "./text.ts";
import { toolSummary } from "./tool_summary.ts";

/** How a {@linkcode LogView} shows events. */
export interface LogViewOptions {
  /** Whether codes for colours are written. */
  readonly color: boolean;
  /** Show what the agent thinks. @default false */
  readonly showThinking?: boolean | undefined;
  /** At most so many lines of a tool's output. @default all */
  readonly maxLines?: number | undefined;
  /** The time to stand before each event, made of its RFC 3339 time. @default none */
  readonly timestamp?: ((ts: string) => string) | undefined;
  /** A time in the middle of a text, made of RFC 3339. @default as it is */
  readonly time?: ((ts: string) => string) | undefined;
  /** What is shown begins in the middle of a log. @default false */
  readonly inMiddle?: boolean | undefined;
  /** Makes lines of what the agent says. @default its lines as they are */
  readonly markdown?: ((text: string) => string[]) | undefined;
}

const BOLD = "1";
const DIM = "2";
const THOUGHT = "2;3";
const RED = "31";
const GREEN = "32";
const YELLOW = "33";
const BLUE = "34";
const CYAN = "36";

/** The parts of one event's text. */
interface Shown {
  /** An empty line goes before it. */
  readonly apart?: boolean;
  /** Its lines; the first one gets the timestamp. */
  readonly lines: readonly string[];
  /** An empty line follows. */
  readonly closed?: boolean;
}

/** An event of any version: a field may be missing, or hold what it never held. */
type Fields = Readonly<Record<string, unknown>>;

type Show = (fields: Fields, view: LogView) => Shown | undefined;

/** Renders one event at a time. */
export class LogView {
  readonly options: LogViewOptions;
  /** What the agent said last. */
  #said: unknown;

  /** @param options what is shown, and how */
  constructor(options: LogViewOptions) {
    this.options = options;
  }

  /** Whether an event of this type can say anything to a person. */
  shows(type: string): boolean {
    return type === "reasoning" ? this.options.showThinking === true : type !== "heartbeat";
  }

  /** The event as lines of text, each with its newline; `""` when it says nothing to a person. */
  render(event: LogEvent): string {
    if (!this.shows(event.type)) return "";
    const fields = event as unknown as Fields;
    if (event.type === "assistant_message") this.#said = event.content;
    // The result of a turn repeats its answer, which may stand before all that is shown.
    if (event.type === "provider_status") {
      const before = this.#said === undefined && this.options.inMiddle === true;
      if (event.message === this.#said || before && repeatsAnswer(event.data)) return "";
    }
    const show = Object.hasOwn(SHOWN, event.type) ? SHOWN[event.type]! : unknown;
    const shown = show(fields, this);
    if (shown === undefined) return "";
    const [first = "", ...rest] = shown.lines;
    if (event.truncated === true) {
      rest.push(`    ${this.paint("… the log has no more of it", DIM)}`);
    }
    const head = (shown.apart ? "\n" : "") + this.#timestamp(fields) + first;
    return [head, ...rest, ...(shown.closed ? [""] : [])].map((line) => line + "\n").join("");
  }

  /** Text in a style, where there is colour. */
  paint(text: string, code: string): string {
    return text === "" ? "" : paint(text, code, this.options.color);
  }

  /** A time in the middle of a text. */
  time(ts: string): string {
    return messageText(this.options.time?.(ts) ?? ts);
  }

  #timestamp({ ts }: Fields): string {
    if (this.options.timestamp === undefined || typeof ts !== "string") return "";
    return this.paint(`[${messageText(this.options.timestamp(ts))}]`, DIM) + " ";
  }
}

const SHOWN: Readonly<Record<string, Show>> = {
  session_started: ({ command, model }, view) => {
    const by = model == null ? "" : " " + view.paint(`(model: ${short(model, 200)})`, DIM);
    return section(view, GREEN, `Started: ${view.paint(short(command, 200), BOLD)}${by}`);
  },
  session_meta: ({ meta }, view) => {
    // The rest of it is for programs.
    const { name, tags } = (typeof meta === "object" && meta !== null ? meta : {}) as Fields;
    const parts = [
      ...typeof name === "string" ? [`name: ${short(name, 200)}`] : [],
      ...Array.isArray(tags) && tags.length > 0
        ? [`tags: ${short(tags.map(textOf).join(", "), 200)}`]
        : [],
    ];
    return parts.length === 0 ? undefined : dimmed(view, `> ${parts.join(" · ")}`);
  },
  session_deleted: (_, view) => section(view, YELLOW, "Session deleted"),
  user_message: ({ content }, view) => ({
    apart: true,
    lines: hanging(linesOf(content), view.paint("❯", BLUE) + " ", "  ", view, BOLD),
  }),
  assistant_message: ({ content }, view) => {
    const { markdown } = view.options;
    const lines = markdown ? markdown(textOf(content)) : linesOf(content);
    return { apart: true, lines: hanging(lines, view.paint("⏺", BOLD) + " ", "  ", view) };
  },
  reasoning: ({ content }, view) => ({
    apart: true,
    lines: hanging(linesOf(content), "  " + view.paint("… ", THOUGHT), "    ", view, THOUGHT),
    closed: true,
  }),
  tool_call: ({ tool_name, input }, view) => ({
    apart: true,
    lines: [
      `  ${view.paint(`⚡ ${short(tool_name, 200)}`, YELLOW)}` +
      oneLine(messageText(toolSummary(input)), 400),
    ],
  }),
  tool_result: toolResult,
  permission_question: ({ id, tool_name, description }, view) => {
    const what = `${short(tool_name, 60)}: ${short(description, 200)}`;
    return marked(view, "?", YELLOW, `waits for permission (${short(id, 20)}) ${what}`);
  },
  permission_answer: ({ tool_name, granted, by, reason }, view) => {
    const why = reason == null ? "" : `: ${short(reason, 120)}`;
    const how = granted === true ? "permitted" : "denied";
    const text = `${short(tool_name, 60)} ${how} (${short(by, 20)})${why}`;
    return marked(view, granted === true ? "✓" : "✗", granted === true ? GREEN : RED, text);
  },
  permission: ({ tool_name, granted }, view) => {
    const icon = granted === true ? view.paint("🔓", GREEN) : view.paint("🔒", RED);
    return { lines: [`  ${icon} ${view.paint(short(tool_name, 200), DIM)}`] };
  },
  provider_status: ({ message }, view) => dimmed(view, `> ${short(message, 200)}`),
  stderr: ({ message }, view) => marked(view, "!", RED, message),
  parse_warning: ({ message }, view) => marked(view, "?", YELLOW, message),
  session_cleared: ({ old_session_id, new_session_id }, view) => {
    const from = short(old_session_id ?? "unknown", 36);
    const to = short(new_session_id ?? "pending", 36);
    const ids = view.paint(`(old: ${from}, new: ${to})`, DIM);
    return section(view, YELLOW, `Session cleared ${ids}`);
  },
  session_ended: ({ success, error, outcome }, view) => {
    if (success === true) return section(view, GREEN, "Session completed");
    if (outcome === "unknown" && textOf(error).trim() === "") {
      return section(view, YELLOW, "Session unknown: nobody saw how it ended");
    }
    const known = typeof outcome === "string" && outcome !== "failure" ? outcome : "";
    const why = textOf(error).trim() === "" ? known : textOf(error);
    const [first = "", ...rest] = linesOf(why === "" ? "" : `: ${why}`);
    const { apart, lines } = section(view, RED, `Session failed${first}`);
    return { apart: apart!, lines: [...lines, ...rest.map((line) => `  ${line}`)] };
  },
  session_result: ({ result }, view) =>
    section(view, GREEN, `Result: ${view.paint(short(result, 200), BOLD)}`),
  usage: ({ input_tokens, output_tokens, total_cost_usd }, view) => {
    const cost = typeof total_cost_usd === "number"
      ? ", " + view.paint(`cost=$${total_cost_usd.toFixed(4)}`, YELLOW)
      : "";
    const tokens = `tokens: ${short(input_tokens, 20)} in / ${short(output_tokens, 20)} out`;
    return { lines: [`  ${view.paint(tokens, DIM)}${cost}`] };
  },
  user_event: ({ level, message }, view) => {
    const color = level === "error" ? RED : level === "warn" ? YELLOW : CYAN;
    return { lines: [`  ${view.paint(`[${short(level, 20)}]`, color)} ${short(message, 200)}`] };
  },
  usage_limit_hit: (fields, view) => {
    const { provider, scope, reset_at, scheduled_resume_at, fallback_used } = fields;
    const text = `${view.paint(short(provider, 80), BOLD)} usage limit ` +
      view.paint(`(${short(scope, 40)})`, DIM) +
      (typeof reset_at === "string" ? ` — resets ${view.paint(view.time(reset_at), BOLD)}` : "") +
      (typeof scheduled_resume_at === "string"
        ? view.paint(`, resuming ${view.time(scheduled_resume_at)}`, DIM)
        : "") +
      (fallback_used === true ? " " + view.paint("(fallback)", DIM) : "");
    return section(view, YELLOW, text, "⚠");
  },
  usage_limit_resumed: ({ resume_message, attempt }, view) => {
    const what = view.paint(short(resume_message, 80), BOLD);
    return section(view, GREEN, `Resumed ${attempted(attempt, view)}: ${what}`, "↻");
  },
  usage_limit_resume_failed: ({ error, attempt }, view) =>
    section(view, RED, `Resume failed ${attempted(attempt, view)}: ${short(error, 200)}`, "✗"),
  usage_limit_cancelled: (_, view) => section(view, YELLOW, "Resume cancelled", "✗"),
  notification: ({ kind, target, delivered, error }, view) => {
    const what = `${short(target, 80)} ${delivered === true ? "told" : "not told"} of the ` +
      short(kind, 20);
    return dimmed(view, `· ${what}${error == null ? "" : `: ${short(error, 200)}`}`);
  },
};

/** A type of a newer version: that it happened, and its message if it has one. */
function unknown({ type, message }: Fields, view: LogView): Shown {
  const what = typeof message === "string" ? `: ${short(message, 200)}` : "";
  return dimmed(view, `· ${short(type, 60)}${what}`);
}

function toolResult({ success, output, error }: Fields, view: LogView): Shown {
  const failed = error != null || success === false;
  const icon = failed ? view.paint("✗", RED) : view.paint("✓", GREEN);
  const lines = linesOf(error ?? output, plainText);
  const most = view.options.maxLines ?? 0;
  const over = lines.length - most;
  const kept = most > 0 && over > 0
    ? [...lines.slice(0, most), `… ${over} more ${over === 1 ? "line" : "lines"}`]
    : lines;
  return { lines: hanging(kept, `  ${icon} `, "    ", view, DIM) };
}

/** A line that begins a part of the session. */
function section(view: LogView, color: string, text: string, icon = "●"): Shown {
  return { apart: true, lines: [`${view.paint(icon, color)} ${text}`] };
}

function dimmed(view: LogView, text: string): Shown {
  return { lines: [`  ${view.paint(text, DIM)}`] };
}

function marked(view: LogView, mark: string, color: string, message: unknown): Shown {
  return {
    lines: [`  ${view.paint(mark, color)} ${view.paint(short(message, 200, plainText), DIM)}`],
  };
}

function attempted(attempt: unknown, view: LogView): string {
  return view.paint(`(attempt ${short(attempt ?? 1, 10)})`, DIM);
}

/** Lines behind a mark, the later ones indented to stand below the first. */
function hanging(
  lines: readonly string[],
  mark: string,
  indent: string,
  view: LogView,
  style?: string,
): string[] {
  const shown = style === undefined ? lines : lines.map((line) => view.paint(line, style));
  if (shown.length === 0) return [mark.trimEnd()];
  return shown.map((line, index) => index === 0 ? mark + line : line === "" ? "" : indent + line);
}

/** The lines of a text without blank ones around it; `plainText` reads what a program printed. */
function linesOf(value: unknown, read = messageText): string[] {
  const text = read(textOf(value)).trim();
  return text === "" ? [] : text.split("\n");
}

/** On one line, of at most so many characters. */
function short(value: unknown, limit: number, read = messageText): string {
  return oneLine(read(textOf(value).slice(0, limit * 64)).trim(), limit);
}

/** A text as it is, nothing as an empty one, all else as JSON. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}
