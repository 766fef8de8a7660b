/** From a plan to something that can be started: its program, its files, its environment. */
import { dirname } from "node:path";
import { HOME_VARIABLE } from "../config/paths.ts";
import type { Host } from "../host.ts";
import { hasAllPermissions } from "../processes/permissions.ts";
import { type SelfCommand, selfCommand, setEntry } from "../processes/self.ts";
import { ensureShim } from "../processes/shim.ts";
import type { LaunchPlan } from "../providers/launch_plan.ts";
import { agentEnvironment } from "./environment.ts";
import type { IsolatedLaunch } from "./isolate.ts";
import type { LaunchObserver, StartedPlan } from "./launch_request.ts";
import type { Recorder } from "./recorder.ts";
import type { Settled } from "./settle.ts";

/**
 * Writes the plan's files and completes its environment.
 *
 * @param apart Where the agent works, if that is not here.
 */
export async function startPlan(
  inner: LaunchPlan,
  settled: Settled,
  recorder: Recorder,
  host: Host,
  apart?: Pick<IsolatedLaunch, "wrap">,
): Promise<StartedPlan> {
  const said = recorder.registration;
  const session = {
    sessionId: settled.sessionId,
    sessionName: said.sessionName ?? settled.options.name ?? settled.resumed?.name ?? undefined,
    processId: recorder.processId,
    providerName: said.provider ?? settled.provider.name,
    model: said.model ?? settled.modelName,
    root: said.root ?? settled.workspace,
  };
  const additions = { joined: inner.joinedEnv, user: settled.options.env ?? {} };
  const wrapped = apart?.wrap?.(
    inner,
    agentEnvironment({
      ...session,
      ...additions,
      inherited: {},
      provider: inner.env,
      shimDir: undefined,
    }),
  );
  const plan = wrapped?.plan ?? inner;
  for (const file of plan.files) {
    await Deno.mkdir(dirname(file.path), { recursive: true, mode: 0o700 });
    await Deno.writeTextFile(file.path, file.content, { mode: 0o600 });
  }
  if (host.entry !== undefined) setEntry(host.entry);
  const builtIn = typeof plan.program === "object" ? plan.program.builtIn : undefined;
  const self = await zagFor(builtIn, host);
  // Whatever an agent asks of zag. A tool may have a home of its own; what it says about this session
  // belongs here all the same.
  const any = hasAllPermissions() ? self : await zagFor(undefined, host);
  const shim = { ...any, env: { ...any.env, [HOME_VARIABLE]: settled.paths.home } };
  const shimDir = await ensureShim(settled.paths.shims, shim).catch(() => undefined);
  const env = agentEnvironment({
    ...session,
    // What is meant for an agent is nothing for the program that starts it.
    ...(wrapped ? { user: {} } : additions),
    inherited: host.env.toObject(),
    provider: builtIn === undefined ? plan.env : { ...plan.env, ...self.env },
    shimDir,
  });
  return {
    plan,
    program: wrapped?.program ?? (builtIn === undefined ? settled.program : undefined) ??
      self.program,
    args: builtIn === undefined ? plan.args : [...self.args, builtIn, ...plan.args],
    env,
    marker: `ZAG_PROCESS_ID=${recorder.processId}`,
  };
}

/** The zag that runs a command, with what that needs of our permissions. */
async function zagFor(command: string | undefined, host: Host): Promise<SelfCommand> {
  if (hasAllPermissions()) return selfCommand();
  const { childZag } = await import("../processes/child_zag.ts");
  return childZag(command, host);
}

/** Says what is about to be started, for `--debug`. */
export function debugPlan(
  observer: LaunchObserver,
  { plan, program, args, env }: StartedPlan,
  added: Readonly<Record<string, string>>,
): void {
  const own = Object.keys(env).filter((name) =>
    name.startsWith("ZAG_") || name in plan.env || name in added
  );
  observer.debug?.(`program: ${program}`);
  observer.debug?.(`arguments: ${JSON.stringify(args)}`);
  observer.debug?.(`directory: ${plan.cwd}`);
  // Values may be secrets.
  observer.debug?.(`environment: ${own.sort().join(" ")}`);
}
