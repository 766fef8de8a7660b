/** What `zag ps show` tells a person. */
import { paint, withoutControls } from "../events/render/text.ts";
import { localTime } from "../events/render/local_time.ts";
import type { ProcessInfo, RunInfo } from "./ps_info.ts";
import { runStatusText } from "./ps_table.ts";
import { permitText, questionsText } from "./question_info.ts";
import { clip } from "./table.ts";

/** Everything that is known about a run. */
export interface RunDetails extends RunInfo {
  /** The runs that its agent has started, newest first. */
  readonly children: readonly RunInfo[];
  /** What lives of it: its zag, its agent and all that this has started. Empty when it is over. */
  readonly processes: readonly ProcessInfo[];
}

/** Cells before the values. */
const LABEL = 14;

/**
 * Lines of labels and values, each with its newline; what is not known has no line.
 *
 * @param width Cells of the terminal's line; undefined for a pipe, where nothing is cut.
 */
export function runText(run: RunDetails, width: number | undefined, color: boolean): string {
  const named = run.session_name ? ` (${run.session_name})` : "";
  const rows: [label: string, values: readonly (string | null | undefined)[]][] = [
    ["ID", [run.id]],
    ["PID", [String(run.pid)]],
    ["Zag PID", [run.agent_pid === null ? undefined : String(run.owner_pid)]],
    ["Status", [run.live_status]],
    ["Waits Until", [run.waits_until && localTime(run.waits_until)]],
    ["Waits For", [run.questions && questionsText(run.questions)]],
    [
      "Answer",
      [run.questions && run.session_id && permitText(run.session_id, run.questions)],
    ],
    ["Provider", [run.provider]],
    ["Model", [run.model]],
    ["Command", [run.command]],
    ["Started", [localTime(run.started_at)]],
    ["Exited", [run.exited_at && localTime(run.exited_at)]],
    ["Exit Code", [run.exit_code === null ? undefined : String(run.exit_code)]],
    ["Session ID", [run.session_id && run.session_id + named]],
    ["Root", [run.root]],
    ["Started By", [run.parent_process_id ?? run.parent_session_id]],
    ["Prompt", [run.prompt]],
    [
      "Children",
      run.children.map((child) =>
        `${child.id} ${child.live_status} ${child.provider} ${child.command}`
      ),
    ],
    ["Processes", run.processes.map(({ pid, command }) => `${pid} ${command ?? ""}`)],
  ];
  return rows.flatMap(([label, values]) =>
    values.filter(Boolean).map((value, index) => {
      const title = index === 0 ? paint(`${label}:`, "1", color) : "";
      const blanks = " ".repeat(LABEL - (index === 0 ? label.length + 1 : 0));
      return `${title}${blanks}${shown(label, value!, width, color)}\n`;
    })
  ).join("");
}

function shown(label: string, value: string, width: number | undefined, color: boolean): string {
  if (label === "Status") return runStatusText(value, color);
  const text = withoutControls(value.replace(/\s+/g, " ").trim());
  // What is to be copied stays in one piece, whatever a terminal makes of it.
  const cut = width !== undefined && (label === "Prompt" || label === "Processes");
  return cut ? clip(text, Math.max(20, width - LABEL)) : text;
}
