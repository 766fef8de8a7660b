/**
 * How Ollama is asked. Without a person it is zag itself that talks to the server, by the command
 * `ollama-agent`; with one it is Ollama's own program.
 *
 * @module
 */
import { join } from "node:path";
import type { LaunchPlan, PlanFile, PlanRequest } from "../launch_plan.ts";

/** The model when none is named. */
export const DEFAULT_MODEL = "qwen3.5:9b";

/** Describes the process that answers a request. */
export function planOllama(request: PlanRequest): LaunchPlan {
  return request.mode === "exec" ? planExec(request) : planInteractive(request);
}

function planExec(request: PlanRequest): LaunchPlan {
  const files: PlanFile[] = [];
  const file = (name: string, content: string): string => {
    const path = join(request.tempDir, name);
    files.push({ path, content });
    return path;
  };
  // Behind the dashes they are the agent's own: flags of zag with the same names take no part.
  const args = ["--", `--output=${request.output === "events" ? "events" : "text"}`];
  args.push(
    request.resume === undefined ? `--session=${request.sessionId}` : `--resume=${request.resume}`,
  );
  if (request.model !== undefined) args.push(`--model=${request.model}`);
  if (request.systemPrompt !== undefined) {
    args.push(`--system-prompt-file=${file("system_prompt.md", request.systemPrompt)}`);
  }
  if (request.jsonSchema !== undefined) {
    args.push(`--schema-file=${file("schema.json", JSON.stringify(request.jsonSchema))}`);
  }
  return {
    program: { builtIn: "ollama-agent" },
    args,
    env: { ZAG_OLLAMA_STATE: request.stateDir },
    cwd: request.cwd,
    stdin: { text: request.prompt ?? "" },
    stdout: request.output === "events" ? "events" : "raw",
    files,
  };
}

function planInteractive(request: PlanRequest): LaunchPlan {
  // A prompt would make it answer once and end, and it has no place for a system prompt.
  return {
    program: "ollama",
    args: ["run", request.model ?? DEFAULT_MODEL],
    env: {},
    cwd: request.cwd,
    stdin: "inherit",
    stdout: "inherit",
    files: [],
  };
}
