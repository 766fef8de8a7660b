/** Which agents can be used, and by whom. */
import { askService } from "../agent/ask_service.ts";
import { isAuto } from "../agent/choose_provider.ts";
import { printGateOpenedBy } from "../agent/gate.ts";
import { findBinary } from "../agent/locate.ts";
import { askVersion } from "../agent/ask_version.ts";
import { type ProbeOptions, probeProgram, type ProgramProbe } from "../agent/probe.ts";
import { type Config, loadConfig, loadProjectConfig } from "../config/config.ts";
import { zagPaths } from "../config/paths.ts";
import { resolveProject } from "../config/project.ts";
import type { Host } from "../host.ts";
import type { Login, LoginState } from "../providers/login.ts";
import type { Provider } from "../providers/provider.ts";
import { loadProvider, TIERS } from "../providers/registry.ts";
import { isOlder } from "../providers/version.ts";
import { failedLook, type Finding } from "./doctor_findings.ts";

const LIMIT_MS = 5000;
const SERVICE_LIMIT_MS = 2000;

/** What was seen of one agent. */
interface Look {
  readonly provider: Provider;
  readonly findings: readonly Finding[];
  /** `zag exec` chooses it, as far as its program or server goes. */
  readonly usable: boolean;
  readonly installed: boolean;
  /** Undefined where it has none, or was not asked for. */
  readonly login?: FoundLogin | undefined;
}

/** Looks at all of them at once. */
export async function examineAgents(
  host: Host,
  root: string | undefined,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { config, globalConfig } = await settings(host, root);
  const providers = (await Promise.all(TIERS.map(loadProvider)))
    .filter((provider) => provider !== undefined);
  const looks = await Promise.all(providers.map((provider) => lookAt(provider, host, signal)));
  return [
    ...looks.flatMap(({ findings }) => findings),
    ...gate(looks, host, globalConfig),
    await wanted(config["defaults.provider"], looks, printGateOpenedBy(host.env, globalConfig)),
  ];
}

/** What is wrong with the configuration is found elsewhere. */
async function settings(
  host: Host,
  root: string | undefined,
): Promise<{ config: Config; globalConfig: Config }> {
  const paths = zagPaths(host.env);
  try {
    return await loadProjectConfig(paths, await resolveProject({ root, cwd: host.cwd }));
  } catch {
    const globalConfig = await loadConfig([paths.globalConfig]).catch(() => ({}));
    return { config: globalConfig, globalConfig };
  }
}

async function lookAt(provider: Provider, host: Host, signal: AbortSignal): Promise<Look> {
  try {
    return provider.service
      ? await lookAtService(provider, host, signal)
      : await lookAtProgram(provider, host, signal);
  } catch (error) {
    const finding = failedLook(`agent.${provider.name}`, provider.displayName, error);
    return { provider, findings: [finding], usable: false, installed: false };
  }
}

async function lookAtProgram(
  provider: Provider,
  host: Host,
  signal: AbortSignal,
): Promise<Look> {
  const { name, displayName, binary } = provider;
  const id = `agent.${name}`;
  const path = await findBinary(provider, host);
  if (path === undefined) {
    const text = `${displayName}: not installed`;
    const facts = { installed: false };
    const finding: Finding = { id, level: "info", text, fix: binary!.install, facts };
    return { provider, findings: [finding], usable: false, installed: false };
  }
  const { oldest, tested, install } = binary!;
  const [{ version, problem }, login] = await Promise.all([
    versionOf(path, host, {
      ...(binary!.env && { env: binary!.env }),
      limitMs: LIMIT_MS,
      signal,
      accepts: (version) => oldest === undefined || !isOlder(version, oldest),
    }),
    loginOf(provider, host),
  ]);
  const facts = {
    installed: true,
    path,
    version: version ?? null,
    oldest: oldest ?? null,
    tested: tested ?? null,
    login: login?.state.state ?? null,
  };
  if (version === undefined) {
    const text = `${displayName}: ${path}: ${problem}`;
    const finding: Finding = { id, level: "problem", text, fix: install, facts };
    return { provider, findings: [finding], usable: false, installed: true };
  }
  if (oldest !== undefined && isOlder(version, oldest)) {
    const text = `${displayName} ${version}: too old, zag needs ${oldest} or newer (${path})`;
    const finding: Finding = { id, level: "problem", text, fix: install, facts };
    return { provider, findings: [finding], usable: false, installed: true };
  }
  const range = [oldest, tested].filter((text) => text !== undefined).join(" to ");
  const newer = tested !== undefined && isOlder(tested, version) ? ", this one is newer" : "";
  const text = `${displayName} ${version}: ${path}` +
    (range === "" ? "" : ` (tested: ${range}${newer})`);
  const finding: Finding = { id, level: "ok", text, facts };
  const findings = login ? [finding, loginFinding(provider, login)] : [finding];
  return { provider, findings, usable: true, installed: true, login };
}

/** What a program says, also from what is remembered; where zag keeps nothing, nothing is made. */
export async function versionOf(
  program: string,
  host: Host,
  { env: more, ...options }: Omit<ProbeOptions, "cache">,
): Promise<ProgramProbe> {
  const env = { ...host.env.toObject(), ...more };
  for (const key of Object.keys(env)) if (/^(LD|DYLD)_/.test(key)) delete env[key];
  const { home, probes } = zagPaths(host.env);
  const keeps = await Deno.stat(home).then(({ isDirectory }) => isDirectory, () => false);
  return keeps
    ? await probeProgram(program, { ...options, env, cache: probes })
    : await askVersion(program, {
      env: env as Record<string, string>,
      limitMs: options.limitMs ?? LIMIT_MS,
      signal: options.signal,
    });
}

async function lookAtService(
  provider: Provider,
  host: Host,
  signal: AbortSignal,
): Promise<Look> {
  const { name, displayName, binary, service } = provider;
  const id = `agent.${name}`;
  const [path, server] = await Promise.all([
    findBinary(provider, host),
    askService(service!, host.env.toObject(), SERVICE_LIMIT_MS, signal),
  ]);
  const facts = {
    installed: path !== undefined,
    path: path ?? null,
    version: server.version ?? null,
  };
  const shared = { provider, installed: path !== undefined };
  if (server.version !== undefined) {
    const text = `${displayName} ${server.version}: its server answers` +
      (path === undefined ? '; "zag run" also needs its program' : `, ${path}`);
    return { ...shared, usable: true, findings: [{ id, level: "ok", text, facts }] };
  }
  const isThere = path !== undefined;
  const text = isThere
    ? `${displayName}: ${path}, but its server cannot be used: ${server.problem}`
    : `${displayName}: not installed`;
  const fix = isThere ? service!.advice : binary?.install;
  const level = isThere ? "warning" : "info";
  return { ...shared, usable: false, findings: [{ id, level, text, fix, facts }] };
}

interface FoundLogin {
  readonly login: Login;
  readonly state: LoginState;
}

async function loginOf(provider: Provider, host: Host): Promise<FoundLogin | undefined> {
  if (!provider.login) return undefined;
  const { login } = await provider.login();
  const home = zagPaths(host.env).userHome;
  if (home === undefined) {
    return { login, state: { state: "unknown", reason: "HOME is not set" } };
  }
  const request = { env: host.env.toObject(), home, os: Deno.build.os };
  const texts: Record<string, string> = {};
  for (const [name, path] of Object.entries(login.files(request))) {
    try {
      texts[name] = await Deno.readTextFile(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
        continue;
      }
      return { login, state: { state: "unknown", reason: `${path} cannot be read` } };
    }
  }
  return { login, state: login.read(request, texts) };
}

function loginFinding({ name, displayName }: Provider, { login, state }: FoundLogin): Finding {
  const id = `login.${name}`;
  const facts = { login: state.state };
  switch (state.state) {
    case "yes":
      return { id, level: "ok", text: `${displayName}: logged in, by ${state.by}`, facts };
    case "no":
      return {
        id,
        level: "warning",
        text: `${displayName}: not logged in: ${state.reason}`,
        fix: login.command,
        facts,
      };
    case "unknown":
      return {
        id,
        level: "info",
        text: `${displayName}: unknown whether logged in: ${state.reason}`,
        facts,
      };
  }
}

/** Of those that may be billed by the token when nobody looks on. */
function gate(looks: readonly Look[], host: Host, globalConfig: Config): Finding[] {
  return looks.filter(({ provider, installed }) =>
    installed && provider.capabilities.tokenBilledPrint
  ).map(({ provider: { name, displayName } }) => {
    const opened = printGateOpenedBy(host.env, globalConfig);
    const id = `gate.${name}`;
    if (opened !== undefined) {
      const text = `${displayName} may be run non-interactively: ${opened}`;
      return { id, level: "ok", text, facts: { open: true, by: opened } };
    }
    return {
      id,
      level: "warning",
      text: `${displayName} is not run non-interactively: it could be billed by the token, and ` +
        "nobody has allowed that",
      fix: "zag config --global claude.allow_print true",
      facts: { open: false },
    };
  });
}

/** Whether `zag exec` without further words comes to an agent, and the agent to an answer. */
async function wanted(
  name: string | undefined,
  looks: readonly Look[],
  opened: string | undefined,
): Promise<Finding> {
  const id = "agent.default";
  const usable = looks.filter((look) => look.usable);
  const asked = name === undefined || isAuto(name) ? undefined : await loadProvider(name);
  if (asked && asked.binary === undefined && asked.service === undefined) {
    return { id, level: "ok", text: `default: ${asked.displayName}`, facts: { agent: asked.name } };
  }
  const own = usable.find(({ provider }) => provider === asked);
  const chosen = own ?? usable[0];
  if (!chosen) {
    return {
      id,
      level: "problem",
      text: "no agent can be used",
      fix: looks[0]!.provider.binary!.install,
      facts: { agent: null },
    };
  }
  const { provider: { name: agent, displayName, capabilities }, login } = chosen;
  const facts = { agent };
  if (login?.state.state === "no") {
    return {
      id,
      level: "problem",
      text: `default: ${displayName} cannot work: it is not logged in`,
      fix: login.login.command,
      facts,
    };
  }
  if (asked && !own) {
    return {
      id,
      level: "problem",
      text: `default: ${asked.displayName} is configured and cannot be used; ` +
        `${displayName} stands in`,
      fix: `zag config provider ${agent}`,
      facts,
    };
  }
  if (capabilities.tokenBilledPrint && opened === undefined) {
    return {
      id,
      level: "warning",
      text: `default: ${displayName} works with "zag run" only: "zag exec" is refused as long as ` +
        "nobody allows it",
      fix: "zag config --global claude.allow_print true",
      facts,
    };
  }
  return { id, level: "ok", text: `default: ${displayName}`, facts };
}
