/**
 * How `codex` is started. Flags stand before the word `resume`, which takes only some of them, and
 * every value goes in the `--flag=value` form.
 */
import { join } from "node:path";
import type { LaunchPlan, PlanFile, PlanRequest } from "../launch_plan.ts";
import { codexServers } from "./mcp_servers.ts";
import { codexPermissions } from "./permissions.ts";
import { tomlString, tomlValue } from "./toml_value.ts";

const ENV = {
  // With a backtrace behind it, an error message is lost among the last lines of stderr.
  RUST_LIB_BACKTRACE: "0",
  // What a surrounding session sets for its tools is not meant for a session of its own.
  CODEX_CI: undefined,
  CODEX_SESSION_ID: undefined,
  CODEX_THREAD_ID: undefined,
  CODEX_TOOL_CALL_ID: undefined,
};

/** One argument is limited to 128 KiB on Linux; the prompt and the system prompt share this room. */
const ARGUMENT_LIMIT = 100 * 1024;

/** Describes the process that answers a request. */
export function planCodex(request: PlanRequest): LaunchPlan {
  const { resume, tempDir } = request;
  const exec = request.mode === "exec";
  const files: PlanFile[] = [];
  const env: Record<string, string | undefined> = { ...ENV };
  const args = exec ? ["exec"] : resume === undefined ? [] : ["resume"];
  if (exec && request.output !== "text") args.push("--json");
  // A server shared by all sessions would run the tools in the environment of another one.
  args.push(exec ? "--skip-git-repo-check" : "--no-daemon", `--cd=${request.cwd}`);
  if (request.model !== undefined) args.push(`--model=${request.model}`);
  if (request.autoApprove) args.push("--dangerously-bypass-approvals-and-sandbox");
  if (request.permissions) args.push(...codexPermissions(request.permissions).args);
  for (const dir of request.addDirs) args.push(`--add-dir=${dir}`);
  // Login shells set PATH anew on some systems; tools could not find the zag that started them.
  args.push("--config=allow_login_shell=false");
  const { instructions, prompt } = placeSystemPrompt(request, files);
  if (instructions !== undefined) {
    args.push(`--config=developer_instructions=${tomlString(instructions)}`);
  }
  if (request.mcpConfig !== undefined) {
    const servers = codexServers(request.mcpConfig, tempDir);
    args.push(`--config=mcp_servers=${tomlValue(servers.table)}`);
    files.push(...servers.files);
    Object.assign(env, servers.env);
  }
  if (exec && request.jsonSchema !== undefined) {
    const path = join(tempDir, "schema.json");
    files.push({ path, content: JSON.stringify(request.jsonSchema) });
    args.push(`--output-schema=${path}`);
  }
  const review = exec && resume === undefined ? ownReview(request) : undefined;
  if (review) args.push(...review);
  else if (exec) args.push(...(resume === undefined ? [] : ["resume", "--", resume]), "-");
  else {
    const operands = [resume, prompt].filter((operand) => operand !== undefined);
    if (operands.length > 0) args.push("--", ...operands);
  }
  const mark = exec || resume !== undefined ? undefined : join(tempDir, "codex_session.jsonl");
  if (mark !== undefined) {
    // It holds the id of the first message, by which the session's file can be told from others.
    Object.assign(env, { CODEX_TUI_RECORD_SESSION: "1", CODEX_TUI_SESSION_LOG_PATH: mark });
  }
  return {
    program: "codex",
    args,
    env,
    cwd: request.cwd,
    stdin: review ? "null" : exec ? { text: prompt ?? "" } : "inherit",
    stdout: exec ? (request.output === "text" ? "raw" : "events") : "inherit",
    files,
    ...(mark === undefined ? {} : { mark }),
  };
}

/**
 * The arguments for the CLI's own review; undefined where it has none for this. It takes one target,
 * a title only for a commit, and no prompt beside them.
 */
function ownReview({ review }: PlanRequest): string[] | undefined {
  if (!review) return undefined;
  const { uncommitted, base, commit, title } = review;
  const targets = [
    ...(uncommitted ? ["--uncommitted"] : []),
    ...(base === undefined ? [] : [`--base=${base}`]),
    ...(commit === undefined ? [] : [`--commit=${commit}`]),
  ];
  if (targets.length !== 1 || (title !== undefined && commit === undefined)) return undefined;
  return ["review", ...targets, ...(title === undefined ? [] : [`--title=${title}`])];
}

/**
 * Where the system prompt goes: into a setting; and, for a session that goes on, before the prompt,
 * for Codex keeps the instructions with which a session began. One that is too long for an argument
 * goes before the prompt alone; in an interactive session, where that is an argument too, into a
 * file.
 */
function placeSystemPrompt(
  request: PlanRequest,
  files: PlanFile[],
): { instructions: string | undefined; prompt: string | undefined } {
  const { systemPrompt, prompt } = request;
  if (systemPrompt === undefined) return { instructions: undefined, prompt };
  const exec = request.mode === "exec";
  const before = (text: string) => prompt === undefined ? undefined : `${text}\n\n${prompt}`;
  let instructions = systemPrompt;
  if (sizeOf(tomlString(systemPrompt) + (exec ? "" : prompt ?? "")) > ARGUMENT_LIMIT) {
    if (exec) return { instructions: undefined, prompt: before(systemPrompt) };
    const path = join(request.tempDir, "system_prompt.md");
    files.push({ path, content: systemPrompt });
    instructions = `Your instructions are in the file ${path}. Read it first and follow it.`;
  }
  return {
    instructions,
    prompt: request.resume === undefined ? prompt : before(instructions),
  };
}

function sizeOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
