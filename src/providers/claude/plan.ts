/**
 * How `claude` is started. Every value goes in the `--flag=value` form: several of the CLI's flags
 * are variadic and would otherwise swallow what follows, and a value may begin with a dash.
 */
import { join } from "node:path";
import type { LaunchPlan, PlanFile, PlanRequest } from "../launch_plan.ts";
import { isOlder } from "../version.ts";
import { ASKING } from "./permissions.ts";

const STDOUT = { "events": "events", "native-json": "document", "text": "raw" } as const;

/**
 * What a surrounding session sets for its tools and is not meant for a session of its own: with
 * these the CLI refuses to start, keeps no transcript, or talks to the other session's socket.
 */
const SURROUNDING_SESSION = {
  CLAUDECODE: undefined,
  CLAUDE_CODE_CHILD_SESSION: undefined,
  CLAUDE_CODE_CHILD_NOTES_DIR: undefined,
  CLAUDE_CODE_ENTRYPOINT: undefined,
  CLAUDE_CODE_LAUNCHED_BY_SESSION_IDS: undefined,
  CLAUDE_CODE_MESSAGING_SOCKET: undefined,
  CLAUDE_CODE_MESSAGING_TOKEN: undefined,
  CLAUDE_CODE_SESSION_ATTENDED: undefined,
  CLAUDE_CODE_SESSION_ID: undefined,
  CLAUDE_PID: undefined,
};

/**
 * From here on the CLI can keep the system prompt of a session's first request and send it again
 * whatever a resume brings along, unless it is told not to. Older ones do not know the flag.
 */
const KEEPS_SYSTEM_PROMPT = "2.1.257";

/** Whether the flags depend on the version: only where a resumed session gets a system prompt. */
export function dependsOnVersion(request: Omit<PlanRequest, "version">): boolean {
  return request.resume !== undefined && request.systemPrompt !== undefined;
}

/** What it asks once before it skips permissions: nobody would see the question. */
const ACCEPTED = JSON.stringify({ skipDangerousModePermissionPrompt: true });

/** Describes the process that answers a request. */
export function planClaude(request: PlanRequest): LaunchPlan {
  const files: PlanFile[] = [];
  const args = request.mode === "exec" ? printArgs(request) : [];
  if (request.permissions) args.push(...ASKING);
  args.push(
    request.resume === undefined
      ? `--session-id=${request.sessionId}`
      : `--resume=${request.resume}`,
  );
  if (request.model !== undefined) args.push(`--model=${request.model}`);
  if (request.autoApprove) args.push("--dangerously-skip-permissions");
  if (request.systemPrompt !== undefined) {
    const path = join(request.tempDir, "system_prompt.md");
    files.push({ path, content: request.systemPrompt });
    args.push(`--append-system-prompt-file=${path}`);
    const { version } = request;
    if (request.resume !== undefined && version && !isOlder(version, KEEPS_SYSTEM_PROMPT)) {
      args.push("--system-prompt-snapshot=off");
    }
  }
  for (const dir of request.addDirs) args.push(`--add-dir=${dir}`);
  if (request.maxTurns !== undefined) args.push(`--max-turns=${request.maxTurns}`);
  if (request.maxCostUsd !== undefined) {
    args.push(`--max-budget-usd=${decimal(request.maxCostUsd)}`);
  }
  if (request.mcpConfig !== undefined) {
    // Servers carry tokens, and anyone can read an argument list.
    const path = join(request.tempDir, "mcp.json");
    files.push({ path, content: request.mcpConfig });
    args.push(`--mcp-config=${path}`);
  }
  if (request.jsonSchema !== undefined) {
    args.push(`--json-schema=${JSON.stringify(request.jsonSchema)}`);
  }
  if (request.unattended) args.push(`--settings=${ACCEPTED}`);
  const interactive = request.mode === "interactive";
  if (interactive && request.prompt !== undefined) args.push("--", request.prompt);
  return {
    program: "claude",
    args,
    env: {
      DISABLE_AUTOUPDATER: "1",
      ...SURROUNDING_SESSION,
      ...(request.isRoot && request.autoApprove ? { IS_SANDBOX: "1" } : {}),
      // Else it asks whether the directory can be trusted.
      ...(request.unattended ? { CLAUDE_CODE_SANDBOXED: "1" } : {}),
    },
    cwd: request.cwd,
    stdin: interactive
      ? "inherit"
      : request.streamInput || request.permissions
      ? "stream"
      : { text: request.prompt ?? "" },
    stdout: interactive ? "inherit" : STDOUT[request.output],
    files,
  };
}

/** Without an exponent, and without digits that say nothing. */
function decimal(value: number): string {
  return value.toFixed(10).replace(/\.?0+$/, "");
}

function printArgs(request: PlanRequest): string[] {
  const args = ["-p"];
  if (request.output === "text") args.push("--output-format=text");
  else if (request.output === "native-json") args.push("--output-format=json", "--verbose");
  else args.push("--output-format=stream-json", "--verbose");
  if (request.streamInput || request.permissions) args.push("--input-format=stream-json");
  if (request.replayUserMessages) args.push("--replay-user-messages");
  if (request.partialMessages && request.output === "events") {
    args.push("--include-partial-messages");
  }
  return args;
}
