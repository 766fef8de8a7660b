/** Pieces of Anthropic requests for the tables of refusals; valid unless changed. */

export const KEY = { "x-api-key": "k" };
export const VERSION = { "anthropic-version": "2023-06-01" };
export const BETA = { ...KEY, ...VERSION, "anthropic-beta": "some-beta-2026-01-01" };

export const HELLO = { role: "user", content: "hello" };
export const CACHED = { type: "text", text: "x", cache_control: { type: "ephemeral" } };

export function body(change: Record<string, unknown> = {}): Record<string, unknown> {
  return { model: "m", max_tokens: 100, messages: [HELLO], ...change };
}

export function without(field: string): Record<string, unknown> {
  const { [field]: _left, ...rest } = body();
  return rest;
}

export function said(...messages: unknown[]): Record<string, unknown> {
  return body({ messages });
}

export function user(...content: unknown[]) {
  return { role: "user", content };
}

export function model(...content: unknown[]) {
  return { role: "assistant", content };
}

export function use(id: string, change: Record<string, unknown> = {}) {
  return { type: "tool_use", id, name: "Bash", input: {}, ...change };
}

export function result(id: string, change: Record<string, unknown> = {}) {
  return { type: "tool_result", tool_use_id: id, content: "ok", ...change };
}

export function text(text: string) {
  return { type: "text", text };
}

export function tool(change: Record<string, unknown> = {}) {
  return { name: "Bash", input_schema: { type: "object" }, ...change };
}

export function tools(...tools: unknown[]): Record<string, unknown> {
  return body({ tools });
}

export function output(schema: unknown): Record<string, unknown> {
  return body({ output_config: { format: { type: "json_schema", schema } } });
}
