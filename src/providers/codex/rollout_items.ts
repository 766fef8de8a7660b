/** The items in Codex's session files, which have other shapes than those of its output. */
import { type Json, list, record, str } from "../json.ts";
import { readToolItem, type ToolItem } from "./tools.ts";

/** Reads an item of a session file; undefined for one that is no call of a tool. */
export function readRolloutItem(item: Json): ToolItem | undefined {
  switch (item.type) {
    case "CommandExecution":
      return readToolItem({
        ...item,
        type: "command_execution",
        command: list(item.command).map((word) => quoted(str(word) ?? "")).join(" "),
      });
    case "FileChange": {
      const changes = Object.entries(record(item.changes) ?? {}).map(([path, change]) => ({
        path,
        kind: record(change)?.type,
      }));
      return readToolItem({ ...item, type: "file_change", changes });
    }
    case "McpToolCall":
      return readToolItem({ ...item, type: "mcp_tool_call" });
    case "WebSearch":
      return readToolItem({ ...item, type: "web_search" });
    case "CollabAgentToolCall":
      return readToolItem({ ...item, type: "collab_tool_call" });
  }
  return undefined;
}

/** A word as a shell would have to be given it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
