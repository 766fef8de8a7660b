/** Which agents can be used, and by whom. */
import { askService } from "../agent/ask_service.ts";
import { askVersion } from "../agent/ask_version.ts";
import { isAuto } from "../agent/choose_provider.ts";
import { printGateOpenedBy } from "../agent/gate.ts";
import { findBinary } from "../agent/locate.ts";
import { type Config, loadConfig, loadProjectConfig } from "../config/config.ts";
import { zagPaths } from "../config/paths.ts";
import { resolveProject } from "../config/project.ts";
import type { Host } from "../host.ts";
import type { Login, LoginState, Provider } from "../providers/provider.ts";
import { loadProvider, TIERS } from "../providers/registry.ts";
import { isOlder } from "../providers/version.ts";
import { failedLook, type Finding } from "./doctor_findings.ts";

const LIMIT_MS = 5000;
const SERVICE_LIMIT_MS = 2000;

/** What was seen of one agent. */
interface Look {
  readonly provider: Provider;
  readonly findings: readonly Finding[];
  /** `zag exec` can start it. */
  readonly usable: boolean;
  readonly installed: boolean;
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
    await wanted(config["defaults.provider"], looks),
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
  const env = { ...host.env.toObject(), ...binary!.env };
  for (const key of Object.keys(env)) if (/^(LD|DYLD)_/.test(key)) delete env[key];
  const [{ version, problem }, login] = await Promise.all([
    // Not from what is remembered of earlier looks, and nothing is remembered of this one.
    askVersion(path, { env, limitMs: LIMIT_MS, signal }),
    loginOf(provider, host),
  ]);
  const { oldest, tested, install } = binary!;
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
  return { provider, findings, usable: true, installed: true };
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

/** Whether `zag exec` without further words comes to an agent. */
async function wanted(name: string | undefined, looks: readonly Look[]): Promise<Finding> {
  const id = "agent.default";
  const usable = looks.filter((look) => look.usable).map(({ provider }) => provider);
  const asked = name === undefined || isAuto(name) ? undefined : await loadProvider(name);
  if (asked && (asked.binary === undefined || usable.includes(asked))) {
    return { id, level: "ok", text: `default: ${asked.displayName}`, facts: { agent: asked.name } };
  }
  const [first] = usable;
  if (!first) {
    return {
      id,
      level: "problem",
      text: "no agent can be used",
      fix: looks[0]!.provider.binary!.install,
      facts: { agent: null },
    };
  }
  if (asked) {
    return {
      id,
      level: "problem",
      text: `default: ${asked.displayName} is configured and cannot be used; ` +
        `${first.displayName} stands in`,
      fix: `zag config provider ${first.name}`,
      facts: { agent: first.name },
    };
  }
  return { id, level: "ok", text: `default: ${first.displayName}`, facts: { agent: first.name } };
}
