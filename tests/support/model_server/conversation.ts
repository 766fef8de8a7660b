/**
 * One view of a conversation, whichever protocol brought it: who spoke, and what counts as the
 * prompt. Tool results, system texts and the contexts that agents inject are no prompt.
 *
 * @module
 */

import { type Json, list, record, str } from "../../../src/providers/json.ts";
import { hasScript } from "./script.ts";

/** What one side said. The text of a model message is not needed and left empty. */
export interface Message {
  readonly role: "user" | "model";
  readonly text: string;
}

/** The messages of an Anthropic Messages or OpenAI Chat Completions request. */
export function readMessages(body: Json): Message[] {
  return list(body.messages).flatMap((value): Message[] => {
    const message = record(value);
    if (message?.role === "assistant") return [{ role: "model", text: "" }];
    if (message?.role === "user") return [{ role: "user", text: promptText(message.content) }];
    return [];
  });
}

/** The messages of an OpenAI Responses request. */
export function readInput(body: Json): Message[] {
  if (typeof body.input === "string") return [{ role: "user", text: body.input }];
  const messages: Message[] = [];
  let inAnswer = false;
  for (const value of list(body.input)) {
    const item = record(value) ?? {};
    if (item.type === "reasoning") continue;
    // One answer of the model is several items here: text and each of its calls.
    const ofModel = item.role === "assistant" || /_call$/.test(str(item.type) ?? "");
    if (ofModel && !inAnswer) messages.push({ role: "model", text: "" });
    if (item.role === "user") messages.push({ role: "user", text: promptText(item.content) });
    inAnswer = ofModel;
  }
  return messages;
}

/** The messages of a Gemini request. */
export function readContents(body: Json): Message[] {
  return list(body.contents).map((value) => {
    const content = record(value) ?? {};
    if (content.role === "model") return { role: "model", text: "" };
    return { role: "user", text: promptText(content.parts) };
  });
}

/** The text that scripts this request, and how many answers the model has given since. */
export function locateScript(messages: readonly Message[]): { text: string; step: number } {
  const users = (text: (text: string) => boolean) =>
    messages.findLastIndex((message) => message.role === "user" && text(message.text));
  // Notes that an agent sends as messages of their own must not hide the script; they count as the
  // prompt only when there is no other.
  const prompt = users(isPrompt);
  const at = prompt >= 0 ? prompt : users((text) => text.trim() !== "");
  const step = messages.slice(at + 1).filter((message) => message.role === "model").length;
  return { text: messages[at]?.text ?? "", step };
}

/** A text without the tagged blocks that agents wrap around a prompt. */
export function visibleText(text: string): string {
  return text.replace(/^[ \t]*<([\w-]+)(?:\s[^>]*)?>[\s\S]*?<\/\1>[ \t]*$/gm, "").trim();
}

/** Whether a person wrote this, as far as can be told: agents wrap or mark what they inject. */
function isPrompt(text: string): boolean {
  if (hasScript(text)) return true;
  return visibleText(text) !== "" && !/^\s*(\[SYSTEM\b|System:)/.test(text);
}

/**
 * Of a message in several parts the last one that a person wrote: contexts stand beside it, and
 * earlier prompts stand before it when they were never answered.
 */
function promptText(content: unknown): string {
  if (typeof content === "string") return content;
  const texts = list(content).flatMap((part) => str(record(part)?.text) ?? []);
  return texts.findLast(isPrompt) ?? texts.at(-1) ?? "";
}
