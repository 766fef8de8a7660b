/** The values that there are today: providers, models, sessions, settings. */
import { resolve } from "node:path";
import { zagPaths } from "../config/paths.ts";
import { resolveProject } from "../config/project.ts";
import type { GlancedSession } from "../sessions/glance.ts";
import type { Route } from "./command.ts";
import type { Candidate, Given, Values } from "./complete.ts";
import type { Source } from "./complete_sources.ts";
import type { CliContext } from "./context.ts";

/** So many sessions are offered; a prefix finds the others, too. */
const MOST_SESSIONS = 100;
/** So many are looked at, for names, tags and prefixes. */
const MOST_READ = 5000;

/** What can be found out without changing or starting anything. */
export function presentValues(ctx: CliContext, routes: readonly Route[]): Values {
  return {
    async values(source, given, word) {
      try {
        return await find(source, ctx, routes, given, word);
      } catch {
        // Somebody is typing: what is wrong is told when the command runs.
        return [];
      }
    },
  };
}

async function find(
  source: Source,
  ctx: CliContext,
  routes: readonly Route[],
  given: Given,
  word: string,
): Promise<readonly Candidate[]> {
  switch (source) {
    case "providers":
      return await providers(given);
    case "models":
      return await models(await providerOf(ctx, given));
    case "sessions":
      return sessionsOf(await glance(ctx, given), word);
    case "incidents":
      return await incidents(ctx);
    case "names":
      return namesOf(await glance(ctx, given));
    case "tags":
      return tagsOf(await glance(ctx, given));
    case "runs":
      return await runs(ctx, given, word);
    case "event types": {
      const { LOG_TYPES } = await import("../events/log_types.ts");
      return LOG_TYPES.map((value) => ({ value }));
    }
    case "variables":
      return variables(ctx).map((name) => ({ value: `${name}=`, open: true }));
    case "variable names":
      return variables(ctx).map((value) => ({ value }));
    case "branches":
      return await gitLines(ctx, given, [
        "for-each-ref",
        "--count=200",
        "--format=%(refname:short)%09%(contents:subject)",
        "refs/heads",
        "refs/remotes",
        "refs/tags",
      ]);
    case "commits":
      return await gitLines(ctx, given, ["log", "--max-count=50", "--format=%h%x09%s"]);
    case "settings":
      return await settings(ctx, given, word);
    case "topics":
      return await topics(routes, given);
    case "skills":
      return await entries(
        zagPaths(ctx.env).skills,
        ({ isDirectory, name }) => isDirectory ? name : undefined,
      );
    case "servers":
      return await servers(ctx, given);
    default:
      return [];
  }
}

function variables(ctx: CliContext): string[] {
  return Object.keys(ctx.env.toObject()).sort();
}

/** What git says of the checkout: a value and what it is on each line. */
async function gitLines(
  ctx: CliContext,
  { flags }: Given,
  args: readonly string[],
): Promise<Candidate[]> {
  const { Git } = await import("../workspace/git.ts");
  const cwd = resolve(ctx.cwd, flags.get("root") ?? ".");
  const git = await Git.find(ctx.env, cwd);
  return (await git.run({ cwd }, args)).split("\n").filter(Boolean).map((line) => {
    const [value = "", about] = line.split("\t");
    return { value, about };
  });
}

/** Names in the order of the registry; `auto` where a prompt tells it what to choose for. */
async function providers({ path }: Given): Promise<Candidate[]> {
  const { PROVIDER_NAMES } = await import("../providers/registry.ts");
  const choosing = ["run", "exec", "spawn", "pipe", "plan"].includes(path[0] ?? "run");
  return [...PROVIDER_NAMES, ...choosing ? ["auto"] : []].map((value) => ({ value }));
}

/** The provider that `-p` or the configuration names; `auto` is none yet. */
async function providerOf(ctx: CliContext, { flags }: Given): Promise<string | undefined> {
  const named = flags.get("provider");
  if (named !== undefined) return named;
  const { configAt } = await import("../agent/configured_provider.ts");
  const { TIERS } = await import("../providers/registry.ts");
  const config = await configAt(flags.get("root"), ctx);
  return config["defaults.provider"] ?? TIERS[0];
}

async function models(name: string | undefined): Promise<Candidate[]> {
  const { loadProvider } = await import("../providers/registry.ts");
  const provider = name === undefined ? undefined : await loadProvider(name);
  const sizes = provider?.models.sizes;
  const known: Candidate[] = ["small", "medium", "large"].map((size) => ({
    value: size,
    about: sizes?.[size as keyof typeof sizes],
  }));
  const names = (provider?.models.names ?? []).map((value) => ({ value }));
  return unique([...known, ...names, { value: "auto", about: "A model chooses" }]);
}

/** The sessions of the project, newest first; all where it has none, and with `--global`. */
async function glance(ctx: CliContext, { flags }: Given): Promise<GlancedSession[]> {
  const { glanceAtSessions } = await import("../sessions/glance.ts");
  const path = zagPaths(ctx.env).database;
  if (!flags.has("global")) {
    const { key } = await resolveProject({ root: flags.get("root"), cwd: ctx.cwd });
    const own = glanceAtSessions({ path, project: key ?? null, limit: MOST_READ });
    if (own.length > 0) return own;
  }
  return glanceAtSessions({ path, project: undefined, limit: MOST_READ });
}

/** Names, and the ids of sessions without one; by its beginning every id. */
function sessionsOf(sessions: readonly GlancedSession[], word: string): Candidate[] {
  const found: Candidate[] = [];
  for (const session of sessions) {
    const { sessionId, name } = session;
    if (name !== null && name.startsWith(word)) {
      found.push({ value: name, about: `${sessionId.slice(0, 8)} ${aboutSession(session)}` });
    }
    if (sessionId.startsWith(word) && (name === null || word !== "")) {
      found.push({ value: sessionId, about: `${name ?? ""} ${aboutSession(session)}`.trim() });
    }
  }
  return unique(found).slice(0, MOST_SESSIONS);
}

/** Sessions that wait for the end of a usage limit, by what they wait for. */
async function incidents(ctx: CliContext): Promise<Candidate[]> {
  const [{ glanceAtWaits }, { localTime }] = await Promise.all([
    import("../sessions/glance.ts"),
    import("../events/render/local_time.ts"),
  ]);
  const found = glanceAtWaits({ path: zagPaths(ctx.env).database, limit: MOST_SESSIONS });
  return found.map(({ incidentId, sessionId, sessionName, wakeAt }) => ({
    value: incidentId,
    about: `${sessionName ?? sessionId.slice(0, 8)}, until ${localTime(wakeAt)}`,
  }));
}

function aboutSession({ provider, outcome, createdAt }: GlancedSession): string {
  const ended = outcome === null ? "not ended" : outcome === "success" ? "completed" : "failed";
  return `${provider}, ${ended}, ${createdAt.slice(0, 16).replace("T", " ")}`;
}

function namesOf(sessions: readonly GlancedSession[]): Candidate[] {
  return unique(
    sessions.flatMap((session) =>
      session.name === null ? [] : [{ value: session.name, about: aboutSession(session) }]
    ),
  );
}

function tagsOf(sessions: readonly GlancedSession[]): Candidate[] {
  return unique(sessions.flatMap(({ tags }) => tags.map((value) => ({ value }))));
}

/** Runs that go on, by the names of their sessions or by id; `self` from within one. */
async function runs(ctx: CliContext, given: Given, word: string): Promise<Candidate[]> {
  const { glanceAtRuns } = await import("../sessions/glance.ts");
  const found = glanceAtRuns({ path: zagPaths(ctx.env).database, limit: MOST_SESSIONS });
  const self = given.path[0] === "ps" && ctx.env.get("ZAG_PROCESS_ID");
  return unique([
    ...self ? [{ value: "self", about: "The run that this is a part of" }] : [],
    ...found.flatMap(({ id, agentPid, provider, sessionName }) => [
      // Behind --ps a name means nothing.
      ...sessionName !== null && given.path[0] === "ps" && !given.flags.has("ps")
        ? [{ value: sessionName, about: `${provider}, ${id.slice(0, 8)}` }]
        : [{ value: id, about: `${provider} ${sessionName ?? ""}`.trim() }],
      ...word !== "" && agentPid !== null
        ? [{ value: id, about: provider }, { value: String(agentPid), about: provider }]
        : [],
    ]),
  ]);
}

const CONFIG_WORDS = ["list", "get", "set", "unset", "path", "init", "reset"];

/** The words of `config`: what to do, keys, and the values that a key can have. */
async function settings(ctx: CliContext, given: Given, word: string): Promise<Candidate[]> {
  const { findKey, settingOf, SETTINGS, shortKey } = await import("../config/keys.ts");
  // Of many alike nobody wants to hear before they are wanted.
  const offered = [...SETTINGS].filter(([, { rare }]) => !rare || /^\w+\.p/.test(word));
  const keys = offered.map(([key, { brief }]) => ({ value: shortKey(key), about: brief }));
  const [first, second, ...more] = given.operands;
  const valuesOf = async (text: string): Promise<Candidate[]> => {
    const key = findKey(text);
    const setting = key === undefined ? undefined : settingOf(key);
    if (key === undefined || setting === undefined) return [];
    if (setting.choices) return setting.choices.map((value) => ({ value: String(value) }));
    if (setting.type === "boolean") return [{ value: "true" }, { value: "false" }];
    if (key.startsWith("models.")) return await models(key.slice("models.".length));
    return /^(defaults|auto)\.model$/.test(key) ? await models(await providerOf(ctx, given)) : [];
  };
  if (first === undefined) {
    const named = /^([a-z_.]+)=/.exec(word)?.[1];
    if (named === undefined) {
      const actions = CONFIG_WORDS.map((value) => ({ value, about: undefined }));
      // Whoever begins with a section goes on with it.
      const full = /^(?:defaults|models)\./.test(word)
        ? [...SETTINGS].map(([key, { brief }]) => ({ value: key, about: brief }))
        : [];
      return unique([...keys, ...actions, ...full]);
    }
    return (await valuesOf(named)).map((each) => ({ ...each, value: `${named}=${each.value}` }));
  }
  if (second === undefined) {
    if (!["get", "set", "unset"].includes(first)) return await valuesOf(first);
    return /^(?:defaults|models)\./.test(word)
      ? [...SETTINGS].map(([key, { brief }]) => ({ value: key, about: brief }))
      : keys;
  }
  return first === "set" && more.length === 0 ? await valuesOf(second) : [];
}

async function topics(routes: readonly Route[], { operands }: Given): Promise<Candidate[]> {
  const [{ topicsOf }, { isGroup }] = await Promise.all([
    import("./man_page.ts"),
    import("./command.ts"),
  ]);
  if (operands.length === 0) {
    return topicsOf(routes).map(({ name, brief }) => ({ value: name, about: brief }));
  }
  const group = routes.find(({ name }) => name === operands[0]);
  if (operands.length > 1 || group === undefined || !isGroup(group)) return [];
  return group.commands.filter(({ hidden }) => !hidden)
    .map(({ name, brief }) => ({ value: name, about: brief }));
}

async function servers(ctx: CliContext, { flags }: Given): Promise<Candidate[]> {
  const paths = zagPaths(ctx.env);
  const { key } = await resolveProject({ root: flags.get("root"), cwd: ctx.cwd });
  const nameOf = ({ name }: Deno.DirEntry) => /^(.+)\.toml$/.exec(name)?.[1];
  const own = key === undefined ? [] : await entries(paths.projectMcp(key), nameOf);
  return unique([...own, ...await entries(paths.globalMcp, nameOf)]);
}

async function entries(
  directory: string,
  nameOf: (entry: Deno.DirEntry) => string | undefined,
): Promise<Candidate[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(directory)) {
      const name = nameOf(entry);
      if (name !== undefined) names.push(name);
    }
  } catch {
    // There is none yet.
  }
  return names.sort().map((value) => ({ value }));
}

function unique(candidates: readonly Candidate[]): Candidate[] {
  const seen = new Set<string>();
  return candidates.filter(({ value }) => !seen.has(value) && seen.add(value));
}
