/** What Codex did, from the items of its output, as calls of tools. */
import type { ToolResult } from "../../events/event.ts";
import type { ToolKind } from "../../events/tool_kinds.ts";
import { type Json, list, record, str } from "../json.ts";

/** Tools whose name says less than what they do. */
export const TOOL_KINDS: Readonly<Record<string, ToolKind>> = {
  command_execution: "shell",
  exec_command: "shell",
  write_stdin: "shell",
  file_change: "file_edit",
  view_image: "file_read",
  send_input: "sub_agent",
  wait: "sub_agent",
};

/** An item that stands for a call of a tool. */
export interface ToolItem {
  readonly name: string;
  readonly input: unknown;
  /** How the call ended; to be believed only of an item that is complete. */
  readonly result: ToolResult;
  /** Codex was not allowed to, and could not ask. */
  readonly refused: boolean;
}

/** Reads an item of `codex exec --json`; undefined for one that is no call of a tool. */
export function readToolItem(item: Json): ToolItem | undefined {
  const failed = item.status === "failed" || item.status === "declined";
  switch (item.type) {
    case "command_execution": {
      const { command, aggregated_output, exit_code, status } = item;
      return {
        name: "command_execution",
        input: { command },
        result: resultOf(!failed, str(aggregated_output), exitOf(exit_code), {
          exit_code,
          status,
        }),
        refused: status === "declined",
      };
    }
    case "file_change": {
      const changes = list(item.changes).map((change) => record(change) ?? {});
      const lines = changes.map(({ kind, path }) => `${kind} ${path}`).join("\n");
      return {
        name: "file_change",
        input: { changes: item.changes },
        result: resultOf(!failed, failed ? str(item.stderr) : lines, "the files were not changed", {
          status: item.status,
        }),
        refused: item.status === "declined",
      };
    }
    case "mcp_tool_call": {
      const message = str(record(item.error)?.message);
      const said = list(record(item.result)?.content).map((part) => str(record(part)?.text))
        .filter((text) => text !== undefined).join("\n");
      return {
        name: `mcp__${item.server}__${item.tool}`,
        input: item.arguments ?? null,
        result: resultOf(
          !failed && message === undefined,
          message ?? said,
          "",
          item.result ?? null,
        ),
        refused: message !== undefined && /\brequires approval\b/.test(message),
      };
    }
    case "web_search":
      return {
        name: "web_search",
        input: { query: item.query, action: item.action },
        result: resultOf(true, "", "", null),
        refused: false,
      };
    case "collab_tool_call": {
      const { tool, prompt, receiver_thread_ids, agents_states } = item;
      const states = Object.entries(record(agents_states) ?? {}).map(([id, value]) => {
        const { status, message } = record(value) ?? {};
        return `${id}: ${str(message) ?? str(status) ?? "unknown"}`;
      });
      return {
        name: str(tool) ?? "collab_tool_call",
        input: { prompt, receiver_thread_ids },
        result: resultOf(!failed, states.join("\n"), "", agents_states ?? null),
        refused: false,
      };
    }
    case "todo_list": {
      const steps = list(item.items).map((step) => record(step) ?? {});
      const lines = steps.map(({ text, completed }) => `[${completed ? "x" : " "}] ${text}`);
      return {
        name: "todo_list",
        input: { items: item.items },
        result: resultOf(true, lines.join("\n"), "", null),
        refused: false,
      };
    }
  }
  return undefined;
}

function exitOf(code: unknown): string {
  return typeof code === "number" ? `exit code ${code}` : "";
}

/** @param otherwise What went wrong, where nothing was said. */
function resultOf(
  success: boolean,
  said: string | undefined,
  otherwise: string,
  data: unknown,
): ToolResult {
  return success
    ? { success, output: said ?? "", error: null, data }
    : { success, output: null, error: said || otherwise || "failed", data };
}
