/** What a session came to, for programs and for people. */
import { isAbsolute, relative } from "node:path";
import { paint, shorten, withoutControls } from "../events/render/text.ts";
import { unicodeWidth } from "../events/render/width.ts";
import type { UsageTotals } from "../sessions/cost.ts";
import type { SessionRecord } from "../sessions/records.ts";
import type { SessionState, SessionStatus } from "../sessions/session_status.ts";
import type { SessionFacts } from "../sessions/summary.ts";
import { grouped } from "./cost_view.ts";
import { fill } from "./fill.ts";
import { costText, statusText } from "./session_text.ts";
import { clip } from "./table.ts";

/** Everything that is known about a session. */
export interface SummaryParts {
  readonly session: SessionRecord;
  readonly state: SessionState;
  readonly facts: SessionFacts;
  readonly usage: UsageTotals;
  readonly now: Date;
}

/** How a summary is shown. */
export interface SummaryStyle {
  /** Cells of the terminal's line; undefined for a pipe, where no line is broken. */
  readonly width: number | undefined;
  readonly color: boolean;
  /** Show how many events, calls and tokens there were, and what they cost. */
  readonly stats: boolean;
}

/** Characters of the result that programs and people get. */
const RESULT_JSON = 500;
const RESULT_TEXT = 200;

const INDENT = "  ";
/** Between the parts of the first line. */
const GAP = "  ";
/** So much of a name is shown in any case, in cells. */
const MIN_NAME = 6;
/** Width of the labels. */
const LABEL = 8;

/** The object that `--json` prints; its key order is the printed order. */
export function summaryJson(parts: SummaryParts): Record<string, unknown> {
  const { session, state, facts, usage } = parts;
  const seconds = durationSeconds(parts);
  const error = errorOf(parts);
  const calls = facts.tools.reduce((sum, [, count]) => sum + count, 0);
  return {
    session_id: session.sessionId,
    ...(session.name === null ? {} : { name: session.name }),
    provider: session.provider,
    model: session.model,
    status: state.status,
    ...(seconds === undefined ? {} : { duration_secs: seconds }),
    turns: facts.turns,
    tool_calls: Object.fromEntries(facts.tools),
    total_tool_calls: calls,
    ...(facts.files.length === 0 ? {} : { files_modified: facts.files }),
    ...(facts.result === undefined
      ? {}
      : { result: shorten(facts.result, RESULT_JSON, RESULT_JSON) }),
    ...(error === undefined ? {} : { error }),
    event_count: facts.events,
    ...(usage.reports === 0
      ? {}
      : { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens }),
    ...(usage.costUsd === null ? {} : { total_cost_usd: usage.costUsd }),
  };
}

/** The lines about one session, each with its newline. */
export function summaryText(parts: SummaryParts, style: SummaryStyle): string {
  const { session, facts, usage } = parts;
  const head = headLine(parts, style);
  const files = facts.files.map((file) => clean(shownPath(file, session.workspacePath)));
  const rows: [label: string, items: readonly string[]][] = [
    ["Files", listed(files)],
    ["Tools", listed(facts.tools.map(([name, count]) => `${clean(name)} ${count}`))],
    ["Turns", [String(facts.turns)]],
    ...(style.stats ? statsRows(facts, usage) : []),
    ["Result", words(facts.result)],
    ["Error", words(errorOf(parts))],
  ];
  const body = rows.filter(([, items]) => items.length > 0).map(([label, items]) => {
    const title = `${INDENT}${label}:`.padEnd(INDENT.length + LABEL);
    return fill(title, items, style.width);
  });
  return [head, ...body].map((line) => line + "\n").join("");
}

/** Who it is and how it stands; only the name gives way where the line is short. */
function headLine(parts: SummaryParts, { width, color }: SummaryStyle): string {
  const { session, state } = parts;
  const seconds = durationSeconds(parts);
  const { provider, model } = session;
  const id = session.sessionId.slice(0, 8);
  const rest = [
    clean(model === null ? provider : `${provider}/${model}`),
    state.status,
    ...(seconds === undefined ? [] : [durationText(seconds)]),
  ];
  const name = session.name === null ? undefined : clean(session.name);
  const others = [id, ...rest].reduce((sum, part) => sum + unicodeWidth(part) + GAP.length, 0);
  const shown = name === undefined || width === undefined
    ? name
    : clip(name, Math.max(MIN_NAME, width - others));
  const [agent, status, ...duration] = rest as [string, SessionStatus, ...string[]];
  return [
    paint(id, "1", color),
    ...(shown === undefined ? [] : [shown]),
    agent,
    statusText(status, color),
    ...duration,
  ].join(GAP);
}

/** A length of time: `Ns`, `Nm Ns`, `Nh Nm`. */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${seconds % 60}s`;
  return `${Math.floor(seconds / 3600)}h ${Math.floor(seconds / 60) % 60}m`;
}

/** How long all runs took together; one that goes on counts up to now. Undefined if none began. */
function durationSeconds({ session, state, facts, now }: SummaryParts): number | undefined {
  const { open, ranMs } = facts;
  if (open === undefined) return ranMs === 0 && !session.startedAt ? undefined : seconds(ranMs);
  const goesOn = state.status === "running" || state.status === "idle";
  const end = goesOn ? now.getTime() : Date.parse(open.last);
  return seconds(ranMs + (Math.max(0, end - Date.parse(open.since)) || 0));
}

function seconds(ms: number): number {
  return Math.round(ms / 1000);
}

/** Why the session did not succeed; the log knows it where the index does not. */
function errorOf({ state, facts }: SummaryParts): string | undefined {
  const error = state.status === "completed" ? undefined : state.error ?? facts.error;
  return error || undefined;
}

function statsRows(
  facts: SessionFacts,
  usage: UsageTotals,
): [label: string, items: readonly string[]][] {
  const calls = facts.tools.reduce((sum, [, count]) => sum + count, 0);
  const tokens = [
    `${grouped(usage.inputTokens)} in`,
    `${grouped(usage.outputTokens)} out`,
    ...(usage.cacheReadTokens ? [`${grouped(usage.cacheReadTokens)} cache read`] : []),
    ...(usage.cacheCreationTokens ? [`${grouped(usage.cacheCreationTokens)} cache written`] : []),
  ];
  return [
    ["Events", [String(facts.events)]],
    ["Calls", [String(calls)]],
    ["Tokens", usage.reports === 0 ? ["not reported"] : listed(tokens)],
    ["Cost", usage.reports === 0 ? [] : costWords(usage).split(" ")],
  ];
}

function costWords({ costUsd, reports, reportsWithoutCost }: UsageTotals): string {
  if (costUsd === null) return "not reported";
  const missing = reportsWithoutCost === 0
    ? ""
    : ` (without ${reportsWithoutCost} of ${reports} reports, whose cost is not known)`;
  return `${costText(costUsd)}${missing}`;
}

/** Relative to the workspace where it is inside of it. */
function shownPath(path: string, workspace: string): string {
  if (!isAbsolute(path)) return path;
  const inside = relative(workspace, path);
  return inside === "" || inside.startsWith("..") || isAbsolute(inside) ? path : inside;
}

function clean(text: string): string {
  return withoutControls(text.replace(/\s+/g, " ")).trim();
}

function listed(items: readonly string[]): string[] {
  return items.map((item, index) => index < items.length - 1 ? `${item},` : item);
}

function words(text: string | undefined): string[] {
  return shorten(clean(text ?? ""), RESULT_TEXT, RESULT_TEXT).split(" ").filter(Boolean);
}
