/** What a provider is asked to plan, from what was settled. */
import { join } from "node:path";
import { isGranted } from "../processes/permissions.ts";
import type { PlanRequest } from "../providers/launch_plan.ts";
import type { LaunchRequest } from "./launch_request.ts";
import { tellsDollars } from "./prices.ts";
import type { Settled } from "./settle.ts";

/** Whether text is wanted while it is made. */
export function wantsPartial({ options, partialText }: LaunchRequest): boolean {
  return options.includePartialMessages === true || partialText === true;
}

/** One argument is limited to 128 KiB on Linux, and other arguments need room too. */
const ARGUMENT_LIMIT = 100 * 1024;

/** The prompt of an interactive agent is an argument; a long one becomes a file that it names. */
export async function argumentPrompt(
  settled: Settled,
  tempDir: string,
): Promise<string | undefined> {
  const prompt = settled.composedPrompt;
  if (settled.command === "exec" || prompt === undefined) return prompt;
  const bytes = new TextEncoder().encode(prompt);
  if (bytes.length <= ARGUMENT_LIMIT) return prompt;
  const path = join(tempDir, "prompt.md");
  await Deno.writeFile(path, bytes, { mode: 0o600 });
  return `Read the file ${path} now and do what it says: it is my message, too long for this line.`;
}

/** The request; a provider's plan follows from it alone. */
export function planRequest(
  settled: Settled,
  request: LaunchRequest,
  tempDir: string,
  prompt: string | undefined,
  env: Readonly<Record<string, string>>,
): Omit<PlanRequest, "version"> {
  const { options, provider } = settled;
  const can = provider.capabilities;
  const format = options.outputFormat;
  return {
    mode: settled.command === "exec" ? "exec" : "interactive",
    output: format === "text" ? "text" : format === "native-json" ? "native-json" : "events",
    prompt,
    streamInput: request.streamInput,
    // What the agent repeats tells which messages a turn has answered.
    replayUserMessages: request.streamInput && can.replayUserMessages &&
      format !== "text" && format !== "native-json",
    partialMessages: wantsPartial(request) && can.partialMessages,
    model: settled.model,
    systemPrompt: settled.systemPrompt,
    autoApprove: settled.autoApprove,
    permissions: settled.policy,
    addDirs: settled.addDirs,
    maxTurns: can.maxTurns === "native" ? settled.maxTurns : undefined,
    maxCostUsd: provider.spending?.holdsCost && tellsDollars(settled)
      ? settled.costLeftUsd
      : undefined,
    mcpConfig: can.mcpConfig ? settled.mcpConfig : undefined,
    jsonSchema: settled.jsonSchema,
    review: options.review,
    sessionId: settled.newNativeId ?? settled.sessionId,
    resume: resumedId(settled),
    cwd: settled.cwd,
    tempDir,
    stateDir: settled.paths.agentState(provider.name),
    env,
    unattended: request.terminal === "private",
    isRoot: isRoot(tempDir),
  };
}

/** The provider's id of the session that goes on; undefined for a new one. */
export function resumedId({ resumed, startsAnew, discovered }: Settled): string | undefined {
  return startsAnew ? undefined : resumed?.providerSessionId ?? discovered?.id;
}

/** @param own A directory that this program has made, for where Deno does not tell who runs it. */
function isRoot(own: string): boolean {
  try {
    return isGranted({ name: "sys", kind: "uid" })
      ? Deno.uid() === 0
      : Deno.statSync(own).uid === 0;
  } catch {
    return false;
  }
}
