/** How `listen` prints the lines of a log. */
import type { Config } from "../config/config.ts";
import type { Writer } from "../sessions/follow/follow_log.ts";
import type { LogLine } from "../sessions/log_reader.ts";
import { eventView, formatTimestamp } from "../events/render/event_formatter.ts";
import { oneLine } from "../events/render/text.ts";
import { plainText } from "../events/render/plain_text.ts";
import { strftime } from "../events/render/strftime.ts";
import { wholeEvent } from "../sessions/overflow.ts";
import type { CliContext } from "./context.ts";
import { jsonText } from "./json_text.ts";

/** The flags that choose what is shown, and how. */
export interface ListenViewFlags {
  readonly json: boolean;
  readonly text: boolean;
  readonly richText: boolean;
  readonly colors: boolean;
  readonly showThinking: boolean;
  readonly timestamps: boolean;
  readonly maxLines: number | undefined;
  /** Types that were asked for: all of these are shown. */
  readonly filter: readonly string[];
  readonly tail: number | undefined;
  readonly quiet: boolean;
}

/** Turns lines of a log into what is printed. */
export interface ListenView {
  /** Whether events of this type are shown if nothing else was asked for. */
  shows(type: string): boolean;
  /** What goes to stdout for a line that is to be shown. */
  line(line: LogLine, path: string): string | Promise<string>;
  /** What goes to stderr for a line that cannot be read; it is shown by `line` without this. */
  bad?(line: LogLine): string;
}

/**
 * The view that flags and configuration choose.
 *
 * @param config Reads the configuration; called when a flag leaves something open.
 */
export async function listenView(
  ctx: CliContext,
  flags: ListenViewFlags,
  config: () => Promise<Config>,
): Promise<ListenView> {
  const asked = flags.json
    ? "json"
    : flags.richText || flags.colors
    ? "rich-text"
    : flags.text
    ? "text"
    : undefined;
  const { "listen.format": configured, "listen.timestamp_format": format = "%H:%M:%S" } =
    asked === undefined || flags.timestamps && asked !== "json" ? await config() : {};
  const chosen = asked ?? configured?.toLowerCase() ?? "text";
  if (chosen === "json") {
    return { shows: () => true, line: ({ text }) => jsonText(ctx, text) + "\n" };
  }
  const rich = chosen === "rich-text";
  // Whoever asks for it wants it in a pipe as well, a setting must not surprise programs.
  const color = rich && (asked === undefined ? ctx.color("stdout") : allowsColor(ctx, flags));
  const markdown = rich ? await import("../events/render/markdown.ts") : undefined;
  // Besides the time, the mark of a message takes two cells.
  const aside = 2 + (flags.timestamps ? strftime(ctx.now(), format).length + 3 : 0);
  const view = eventView(rich ? "rich-text" : "text", {
    color,
    showThinking: flags.showThinking,
    maxLines: flags.maxLines,
    inMiddle: flags.tail !== undefined && flags.filter.length === 0,
    ...(flags.timestamps ? { timestamp: (ts) => formatTimestamp(ts, format) } : {}),
    ...(markdown
      // Asked for each time, since a terminal can be resized.
      ? {
        markdown: (text) =>
          markdown.renderMarkdown(text, { width: ctx.stdout.columns - aside, color }),
      }
      : {}),
  });
  return {
    shows: (type) => view.shows(type),
    line: ({ event }, path) => {
      if (event === undefined) return "";
      // A long text is kept beside the log.
      return event.overflow === undefined
        ? view.render(event)
        : wholeEvent(path, event).then((whole) => view.render(whole));
    },
    bad: ({ bad, text }) =>
      `[parse error] ${oneLine(plainText(bad ?? ""), 200)}: ${oneLine(plainText(text), 80)}\n`,
  };
}

function allowsColor(ctx: CliContext, { quiet }: ListenViewFlags): boolean {
  // A terminal that cannot show colour cannot show it on request either.
  return ctx.stdout.isTerminal ? ctx.color("stdout") : !quiet && !ctx.env.get("NO_COLOR");
}

/** What {@linkcode printEvents} needs besides the lines. */
export interface PrintOptions {
  /** Of the log. */
  readonly path: string;
  readonly view: ListenView;
  /** Which types are shown. */
  shows(type: string): boolean;
  readonly quiet: boolean;
  /** Ends it, also while nobody reads what is printed. */
  readonly signal: AbortSignal;
}

/**
 * Prints lines until there are no more, and returns why.
 *
 * @throws the reason of the signal when it fires
 */
export async function printEvents(
  ctx: CliContext,
  lines: AsyncGenerator<LogLine[], Writer>,
  options: PrintOptions,
): Promise<Writer> {
  const { signal } = options;
  const aborted = new Promise<void>((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true })
  );
  try {
    for (;;) {
      const { done, value } = await lines.next();
      signal.throwIfAborted();
      if (done) return value;
      const text = await shown(ctx, value, options);
      if (text !== "") await Promise.race([ctx.stdout.write(text), aborted]);
      signal.throwIfAborted();
    }
  } finally {
    await lines.return("working");
  }
}

async function shown(
  ctx: CliContext,
  lines: readonly LogLine[],
  { path, view, shows, quiet }: PrintOptions,
): Promise<string> {
  let text = "";
  for (const line of lines) {
    if (line.event === undefined && view.bad) {
      if (!quiet) await ctx.stderr.write(view.bad(line));
    } else if (line.event === undefined || shows(line.event.type)) {
      const shown = view.line(line, path);
      text += typeof shown === "string" ? shown : await shown;
    }
  }
  return text;
}
