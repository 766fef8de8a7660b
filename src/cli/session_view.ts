/** What `zag session show` tells a person. */
import { paint, withoutControls } from "../events/render/text.ts";
import { unicodeWidth } from "../events/render/width.ts";
import type { SessionStatus } from "../sessions/session_status.ts";
import { localTime } from "../events/render/local_time.ts";
import type { ExitInfo, SessionDetails, UsageInfo } from "./session_info.ts";
import { grouped } from "./cost_view.ts";
import { permitText, questionsText } from "./question_info.ts";
import { costText, statusText } from "./session_text.ts";
import { durationText } from "./summary_view.ts";

/** How a session is shown. */
export interface SessionViewOptions {
  /** Cells of the terminal's line, at which texts are broken; undefined for a pipe. */
  readonly width: number | undefined;
  readonly color: boolean;
  /** Sessions that are mentioned: their names by their ids. */
  readonly names: ReadonlyMap<string, string>;
}

/** Cells before the values. */
const LABEL = 21;

/** Paths: a line break in one is shown as a blank, as lists do; it is no second line. */
const PATHS: ReadonlySet<string> = new Set([
  "Workspace",
  "Worktree",
  "Directory",
  "Found In",
  "Log",
]);

/** What is to be copied stays in one piece, whatever a terminal makes of it. */
const WHOLE: ReadonlySet<string> = new Set([...PATHS, "Resume", "Answer"]);

/** Lines of labels and values, each with its newline; what is not known has no line. */
export function sessionText(session: SessionDetails, options: SessionViewOptions): string {
  const { color, width, names } = options;
  const named = (id: string | null) =>
    id && names.has(id) ? `${id} (${names.get(id)})` : id ?? undefined;
  const status = session.status as SessionStatus;
  const rows: [label: string, value: string | null | undefined, shown?: string][] = [
    ["Session ID", session.session_id],
    ["Status", status, statusText(status, color)],
    ["Waits Until", session.waits_until && localTime(session.waits_until)],
    ["Waits For", session.questions && questionsText(session.questions)],
    ["Answer", session.questions && permitText(session.session_id, session.questions)],
    ["Error", session.error],
    ["Provider", session.provider],
    ["Model", session.model],
    ["Command", session.command],
    ["Created", localTime(session.created_at)],
    ["Started", again(session.started_at, session.created_at)],
    ["Ended", session.ended_at && localTime(session.ended_at)],
    ["Duration", duration(session)],
    ["Outcome", outcome(session)],
    ["Name", session.name],
    ["Description", session.description],
    ["Tags", session.tags?.join(", ")],
    ["Provider Session ID", session.provider_session_id],
    ["Workspace", session.is_worktree ? undefined : session.worktree_path],
    ["Worktree", session.is_worktree ? worktree(session) : undefined],
    ["Directory", session.cwd === session.worktree_path ? undefined : session.cwd],
    ["Sandbox", session.sandbox_name],
    ["Process", session.pid === null ? undefined : String(session.pid)],
    ["Parent", named(session.parent_session_id)],
    ["Resumed From", named(session.resumed_from)],
    ["Retried From", named(session.retried_from)],
    ["Depends On", session.dependencies.map(named).join(", ")],
    ["Ends With", session.exit && ending(session.exit)],
    ["Found In", session.discovery_source],
    ["Log", session.log_path],
    ["Log Completeness", session.log_completeness],
    ["Tokens", usage(session.usage)],
    ["Cost", session.usage.cost_usd === null ? undefined : costText(session.usage.cost_usd)],
    ["Resume", session.resume_command],
  ];
  return rows.flatMap(([label, value, shown]) => {
    if (!value) return [];
    const room = WHOLE.has(label) ? undefined : width;
    const text = PATHS.has(label) ? value.replaceAll(/[\r\n]+/g, " ") : value;
    const lines = shown === undefined ? broken(clean(text), room) : [shown];
    const title = paint(`${label}:`, "1", color) + " ".repeat(LABEL - label.length - 1);
    return lines.map((line, index) => `${index === 0 ? title : " ".repeat(LABEL)}${line}\n`);
  }).join("");
}

/** The result that exit mode asks for. */
function ending({ hint, json_mode, schema }: ExitInfo): string {
  const form = schema !== undefined
    ? "JSON that matches a schema"
    : json_mode
    ? "JSON"
    : "a result";
  return hint === "" ? form : `${form}: ${hint}`;
}

/** The newest start of a session that has been started more than once. */
function again(startedAt: string | null, createdAt: string): string | undefined {
  if (startedAt === null) return undefined;
  const time = localTime(startedAt);
  return time === localTime(createdAt) ? undefined : time;
}

/** How long the newest run took; of a session that waited or was resumed, how long all of it was, too. */
function duration({ duration_ms, elapsed_ms }: SessionDetails): string | undefined {
  if (duration_ms === null) return undefined;
  const newest = lengthText(duration_ms);
  if (elapsed_ms === null || elapsed_ms - duration_ms < 1000) return newest;
  return `${newest} in its newest run, ${lengthText(elapsed_ms)} since it was created`;
}

function lengthText(ms: number): string {
  return ms < 1000 ? `${ms}ms` : durationText(Math.round(ms / 1000));
}

/** What the status does not tell of how it ended. */
function outcome({ outcome, exit_code, signal }: SessionDetails): string | undefined {
  // Its work was done, and then it was ended.
  if (outcome === "success" && signal !== null) return undefined;
  const words = [
    ...(outcome === null || outcome === "success" || outcome === "dead" ? [] : [outcome]),
    ...(exit_code === null || exit_code === 0 ? [] : [`exit code ${exit_code}`]),
    ...(signal === null ? [] : [signal]),
  ];
  return words.length === 0 ? undefined : words.join(", ");
}

function worktree({ worktree_name, worktree_path, worktree_gone }: SessionDetails): string {
  if (worktree_gone) return `${worktree_name ?? worktree_path} (gone)`;
  return worktree_name ? `${worktree_name} (${worktree_path})` : `${worktree_path}`;
}

function usage(used: UsageInfo): string | undefined {
  const { input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens } = used;
  const parts: [number | null, string][] = [
    [input_tokens, "in"],
    [output_tokens, "out"],
    [cache_read_tokens, "cache read"],
    [cache_creation_tokens, "cache written"],
  ];
  const known = parts.filter(([count]) => count !== null);
  return known.length === 0
    ? undefined
    : known.map(([count, what]) => `${grouped(count)} ${what}`).join(", ");
}

function clean(text: string): string {
  return withoutControls(text.trim().replaceAll("\t", " "));
}

/** The lines of a text: its own, and at a terminal those that fit, broken between words. */
function broken(text: string, width: number | undefined): string[] {
  const room = width === undefined ? Infinity : Math.max(20, width - LABEL);
  return text.split("\n").flatMap((line) => {
    const lines: string[] = [];
    let open = "";
    for (const word of line.split(" ")) {
      if (open !== "" && unicodeWidth(open) + 1 + unicodeWidth(word) > room) {
        lines.push(open);
        open = word;
      } else open = open === "" ? word : `${open} ${word}`;
    }
    return [...lines, open];
  });
}
