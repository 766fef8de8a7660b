/** How a permission policy is kept with the mock agent: it asks about every call of a tool. */
import { toolKind } from "../../events/tool_kinds.ts";
import type { PermissionKind, ToolSubject } from "../policy.ts";
import type { ToolAnswer, ToolQuestion } from "../parser.ts";
import { record, str } from "../json.ts";
import type { AnswerLine } from "./protocol.ts";

/** The line that answers. */
export function answerLine({ id }: ToolQuestion, { action, reason }: ToolAnswer): string {
  const line: AnswerLine = {
    type: "answer",
    id,
    allow: action === "allow",
    ...(reason === undefined ? {} : { reason }),
  };
  return JSON.stringify(line);
}

const KINDS: Readonly<Record<string, PermissionKind>> = {
  shell: "shell",
  file_read: "read",
  search: "read",
  file_write: "write",
  file_edit: "write",
  notebook: "write",
  web: "network",
};

/** What a call is about, by the tool's name and the usual fields of its input. */
export function mockSubject(name: string, input: unknown): ToolSubject {
  const tool = toolKind(name);
  const kind = KINDS[tool] ?? "other";
  const { command, path, file_path, url } = record(input) ?? {};
  const searches = tool === "search";
  const file = str(path) ?? str(file_path) ?? (searches ? "." : undefined);
  switch (kind) {
    case "shell":
      return { kind, ...(str(command) === undefined ? {} : { text: str(command)! }) };
    case "network":
      return { kind, ...(str(url) === undefined ? {} : { text: str(url)! }) };
    case "read":
    case "write":
      return { kind, paths: file === undefined ? [] : [file], searches };
    case "other":
      return { kind, text: name };
  }
}
