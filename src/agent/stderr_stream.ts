/**
 * Prints the entries of a log while they are written. The one place of the library that prints: the
 * program has asked for it.
 */
import type { LogEvent } from "../events/log_event.ts";
import { eventView, parseListenFormat } from "../events/render/event_formatter.ts";
import { jsonForTerminal } from "../events/render/text.ts";
import { wholeEventSync } from "../sessions/overflow.ts";

/** Cells of a line where nobody tells how many there are. */
const COLUMNS = 80;
/** The mark of a message takes these. */
const ASIDE = 2;

/**
 * What prints an entry on stderr, as `zag listen` does on stdout. It has written when it returns.
 *
 * @throws {ZagError} when there is no such format
 */
export async function stderrStream(
  name: string,
  showThinking: boolean,
): Promise<(event: LogEvent, logPath: string) => void> {
  const format = parseListenFormat(name);
  if (format === "json") {
    return (event) => {
      const json = JSON.stringify(event);
      print((Deno.stderr.isTerminal() ? jsonForTerminal(json) : json) + "\n");
    };
  }
  const color = format === "rich-text" && !Deno.noColor;
  const markdown = format === "rich-text"
    ? (await import("../events/render/markdown.ts")).renderMarkdown
    : undefined;
  const view = eventView(format, {
    color,
    showThinking,
    // Asked for each time, since a terminal can be resized.
    markdown: markdown && ((text) => markdown(text, { width: columns() - ASIDE, color })),
  });
  return (event, path) => {
    const text = view.render(event.overflow === undefined ? event : wholeEventSync(path, event));
    if (text !== "") print(text);
  };
}

function columns(): number {
  try {
    return Deno.stderr.isTerminal() ? Deno.consoleSize().columns : COLUMNS;
  } catch {
    return COLUMNS;
  }
}

function print(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) {
    written += Deno.stderr.writeSync(bytes.subarray(written));
  }
}
