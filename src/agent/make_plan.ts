/** From what was settled to the plan of a process. */
import type { Host } from "../host.ts";
import type { LaunchPlan, PlanRequest } from "../providers/provider.ts";
import { checkInput } from "./input_limit.ts";
import type { LaunchRequest } from "./launch_request.ts";
import { argumentPrompt, planRequest } from "./plan_request.ts";
import type { Settled } from "./settle.ts";

/**
 * The plan that the provider makes.
 *
 * @param tempDir Private; exists while the agent runs.
 * @throws {InvalidOptionError} when the prompt is longer than the agent takes.
 */
export async function makePlan(
  settled: Settled,
  request: LaunchRequest,
  tempDir: string,
  host: Host,
): Promise<LaunchPlan> {
  const prompt = await argumentPrompt(settled, tempDir);
  const env = { ...host.env.toObject(), ...settled.options.env };
  const asked = planRequest(settled, request, tempDir, prompt, env);
  const plan = settled.provider.plan(await withVersion(asked, settled, request.signal));
  checkInput(plan, settled.provider);
  return plan;
}

/** Looks at the CLI's version where its plan depends on that. */
async function withVersion(
  request: Omit<PlanRequest, "version">,
  settled: Settled,
  signal: AbortSignal | undefined,
): Promise<PlanRequest> {
  const { provider, program } = settled;
  if (program === undefined || !provider.needsVersion?.(request)) {
    return { ...request, version: undefined };
  }
  const { probeProgram } = await import("./probe.ts");
  const { version } = await probeProgram(program, {
    cache: settled.paths.probes,
    env: { ...request.env, ...provider.binary?.env },
    signal,
  });
  return { ...request, version };
}
