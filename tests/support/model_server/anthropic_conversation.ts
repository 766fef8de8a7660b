/** What Anthropic demands of the messages: roles, blocks with content, calls paired with results. */

import { type Json, list, record, str } from "../../../src/providers/json.ts";
import { checkText, invalid, need } from "./anthropic_fields.ts";

/** A block and where it stands, for the message of a refusal. */
interface Placed {
  readonly block: Json;
  readonly path: string;
}

/** Messages of one side that follow each other: the API reads them as one. */
interface Turn {
  readonly role: unknown;
  readonly blocks: Placed[];
  /** Index of the last message of the turn. */
  last: number;
}

/**
 * Throws a `Refusal` for messages that the API does not accept.
 *
 * @param beta whether a beta is on, under which system messages may stand among the others
 */
export function checkAnthropicMessages(messages: readonly unknown[], beta: boolean): void {
  if (messages.length === 0) throw invalid("messages: at least one message is required");
  const turns: Turn[] = [];
  for (const [index, value] of messages.entries()) {
    const message = record(value) ?? {};
    need(message.role, `messages.${index}.role`, "string");
    if (message.role === "system" && beta) continue;
    if (message.role !== "user" && message.role !== "assistant") {
      throw invalid(`messages.${index}.role: Input should be 'user' or 'assistant'`);
    }
    checkContent(message, index, index === messages.length - 1);
    const blocks = list(message.content).map((block, at): Placed => ({
      block: record(block) ?? {},
      path: `messages.${index}.content.${at}`,
    }));
    if (typeof message.content === "string") blocks.push({ block: { type: "text" }, path: "" });
    const turn = turns.at(-1);
    if (turn?.role === message.role) {
      turn.blocks.push(...blocks);
      turn.last = index;
    } else turns.push({ role: message.role, blocks, last: index });
  }
  if (turns[0]?.role !== "user") {
    throw invalid('messages: first message must use the "user" role');
  }
  checkPairs(turns);
}

function checkContent(message: Json, index: number, final: boolean): void {
  const { role, content } = message;
  const path = `messages.${index}`;
  if (content === undefined) throw invalid(`${path}.content: Field required`);
  if (typeof content !== "string" && !Array.isArray(content)) {
    throw invalid(`${path}.content: Input should be a valid list`);
  }
  if (content.length === 0) {
    if (role === "user") throw invalid(`${path}: user messages must have non-empty content`);
    if (final) return;
    throw invalid(
      `${path}: all messages must have non-empty content except for the optional final assistant message`,
    );
  }
  if (typeof content === "string") return checkText(content, "messages");
  for (const [at, value] of content.entries()) {
    const block = record(value) ?? {};
    need(block.type, `${path}.content.${at}.type`, "string");
    checkBlock(block, role, `${path}.content.${at}`, index);
  }
}

function checkBlock(block: Json, role: unknown, path: string, index: number): void {
  switch (block.type) {
    case "text":
      need(block.text, `${path}.text.text`, "string");
      return checkText(block.text, "messages");
    case "thinking":
      return need(block.signature, `${path}.thinking.signature`, "string");
    case "tool_use":
      if (role !== "assistant") {
        throw invalid(
          `messages.${index}: \`tool_use\` blocks can only be in \`assistant\` messages`,
        );
      }
      need(block.id, `${path}.tool_use.id`, "string");
      if (!/^[a-zA-Z0-9_-]+$/.test(String(block.id))) {
        throw invalid(`${path}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
      }
      need(block.name, `${path}.tool_use.name`, "string");
      return need(block.input, `${path}.tool_use.input`, "dictionary");
    case "tool_result":
      if (role !== "user") {
        throw invalid(
          `messages.${index}: \`tool_result\` blocks can only be in \`user\` messages`,
        );
      }
      need(block.tool_use_id, `${path}.tool_result.tool_use_id`, "string");
      if (block.is_error === true && isEmpty(block.content)) {
        throw invalid(
          `${path}.tool_result: content cannot be empty if \`is_error\` is true`,
        );
      }
  }
}

function isEmpty(content: unknown): boolean {
  return content === undefined || content === "" || (Array.isArray(content) && !content.length);
}

function checkPairs(turns: readonly Turn[]): void {
  const seen = new Set<string>();
  for (const [at, turn] of turns.entries()) {
    const previous = turns[at - 1];
    if (turn.role === "user") checkResults(turn, callIds(previous));
    for (const { block, path } of turn.role === "assistant" ? turn.blocks : []) {
      if (block.type !== "tool_use") continue;
      const id = str(block.id) ?? "";
      if (seen.has(id)) throw invalid(`${path}: \`tool_use\` ids must be unique`);
      seen.add(id);
    }
    if (turn.role === "assistant") checkAnswered(turn, turns[at + 1]);
  }
}

function callIds(turn: Turn | undefined): string[] {
  return (turn?.blocks ?? []).filter(({ block }) => block.type === "tool_use")
    .map(({ block }) => str(block.id) ?? "");
}

function checkResults(turn: Turn, called: readonly string[]): void {
  const answered = new Set<string>();
  for (const { block, path } of turn.blocks) {
    if (block.type !== "tool_result") continue;
    const id = str(block.tool_use_id) ?? "";
    if (!called.includes(id)) {
      throw invalid(
        `${path}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each ` +
          "`tool_result` block must have a corresponding `tool_use` block in the previous message.",
      );
    }
    if (answered.has(id)) {
      throw invalid(
        `${path}: each tool_use must have a single result. Found multiple \`tool_result\` ` +
          `blocks with id: ${id}`,
      );
    }
    answered.add(id);
  }
}

function checkAnswered(turn: Turn, next: Turn | undefined): void {
  // Results count only as long as nothing else stands before them.
  const blocks = next?.blocks ?? [];
  const other = blocks.findIndex(({ block }) => block.type !== "tool_result");
  const leading = other < 0 ? blocks : blocks.slice(0, other);
  const answered = leading.map(({ block }) => block.tool_use_id);
  const open = callIds(turn).filter((id) => !answered.includes(id));
  if (open.length === 0) return;
  throw invalid(
    `messages.${turn.last}: \`tool_use\` ids were found without \`tool_result\` blocks ` +
      `immediately after: ${open.join(", ")}. Each \`tool_use\` block must have a corresponding ` +
      "`tool_result` block in the next message.",
  );
}
