/** How the mock agent is started: `zag mock-agent`, followed by these arguments. */
import { join } from "node:path";
import type { LaunchPlan, PlanFile, PlanRequest } from "../launch_plan.ts";

/** Describes the process that answers a request: zag itself, by another command. */
export function planMock(request: PlanRequest): LaunchPlan {
  const files: PlanFile[] = [];
  // Behind the dashes they are the agent's own: flags of zag with the same names take no part.
  const args = ["--"];
  const file = (name: string, content: string): string => {
    const path = join(request.tempDir, name);
    files.push({ path, content });
    return path;
  };
  const interactive = request.mode === "interactive";
  if (interactive) {
    args.push("--interactive");
    if (request.prompt !== undefined) {
      args.push(`--prompt-file=${file("prompt.md", request.prompt)}`);
    }
  } else {
    args.push(`--output=${request.output === "events" ? "events" : "text"}`);
    if (request.streamInput || request.permissions) args.push("--stream-input");
    if (request.permissions) args.push("--ask");
    if (request.replayUserMessages) args.push("--replay");
    if (request.partialMessages) args.push("--partial");
  }
  args.push(
    request.resume === undefined ? `--session=${request.sessionId}` : `--resume=${request.resume}`,
  );
  if (request.model !== undefined) args.push(`--model=${request.model}`);
  if (request.systemPrompt !== undefined) {
    args.push(`--system-prompt-file=${file("system_prompt.md", request.systemPrompt)}`);
  }
  if (request.autoApprove) args.push("--auto-approve");
  for (const dir of request.addDirs) args.push(`--add-dir=${dir}`);
  if (request.maxTurns !== undefined) args.push(`--max-turns=${request.maxTurns}`);
  if (request.mcpConfig !== undefined) {
    // Servers carry tokens, and anyone can read an argument list.
    args.push(`--mcp-config=${file("mcp.json", request.mcpConfig)}`);
  }
  return {
    program: { builtIn: "mock-agent" },
    args,
    env: { ZAG_MOCK_STATE: request.stateDir },
    cwd: request.cwd,
    stdin: interactive
      ? "inherit"
      : request.streamInput || request.permissions
      ? "stream"
      : { text: request.prompt ?? "" },
    stdout: interactive ? "inherit" : request.output === "events" ? "events" : "raw",
    files,
  };
}
