/** Copilot's tools: what they do, and how the end of a call reads on stdout and in the transcript. */
import type { ToolKind } from "../../events/tool_kinds.ts";
import { type Json, num, record, str } from "../json.ts";

/** Tools whose name says less than what they do. */
export const TOOL_KINDS: Readonly<Record<string, ToolKind>> = {
  create: "file_write",
  insert: "file_edit",
  replace: "file_edit",
  rg: "search",
  read_agent: "sub_agent",
  write_agent: "sub_agent",
  fetch_copilot_cli_documentation: "other",
};

/** How a tool call ended. */
export interface ToolEnd {
  readonly id: string;
  readonly success: boolean;
  /** What the tool said, or what went wrong. */
  readonly text: string;
  /** It was not allowed. */
  readonly refused: boolean;
  /** What else the CLI tells about it; null when nothing. */
  readonly data: Json | null;
}

/** Fields of `tool.execution_complete` that are told elsewhere, or are of no use to anybody else. */
const OMIT = new Set([
  "toolCallId",
  "toolTelemetry",
  "parentToolCallId",
  "interactionId",
  "turnId",
  "model",
  "rte",
  "success",
  "result",
]);

/** Reads the data of a `tool.execution_complete`. */
export function readToolEnd(item: Json): ToolEnd {
  const error = record(item.error);
  const content = str(record(item.result)?.content) ?? "";
  const code = str(error?.code);
  return {
    id: str(item.toolCallId) ?? "",
    // A command that fails is a success to the CLI: it was run.
    success: item.success === true && (exitCode(item) ?? 0) === 0,
    text: item.success === true ? content : str(error?.message) ?? content,
    refused: code === "denied" || code === "rejected",
    data: ownRecord(item, content),
  };
}

/** The exit code of a shell command; older versions have it only among their telemetry. */
function exitCode(item: Json): number | undefined {
  return num(record(item.shellExecution)?.exitCode) ??
    num(record(record(item.toolTelemetry)?.metrics)?.exit_code);
}

function ownRecord(item: Json, content: string): Json | null {
  const data: Json = {};
  for (const [key, value] of Object.entries(item)) if (!OMIT.has(key)) data[key] = value;
  for (const [key, value] of Object.entries(record(item.result) ?? {})) {
    if (key !== "content" && value !== content) data[key] = value;
  }
  return Object.keys(data).length === 0 ? null : data;
}
