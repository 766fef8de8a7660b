/** What the CLI's own tools do, where their names do not say it. */
import type { ToolKind } from "../../events/tool_kinds.ts";

/** Kinds by name. */
export const GEMINI_TOOLS: Readonly<Record<string, ToolKind>> = {
  replace: "file_edit",
  list_directory: "search",
  list_background_processes: "shell",
  read_background_output: "shell",
  write_todos: "other",
  read_mcp_resource: "other",
  codebase_investigator: "sub_agent",
};
