/**
 * The manual: pages whose lists come from the declarations, so that the two cannot disagree.
 *
 * @module
 */
import { loadPage, PAGE_NAMES, TOPICS } from "../man/pages.ts";
import { didYouMean } from "../suggest.ts";
import { isGroup, type Route } from "./command.ts";
import { CliError, ExitCode, quote, UsageError } from "./errors.ts";
import {
  commandSections,
  programSections,
  routeRows,
  type Row,
  rowLines,
  usage,
  wrap,
} from "./help.ts";

/** Something that has a page, and what it is about in one line. */
export interface Topic {
  readonly name: string;
  readonly brief: string;
}

/** How wide generated lists are where nobody says. */
const WIDTH = 80;

/** The exit codes, each with what it means. */
const EXIT_CODES: readonly Row[] = [
  [String(ExitCode.success), "done; also when the agent reported a failure"],
  [
    String(ExitCode.failure),
    "an error of zag; a session that failed, for wait; a failure of the agent with " +
    "--exit-on-failure; an answer that is not the JSON that was asked for",
  ],
  [
    String(ExitCode.noResult),
    "the agent could not be started, or ended without saying how it went, or without its result",
  ],
  [String(ExitCode.usage), "a command line that cannot be understood"],
  [String(ExitCode.permission), "a permission is missing; the message says which"],
  [String(ExitCode.deadline), "a deadline: --timeout, --first-byte-timeout, --idle-timeout"],
  [String(ExitCode.budget), "a budget: --max-cost, --max-tokens"],
  [`${ExitCode.signal} + n`, "zag was ended by signal n"],
  [String(ExitCode.stdoutClosed), "the reader of stdout went away"],
];

/** All that `zag man` knows: the commands that are listed, then the topics. */
export function topicsOf(routes: readonly Route[]): Topic[] {
  return [
    ...routes.filter(({ hidden }) => !hidden).map(({ name, brief }) => ({ name, brief })),
    ...Object.entries(TOPICS).map(([name, brief]) => ({ name, brief })),
  ];
}

/**
 * The page of a topic as Markdown.
 *
 * @param words What was asked for: nothing for the overview; a subcommand is on its group's page.
 * @param width Of generated lists, in columns.
 * @throws {UsageError} If there is no such topic; says which there are.
 * @throws {CliError} If the page is missing.
 */
export async function manualPage(
  words: readonly string[],
  routes: readonly Route[],
  width = WIDTH,
): Promise<string> {
  const [name = "zag", ...rest] = words[0] === "zag" && words.length > 1 ? words.slice(1) : words;
  const topic = topicsOf(routes).find((each) => each.name === name);
  if (topic === undefined) throw unknownTopic(name, topicsOf(routes));
  const route = routes.find((each) => each.name === name);
  if (rest.length > 0) checkSubcommand(rest, route, name);
  const page = await loadPage(name);
  if (page === undefined) {
    throw new CliError(
      `Cannot show the manual of "${name}": this version of zag has no page about it`,
      ExitCode.failure,
      `See "zag help ${name}"`,
    );
  }
  return await filled(page, route, routes, width);
}

/** What `--help-agent` prints. */
export async function agentGuide(routes: readonly Route[]): Promise<string> {
  return await manualPage(["agents"], routes);
}

/** A topic in which a word was found. */
export interface FoundTopic extends Topic {
  /** The first line of its page that has the word, unless its name or brief has. */
  readonly line?: string;
}

/** The topics that have a text in their name, brief or page, in any case; the best ones first. */
export async function searchManual(text: string, routes: readonly Route[]): Promise<FoundTopic[]> {
  const wanted = text.toLowerCase();
  const has = (where: string) => where.toLowerCase().includes(wanted);
  const found: FoundTopic[][] = [[], [], []];
  for (const topic of topicsOf(routes)) {
    if (has(topic.name)) found[0]!.push(topic);
    else if (has(topic.brief)) found[1]!.push(topic);
    else if (Object.hasOwn(TOPICS, topic.name) || PAGE_NAMES.includes(topic.name)) {
      const page = await manualPage([topic.name], routes);
      const line = page.replace(/\\(?=[<*`_>#+-])/g, "").split("\n").find(has);
      if (line !== undefined) found[2]!.push({ ...topic, line: around(line, wanted) });
    }
  }
  return found.flat();
}

/** The part of a line that has a text, in lower case, in it. */
function around(line: string, wanted: string): string {
  const start = Math.max(0, line.toLowerCase().indexOf(wanted) - 30);
  const end = start + wanted.length + 60;
  return (start > 0 ? "…" : "") + line.slice(start, end).trim() + (end < line.length ? "…" : "");
}

function unknownTopic(name: string, topics: readonly Topic[]): UsageError {
  const names = topics.map((topic) => topic.name);
  const near = didYouMean(name, names);
  return new UsageError(
    `Cannot show the manual of ${quote(name)}: there is no such topic`,
    (near === undefined ? "" : `${near}\n`) + `Topics: ${names.join(", ")}`,
  );
}

function checkSubcommand(words: readonly string[], route: Route | undefined, name: string): void {
  const [word = "", ...more] = words;
  const known = route !== undefined && isGroup(route)
    ? route.commands.filter(({ hidden }) => !hidden).map((command) => command.name)
    : [];
  if (known.includes(word) && more.length === 0) return;
  throw new UsageError(
    `Cannot show the manual of ${quote([name, ...words].join(" "))}: there is no such topic`,
    didYouMean(word, known) ?? `"zag man ${name}" is the whole page`,
  );
}

const PLACE = /^<!-- ([a-z ]+?)(?:: ([^>]*?))? -->\n/gm;

async function filled(
  page: string,
  route: Route | undefined,
  routes: readonly Route[],
  width: number,
): Promise<string> {
  const lists: Record<string, string> = {};
  for (const [place, kind, detail] of page.matchAll(PLACE)) {
    lists[place] ??= await list(kind!, detail ?? "", route, routes, width);
  }
  const text = page.replace(PLACE, (place) => lists[place] ?? "");
  return text.replace(/\n{3,}/g, "\n\n").trimEnd() + "\n";
}

/** What stands in a place of a page. */
async function list(
  kind: string,
  detail: string,
  route: Route | undefined,
  routes: readonly Route[],
  width: number,
): Promise<string> {
  const block = (rows: readonly Row[]) => fence(rowLines(rows, width - 2));
  switch (kind) {
    case "command":
      return route === undefined ? "" : commandText([route], width);
    case "commands":
      return block(routeRows(routes));
    case "topics":
      return block(Object.entries(TOPICS));
    case "flags":
      return programSections().map(({ title, rows }) => `${title}:\n\n${block(rows)}`).join("\n");
    case "exit codes":
      return block(EXIT_CODES);
    case "usage":
      return block(detail.split(", ").map((words) => usageRow(words.split(" "), routes)));
    case "providers": {
      const { PROVIDER_NAMES } = await import("../providers/registry.ts");
      return `${PROVIDER_NAMES.map((name) => `\`${name}\``).join(", ")}.\n`;
    }
    case "settings": {
      const { SETTINGS, shortKey, valuesText } = await import("../config/keys.ts");
      return block([...SETTINGS].map(([key, setting]): Row => {
        const { brief, builtIn } = setting;
        const preset = builtIn === undefined ? "" : ` [default: ${builtIn}]`;
        return [shortKey(key), `${brief} [${valuesText(setting)}]${preset}`];
      }));
    }
    case "event types": {
      const { LOG_TYPES } = await import("../events/log_types.ts");
      return `${LOG_TYPES.map((name) => `\`${name}\``).join(", ")}.\n`;
    }
    default:
      // Told to the tests only.
      return "";
  }
}

/** What the help says about a command, or about all of a group. */
function commandText(path: readonly Route[], width: number): string {
  const route = path.at(-1)!;
  const level = "#".repeat(path.length + 1);
  const parts = path.length === 1 ? [] : [`${level} zag ${path.map(({ name }) => name).join(" ")}`];
  if (path.length === 1 || !isGroup(route)) parts.push(fence(`  ${usage(path)}`));
  if (path.length > 1) parts.push(`${route.brief}.`);
  if (route.detail !== undefined) parts.push(prose(route.detail, width));
  if (isGroup(route)) {
    const shown = route.commands.filter(({ hidden }) => !hidden);
    parts.push(fence(rowLines(routeRows(route.commands, route.fallback), width - 2)));
    parts.push(...shown.map((command) => commandText([...path, command], width)));
  } else {
    for (const { title, rows } of commandSections(route)) {
      // What all commands take is told once, on the page about the program.
      if (title === "Global flags") continue;
      parts.push(`${title}:`, fence(rowLines(rows, width - 2)));
    }
  }
  return parts.map((part) => part.trimEnd()).join("\n\n") + "\n";
}

function usageRow(words: readonly string[], routes: readonly Route[]): Row {
  const path: Route[] = [];
  let here = routes;
  for (const word of words) {
    const route = here.find(({ name }) => name === word);
    if (route === undefined) throw new Error(`No command ${words.join(" ")}`);
    path.push(route);
    here = isGroup(route) ? route.commands : [];
  }
  return [usage(path).replace("[flags] ", ""), path.at(-1)!.brief];
}

/** Paragraphs of the help; those that are laid out stay as they are. */
function prose(detail: string, width: number): string {
  return detail.replace(/\s+$/, "").split(/\n{2,}/).map((paragraph) =>
    /^\s/.test(paragraph) ? fence(paragraph) : markable(wrap(escaped(paragraph.trim()), width))
  ).join("\n\n");
}

/** Help is plain text: nothing in it is meant as a mark. */
function escaped(text: string): string {
  return text.replace(/[<*`]|(?<![A-Za-z\d])_|_(?![A-Za-z\d])|^[-+>#](?=\s)/g, "\\$&");
}

/** At the beginning of a line some characters would be marks: they go to the end of the one before. */
function markable(text: string): string {
  return text.replace(/\n([-+>#]) /g, " $1\n");
}

function fence(text: string): string {
  return `\`\`\`text\n${
    text.split("\n").map((line) => line.replace(/^ {2}/, "")).join("\n")
  }\n\`\`\`\n`;
}
