/** From what was settled to the plan of a process. */
import { join } from "node:path";
import type { Host } from "../host.ts";
import type { LaunchPlan, PlanRequest } from "../providers/launch_plan.ts";
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
  const inSandbox = settled.isolation?.kind === "sandbox";
  const env = { ...(inSandbox ? {} : host.env.toObject()), ...settled.options.env };
  const extended = inSandbox || request.withoutDefaults
    ? settled
    : await withExtensions(settled, env, request);
  const asked = planRequest(extended, request, tempDir, prompt, env);
  const plan = settled.provider.plan(await withVersion(asked, settled, request.signal));
  checkInput(plan, settled.provider);
  return plan;
}

/** Gives the agent the skills and MCP servers that zag keeps for it. */
async function withExtensions(
  settled: Settled,
  env: Readonly<Record<string, string>>,
  { observer }: LaunchRequest,
): Promise<Settled> {
  const { paths, project, provider } = settled;
  if (!provider.extensions || !hasExtensions(settled)) return settled;
  const { syncExtensions } = await import("../extensions/sync.ts");
  const { systemPrompt: skills } = await syncExtensions({
    paths,
    project: project.key,
    provider,
    home: paths.userHome,
    env,
    warn: (message) => observer?.warning?.(message),
  });
  if (skills === undefined) return settled;
  const systemPrompt = [settled.systemPrompt, skills].filter(Boolean).join("\n\n");
  return { ...settled, systemPrompt };
}

/** Whether there are any, or were: then there is something to take away. */
function hasExtensions({ paths, project, provider }: Settled): boolean {
  return [
    paths.skills,
    paths.globalMcp,
    ...project.key === undefined ? [] : [paths.projectMcp(project.key)],
    join(paths.syncState, `${provider.name}.json`),
  ].some(isThere);
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
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
