/** The checks of single fields that all checks of Anthropic requests share. */

import { record } from "../../../src/providers/json.ts";
import { Refusal } from "./refusal.ts";

/** A 400 of the usual kind. */
export function invalid(message: string): Refusal {
  return new Refusal(400, "invalid_request_error", message);
}

/** Throws unless the value is there and of that type; `path` names it in the message. */
export function need(
  value: unknown,
  path: string,
  type: "string" | "integer" | "list" | "dictionary",
): void {
  if (value === undefined) throw invalid(`${path}: Field required`);
  const fits = {
    string: typeof value === "string",
    integer: Number.isInteger(value),
    list: Array.isArray(value),
    dictionary: record(value) !== undefined,
  };
  if (!fits[type]) throw invalid(`${path}: Input should be a valid ${type}`);
}

/** Throws for a text block without text. */
export function checkText(text: unknown, owner: string): void {
  if (text === "") throw invalid(`${owner}: text content blocks must be non-empty`);
  if (typeof text === "string" && text.trim() === "") {
    throw invalid(`${owner}: text content blocks must contain non-whitespace text`);
  }
}
