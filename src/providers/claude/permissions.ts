/**
 * How a permission policy is kept with `claude`. Its stream of messages has zag called before every tool
 * that is used, by the main agent and by the others, whatever the person's own settings allow; what
 * they deny stays denied. Where somebody has to be asked the CLI is told to ask, and then it waits for as
 * long as that takes.
 */
import type { PermissionKind, ToolSubject } from "../policy.ts";
import type { ToolAnswer, ToolQuestion } from "../parser.ts";
import { type Json, record, str } from "../json.ts";

/** The flags. What the settings say of the mode does not count, and the agent's questions have no reader. */
export const ASKING: readonly string[] = [
  "--permission-mode=default",
  "--permission-prompt-tool=stdio",
  "--disallowedTools=AskUserQuestion",
];

const HOOK = "zag";
/** zag answers at once, unless it is suspended: then the tool must not be used without it. */
const WEEK_S = 7 * 24 * 3600;

/** Registers the hook; the first line. */
export function guardLine(): string {
  return JSON.stringify({
    type: "control_request",
    request_id: "zag-permissions",
    request: {
      subtype: "initialize",
      hooks: { PreToolUse: [{ matcher: null, hookCallbackIds: [HOOK], timeout: WEEK_S }] },
    },
  });
}

/** The stop of a turn, which changes nothing of what is allowed. */
export function isInterrupt(message: Readonly<Record<string, unknown>>): boolean {
  return record(message.request)?.subtype === "interrupt";
}

/** What the CLI asks; undefined for what is no question. */
export function readQuestion(item: Json): ToolQuestion | undefined {
  const id = str(item.request_id);
  const request = record(item.request);
  if (id === undefined || !request) return undefined;
  const asked = request.subtype === "hook_callback" ? record(request.input) : undefined;
  if (asked && request.callback_id === HOOK) {
    const toolName = str(asked.tool_name) ?? "unknown";
    return { id, stage: "first", toolName, input: asked.tool_input ?? null };
  }
  if (request.subtype === "can_use_tool") {
    const toolName = str(request.tool_name) ?? "unknown";
    return { id, stage: "final", toolName, input: request.input ?? null };
  }
  return { id, stage: "unknown", toolName: str(request.subtype) ?? "unknown", input: null };
}

/** The line that answers. */
export function answerLine(question: ToolQuestion, answer: ToolAnswer): string {
  const { id: request_id } = question;
  const respond = (response: Json) => JSON.stringify({ type: "control_response", response });
  if (question.stage === "unknown") {
    const error = `Nobody is there to answer ${question.toolName}`;
    return respond({ subtype: "error", request_id, error });
  }
  const response = question.stage === "first" ? hookOutput(answer) : verdict(question, answer);
  return respond({ subtype: "success", request_id, response });
}

function hookOutput({ action, reason }: ToolAnswer): Json {
  return {
    hookSpecificOutput: {
      hookEventName: "PreToolUse",
      permissionDecision: action,
      permissionDecisionReason: reason ?? "The permission policy of this session",
    },
  };
}

function verdict({ input }: ToolQuestion, { action, reason }: ToolAnswer): Json {
  if (action === "allow") return { behavior: "allow", updatedInput: record(input) ?? {} };
  return { behavior: "deny", message: reason || "It was not allowed" };
}

/**
 * By the tool's name: its kind, and the field of its input that says what it is about. The words of a
 * search in the web do not say which hosts it asks.
 */
const TOOLS: Readonly<Record<string, readonly [PermissionKind, string]>> = {
  Bash: ["shell", "command"],
  PowerShell: ["shell", "command"],
  Monitor: ["shell", "command"],
  Read: ["read", "file_path"],
  NotebookRead: ["read", "notebook_path"],
  LS: ["read", "path"],
  Grep: ["read", "path"],
  Glob: ["read", "path"],
  LSP: ["read", "filePath"],
  Write: ["write", "file_path"],
  Edit: ["write", "file_path"],
  MultiEdit: ["write", "file_path"],
  NotebookEdit: ["write", "notebook_path"],
  WebFetch: ["network", "url"],
  WebSearch: ["network", ""],
};

const POWER_SHELL = "PowerShell";

const SEARCHES: readonly string[] = ["LS", "Grep", "Glob"];

/** How the answer is handed over that has to match a schema. */
const ANSWER_TOOL = "StructuredOutput";

/** What a call is about; undefined for the one by which the answer itself is handed over. */
export function claudeSubject(name: string, input: unknown): ToolSubject | undefined {
  if (name === ANSWER_TOOL) return undefined;
  const [kind, field] = Object.hasOwn(TOOLS, name) ? TOOLS[name]! : ["other", ""] as const;
  if (kind === "other") return { kind, text: name };
  const value = str(record(input)?.[field]);
  if (kind !== "read" && kind !== "write") {
    const dialect = name === POWER_SHELL ? { dialect: "powershell" as const } : {};
    return { kind, ...dialect, ...(value === undefined ? {} : { text: value }) };
  }
  const searches = SEARCHES.includes(name);
  const glob = name === "Glob" ? str(record(input)?.pattern) : undefined;
  // Such a pattern leaves the directory in which it starts.
  if (glob !== undefined && /(?:^|[{,])\s*(?:[/\\~]|[A-Za-z]:)|\.\./.test(glob)) {
    return { kind, paths: ["/"], searches };
  }
  // A search that names no directory is one of all that is below the agent's.
  return { kind, paths: value === undefined ? (searches ? ["."] : []) : [value], searches };
}
