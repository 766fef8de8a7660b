/**
 * How `gemini` is started. Values go in the `--flag=value` form: what follows a flag may begin with
 * a dash, and everything behind `--` is lost on this CLI.
 */
import { join } from "node:path";
import { ZagError } from "../../errors.ts";
import type { Policy } from "../policy.ts";
import type { LaunchPlan, PlanFile, PlanRequest } from "../launch_plan.ts";
import { geminiPolicy } from "./permissions.ts";

const FORMAT = { "events": "stream-json", "native-json": "json", "text": "text" } as const;
const STDOUT = { "events": "events", "native-json": "document", "text": "raw" } as const;

/** Describes the process that answers a request. */
export function planGemini(request: PlanRequest): LaunchPlan {
  const interactive = request.mode === "interactive";
  const prompt = withSystemPrompt(request);
  const args = interactive ? [] : [`--output-format=${FORMAT[request.output]}`];
  args.push(
    request.resume === undefined
      ? `--session-id=${request.sessionId}`
      : `--resume=${request.resume}`,
  );
  if (request.model !== undefined) args.push(`--model=${request.model}`);
  if (request.autoApprove) args.push("--approval-mode=yolo");
  const policy = request.permissions && policyFile(request, request.permissions);
  // Below what a person or an administrator says nothing could be denied for sure, so it is given twice.
  if (policy) {
    args.push(
      "--approval-mode=default",
      `--policy=${policy.path}`,
      `--admin-policy=${policy.path}`,
    );
  }
  for (const dir of request.addDirs) args.push(`--include-directories=${whole(dir)}`);
  // A folder that is not trusted would end the run; asked about it at a terminal, the CLI starts anew
  // and then refuses the session's id. This flag takes nothing from the folder's own settings, unless
  // the person has trusted it before: a cloned repository must not be able to approve anything.
  if (!request.env.GEMINI_CLI_TRUST_WORKSPACE) args.push("--skip-trust");
  if (interactive && prompt !== undefined) args.push(`--prompt-interactive=${prompt}`);
  const shared = { program: "gemini", args, cwd: request.cwd };
  if (interactive) {
    return { ...shared, env: {}, stdin: "inherit", stdout: "inherit", files: [] };
  }
  const { file, options } = writesEverything(request);
  return {
    ...shared,
    // The launcher shields the CLI from the signals that end it.
    env: { GEMINI_CLI_NO_RELAUNCH: "true" },
    joinedEnv: { NODE_OPTIONS: options },
    stdin: { text: prompt ?? "" },
    stdout: STDOUT[request.output],
    files: [file, ...(policy ? [policy] : [])],
  };
}

/**
 * The CLI exits without waiting for its output: what a pipe cannot hold, some 64 KiB, is lost with
 * the result at its end. A module that Node loads first makes every write wait for the reader.
 */
function writesEverything({ tempDir, env }: PlanRequest): { file: PlanFile; options: string } {
  const path = join(tempDir, "blocking_output.cjs");
  const before = env.NODE_OPTIONS;
  const content = [
    'for (const name of ["stdout", "stderr"]) process[name]._handle?.setBlocking?.(true);',
    // The programs that the agent starts get what they would get without it.
    before === undefined
      ? "delete process.env.NODE_OPTIONS;"
      : `process.env.NODE_OPTIONS = ${JSON.stringify(before)};`,
  ];
  const option = `--require ${JSON.stringify(path)}`;
  return {
    file: { path, content: content.join("\n") + "\n" },
    options: before ? `${before} ${option}` : option,
  };
}

function policyFile({ tempDir }: PlanRequest, permissions: Policy): PlanFile {
  return { path: join(tempDir, "policy.toml"), content: geminiPolicy(permissions) };
}

/** @throws {ZagError} for a directory that would become two. */
function whole(dir: string): string {
  if (!dir.includes(",")) return dir;
  throw new ZagError(
    `Cannot use --add-dir ${
      JSON.stringify(dir)
    } with Gemini CLI: it takes a comma for the end of ` +
      "a directory's name",
    { hint: "give it a name without a comma, for example by a symbolic link" },
  );
}

/** The CLI can replace its system prompt but not add to it, so the text comes before the prompt. */
function withSystemPrompt({ systemPrompt, prompt }: PlanRequest): string | undefined {
  if (systemPrompt === undefined || prompt === undefined) return prompt;
  return `<system_instructions>\n${systemPrompt}\n</system_instructions>\n\n${prompt}`;
}
