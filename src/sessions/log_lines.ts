/** How what an agent says reads in the session log. */
import type { ContentBlock, Event, TextBlock } from "../events/event.ts";
import { textOf } from "../events/event.ts";
import type { LogKind } from "../events/log_event.ts";
import { type ToolKind, toolKind } from "../events/tool_kinds.ts";

/**
 * The log lines of an event, in order. Deltas and empty texts give none. Text blocks that follow
 * each other are one message, so that the last message of a session is its whole last text.
 *
 * @param kindOf What a tool does. @default inferred from its name
 */
export function toLogKinds(
  event: Event,
  kindOf: (name: string) => ToolKind = toolKind,
): LogKind[] {
  switch (event.type) {
    case "assistant_message":
      return fromAssistant(event.content, event.parent_tool_use_id, kindOf);
    case "tool_execution":
      return [{
        type: "tool_result",
        tool_name: event.tool_name,
        tool_kind: kindOf(event.tool_name),
        tool_id: event.tool_id,
        success: event.result.success,
        output: event.result.output,
        error: event.result.error,
        data: event.result.data ?? null,
      }];
    case "reasoning":
      return event.content === ""
        ? []
        : [{ type: "reasoning", content: event.content, message_id: null }];
    case "user_message": {
      const content = textOf(event.content);
      return content === ""
        ? []
        : [{ type: "user_message", role: "user", content, message_id: null }];
    }
    case "turn_complete": {
      const { stop_reason, turn_index, usage } = event;
      return [status(`Turn ${turn_index + 1} complete`, { stop_reason, turn_index, usage })];
    }
    case "result": {
      const { success, message, duration_ms, num_turns } = event;
      return [status(message ?? "Result emitted", { success, duration_ms, num_turns })];
    }
    case "init": {
      const { model, working_directory, metadata } = event;
      return [status(`Initialized ${model}`, { working_directory, metadata })];
    }
    case "error":
      return [status(event.message, event.details ?? null)];
    case "permission_request": {
      const { tool_name, description, granted } = event;
      return [{ type: "permission", tool_name, description, granted }];
    }
    case "permission_question": {
      const { id, tool_name, description, input } = event;
      const tool_kind = kindOf(tool_name);
      return [{ type: "permission_question", id, tool_name, tool_kind, description, input }];
    }
    case "permission_answer": {
      const { id, tool_name, granted, by, reason } = event;
      return [{ type: "permission_answer", id, tool_name, granted, by, reason }];
    }
    case "usage_limit_detected":
      return [{
        type: "usage_limit_hit",
        scope: event.scope,
        ...(event.reset_at === undefined ? {} : { reset_at: event.reset_at }),
        fallback_used: false,
        incident_id: crypto.randomUUID(),
        ...(event.raw === undefined ? {} : { raw: event.raw }),
      }];
    case "assistant_delta":
      return [];
  }
}

function fromAssistant(
  content: readonly ContentBlock[],
  parent: string | undefined,
  kindOf: (name: string) => ToolKind,
): LogKind[] {
  const only = content[0];
  if (content.length === 1 && only?.type === "text" && only.text !== "") {
    return [message(only.text, parent)];
  }
  const kinds: LogKind[] = [];
  let texts: TextBlock[] = [];
  const endMessage = () => {
    const text = textOf(texts);
    if (text !== "") kinds.push(message(text, parent));
    texts = [];
  };
  for (const block of content) {
    if (block.type === "text") {
      texts.push(block);
      continue;
    }
    endMessage();
    kinds.push({
      type: "tool_call",
      tool_name: block.name,
      tool_kind: kindOf(block.name),
      tool_id: block.id,
      input: block.input ?? null,
    });
  }
  endMessage();
  return kinds;
}

function message(content: string, parent: string | undefined): LogKind {
  const kind = { type: "assistant_message", content, message_id: null } as const;
  return parent === undefined ? kind : { ...kind, parent_tool_use_id: parent };
}

function status(message: string, data: unknown): LogKind {
  return { type: "provider_status", message, data };
}
