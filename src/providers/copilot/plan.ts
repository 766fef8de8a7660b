/** How `copilot` is started. The prompt of a non-interactive session goes to stdin. */
import { basename, join } from "node:path";
import type { LaunchPlan, PlanFile, PlanRequest } from "../launch_plan.ts";
import { copilotPermissions } from "./permissions.ts";

/** What a surrounding session sets for its tools and is not meant for a session of its own. */
const SURROUNDING_SESSION = {
  COPILOT_AGENT_SESSION_ID: undefined,
  COPILOT_CLI: undefined,
  COPILOT_CLI_BINARY_VERSION: undefined,
  COPILOT_CLI_RESOLVED_DIST_DIR: undefined,
  COPILOT_LOADER_PID: undefined,
};

/** Names directories, separated by commas, in which Copilot looks for instructions. */
const INSTRUCTIONS = "COPILOT_CUSTOM_INSTRUCTIONS_DIRS";

/** Name of our own directory among them. */
const OWN_INSTRUCTIONS = "zag_instructions";

/** Describes the process that answers a request. */
export function planCopilot(request: PlanRequest): LaunchPlan {
  const files: PlanFile[] = [];
  const exec = request.mode === "exec";
  const report = exec && request.output === "events"
    ? join(request.tempDir, "usage.json")
    : undefined;
  const args = exec ? promptArgs(report) : [];
  if (request.resume === undefined) args.push(`--session-id=${request.sessionId}`);
  // Left to itself it goes to the directory in which the session was last.
  else args.push(`--resume=${request.resume}`, "-C", request.cwd);
  if (request.model !== undefined) args.push(`--model=${request.model}`);
  if (request.autoApprove) args.push("--allow-all");
  if (request.permissions) args.push(...copilotPermissions(request.permissions, request.cwd));
  for (const dir of request.addDirs) args.push(`--add-dir=${dir}`);
  if (request.mcpConfig !== undefined) {
    // Servers carry tokens, and anyone can read an argument list.
    const path = join(request.tempDir, "mcp.json");
    files.push({ path, content: request.mcpConfig });
    args.push(`--additional-mcp-config=@${path}`);
  }
  if (!exec && request.prompt !== undefined) args.push(`--interactive=${request.prompt}`);
  const dirs = instructions(request, files);
  return {
    program: "copilot",
    args,
    env: {
      COPILOT_AUTO_UPDATE: "false",
      // Else it asks whether the directory can be trusted.
      ...(request.unattended ? { COPILOT_ALLOW_ALL: "true" } : {}),
      ...SURROUNDING_SESSION,
      [INSTRUCTIONS]: undefined,
    },
    ...(dirs === undefined ? {} : { joinedEnv: { [INSTRUCTIONS]: dirs } }),
    cwd: request.cwd,
    stdin: exec ? { text: request.prompt ?? "" } : "inherit",
    stdout: exec ? (request.output === "text" ? "raw" : "events") : "inherit",
    files,
    ...(report === undefined ? {} : { report }),
  };
}

/** @param report Where the tokens go; undefined where the CLI shall print plain text. */
function promptArgs(report: string | undefined): string[] {
  return report === undefined
    ? ["--output-format=text", "--silent", "--no-ask-user"]
    : ["--output-format=json", "--no-ask-user", `--usage-output-file=${report}`];
}

/** The directories with instructions: the user's, and one with the system prompt. */
function instructions(request: PlanRequest, files: PlanFile[]): string | undefined {
  // A session around this one may have handed down the directory of its own system prompt.
  const dirs = (request.env[INSTRUCTIONS] ?? "").split(",")
    .filter((dir) => dir.trim() !== "" && basename(dir.trim()) !== OWN_INSTRUCTIONS);
  if (request.systemPrompt !== undefined) {
    const dir = join(request.tempDir, OWN_INSTRUCTIONS);
    files.push({
      path: join(dir, ".github", "instructions", "zag.instructions.md"),
      content: `---\napplyTo: "**"\n---\n\n${request.systemPrompt}\n`,
    });
    dirs.push(dir);
  }
  return dirs.length === 0 ? undefined : dirs.join(",");
}
