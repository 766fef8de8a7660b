/** What a selector said, however it put it. */
import { firstJson } from "../json/find_json.ts";
import { record } from "../providers/json.ts";

/** A choice, not checked against anything. Its texts are short lines without control characters. */
export interface SelectorAnswer {
  provider?: string;
  model?: string;
  reason?: string;
  /** It wants to choose nobody. */
  declined?: true;
}

/** Characters of a text. */
const LIMIT = 200;

/**
 * Reads an answer: a JSON object anywhere in it, else a first line `PROVIDER [MODEL]`. Undefined when
 * it is neither.
 *
 * @param fixed The provider, where only its model is chosen: then the line may be `MODEL` alone.
 */
export function readSelection(text: string, fixed?: string): SelectorAnswer | undefined {
  const found = record(firstJson(text)?.value);
  return found ? readObject(found, fixed !== undefined) : readLine(text, fixed);
}

function readObject(
  { provider, model, reason, declined }: Readonly<Record<string, unknown>>,
  isFixed: boolean,
): SelectorAnswer | undefined {
  const named = isFixed ? model : provider;
  if (declined !== true && !isText(named)) return undefined;
  return {
    ...(isText(provider) ? { provider: plain(provider) } : {}),
    ...(isText(model) ? { model: plain(model) } : {}),
    ...(isText(reason) ? { reason: plain(reason) } : {}),
    ...(declined === true ? { declined } : {}),
  };
}

function readLine(text: string, fixed: string | undefined): SelectorAnswer | undefined {
  const line = text.trim().split("\n", 1)[0]!.replace(/[`*"']/g, "").trim();
  const match = /^([a-z][a-z0-9_-]*)(?:\s+([a-z0-9][\w.:/-]*))?$/i.exec(line);
  if (fixed !== undefined) {
    const [, first, second] = match ?? [];
    const model = first?.toLowerCase() === fixed ? second : second === undefined ? line : undefined;
    return isText(model) && !/\s/.test(model) ? { model } : undefined;
  }
  const [, provider, model] = match ?? [];
  if (provider === undefined) return undefined;
  return { provider, ...(model === undefined ? {} : { model }) };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}

/** It is shown on a terminal, and whoever wrote it is not to be trusted with that. */
function plain(text: string): string {
  // deno-lint-ignore no-control-regex
  const line = text.replace(/[\s\x00-\x1f\x7f-\x9f]+/g, " ").trim();
  const characters = [...line.slice(0, LIMIT * 4)];
  return characters.length > LIMIT
    ? characters.slice(0, LIMIT - 1).join("") + "…"
    : characters.join("");
}
