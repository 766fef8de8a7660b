/** One line about a tool call: what it is about to do, for a person who watches. */
import { oneLine } from "./text.ts";

/** The first of these that holds a string says what a call is about. */
const KEYS = ["command", "file_path", "path", "pattern", "query", "url", "script", "content"];

/** `: what` or ` (input)`, to stand behind the tool's name; empty when there is nothing to say. */
export function toolSummary(input: unknown): string {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return "";
  const fields = input as Record<string, unknown>;
  const key = KEYS.find((name) => typeof fields[name] === "string");
  if (key === undefined) {
    const json = JSON.stringify(input);
    return json === "{}" ? "" : ` (${oneLine(json, 80)})`;
  }
  const value = fields[key] as string;
  const shown = key === "path" || key === "file_path" ? shortPath(value) : oneLine(value, 80);
  const why = typeof fields.description === "string" ? ` — ${oneLine(fields.description, 60)}` : "";
  return `: ${shown}${why}`;
}

function shortPath(path: string): string {
  const parts = path.split("/");
  return parts.length > 3 ? `.../${parts.slice(-3).join("/")}` : path;
}
