/** From rows of the table of permissions to what they mean in this place, and whether it is there. */
import { dirname, join, resolve } from "node:path";
import {
  type EnvReader,
  PLACE_VARIABLES,
  USUAL_HOME,
  WINDOWS_HOME_VARIABLE,
  zagPaths,
} from "../config/paths.ts";
import { AGENTS, ALL, type Grants, ROW_KINDS, type RowKind } from "../permissions.ts";
import { isGranted } from "./permissions.ts";
import { ownProgram } from "./own_program.ts";

/** One thing that Deno has to allow. */
export interface Need {
  readonly kind: RowKind;
  /** What Deno's flag is given: a name, a path, a host; undefined for all of the kind. */
  readonly value: string | undefined;
  /** What it is for. */
  readonly why: string;
}

/** Where a command runs. */
export interface NeedPlace {
  readonly env: EnvReader;
  readonly cwd: string;
  /** `--root`. */
  readonly root?: string | undefined;
  /** The provider, if it is known: of the others nothing is needed. */
  readonly provider?: string | undefined;
}

const WHY: Readonly<Record<string, string>> = {
  STATE: "sessions, logs and settings",
  PROJECT: "the project",
  AGENT: "the agent",
  AGENT_FILES: "what the agent keeps in the home directory",
  RUNTIME: "to start zag again, for agents and in the background",
  OLLAMA: "the server of Ollama",
  USER_HOME: "to replace a file of the agent's there",
  TEMP: "files for a moment",
  ps: "to tell which processes are alive",
  kill: "to end processes",
  git: "to see and keep changes",
  mkfifo: "to make the pipe of a session",
  docker: "to make the sandbox",
  stty: "to put the terminal right",
  uid: "to tell whether this is root",
};

/** What is said of a kind as a whole. */
const WHY_ALL: Readonly<Record<RowKind, string>> = {
  env: "an agent gets the whole environment",
  read: "files of yours",
  write: "files of yours",
  run: "any program",
  net: "any server",
  sys: "the machine",
  ffi: "terminals for agents",
};

/** What rows mean here, each value once. Reads nothing that is not allowed, and asks for nothing. */
export function needsOf(grants: Grants, place: NeedPlace): Need[] {
  const needs = new Map<string, Need>();
  for (const kind of ROW_KINDS) {
    for (const value of grants[kind] ?? []) {
      const why = value === ALL ? WHY_ALL[kind] : WHY[value] ?? (kind === "env" ? ENV_WHY : "");
      for (const each of value === ALL ? [undefined] : valuesOf(value, place)) {
        needs.set(`${kind} ${each}`, { kind, value: each, why });
      }
    }
  }
  return [...needs.values()];
}

const ENV_WHY = "where things are, and which session this is";

/** Whether a need is met: without asking the person, and not in part. */
export function isMet({ kind, value }: Need): boolean {
  return isGranted(value === undefined ? { name: kind } : descriptorOf(kind, value));
}

function descriptorOf(kind: RowKind, value: string): Deno.PermissionDescriptor {
  switch (kind) {
    case "read":
    case "write":
      return { name: kind, path: value };
    case "env":
      return { name: kind, variable: value };
    case "run":
      return { name: kind, command: value };
    case "net":
      return { name: kind, host: value };
    case "sys":
      return { name: kind, kind: value } as Deno.SysPermissionDescriptor;
    case "ffi":
      return { name: kind, path: value };
  }
}

function valuesOf(value: string, place: NeedPlace): string[] {
  switch (value) {
    case "STATE":
      return stateDirectories(place);
    case "PROJECT":
      return projectPlaces(place);
    case "AGENT":
      return agents(place).map(({ program }) => program);
    case "AGENT_FILES":
      return [...new Set(agents(place).flatMap((agent) => agentFiles(agent, place)))];
    case "RUNTIME":
      return [ownProgram()];
    case "OLLAMA":
      return [ollamaHost(place)];
    case "USER_HOME":
      return [userHome(place)].filter((path) => path !== undefined);
    case "TEMP":
      return [variable("TMPDIR", place) ?? "/tmp"];
    case PLACE_VARIABLES[0]:
      return Deno.build.os === "windows" ? [value, WINDOWS_HOME_VARIABLE] : [value];
    default:
      return [value];
  }
}

function stateDirectories(place: NeedPlace): string[] {
  try {
    const { home, userLogs } = zagPaths({ get: (name) => variable(name, place) });
    return userLogs === undefined ? [home] : [home, userLogs];
  } catch {
    // Nothing says where it is; that is for the command to complain about.
    return [];
  }
}

/** Deno's own call: Node's module for files takes 8 ms to load, with every agent that is started. */
function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** A checkout is found by its `.git`, from the working directory up. */
function projectPlaces({ cwd, root }: NeedPlace): string[] {
  const start = root === undefined ? cwd : resolve(cwd, root);
  // Without it nothing can be told of what is around it.
  if (!isGranted({ name: "read", path: start })) return [start];
  const above: string[] = [];
  for (let dir = start;; dir = dirname(dir)) {
    const git = join(dir, ".git");
    if (isGranted({ name: "read", path: git }) && isThere(git)) {
      return [...new Set([start, dir])];
    }
    if (dir !== start) above.push(git);
    if (dirname(dir) === dir) return [start, ...above];
  }
}

type Agent = typeof AGENTS[string];

function agents({ provider }: NeedPlace): Agent[] {
  if (provider === undefined) return Object.values(AGENTS);
  const agent = AGENTS[provider];
  return agent === undefined ? [] : [agent];
}

function agentFiles({ directory, files, variable: name, namesHome }: Agent, place: NeedPlace) {
  const home = userHome(place);
  const moved = name === undefined ? undefined : variable(name, place);
  const base = namesHome ? moved ?? home : home;
  const own = !namesHome && moved ? moved : base && directory && join(base, directory);
  return [own, ...files.map((file) => home && join(home, file))].filter((path) =>
    !!path
  ) as string[];
}

function userHome(place: NeedPlace): string | undefined {
  try {
    return zagPaths({ get: (name) => variable(name, place) }).userHome;
  } catch {
    return undefined;
  }
}

function ollamaHost(place: NeedPlace): string {
  const value = variable("OLLAMA_HOST", place)?.trim().replace(/^\w+:\/\//, "").split("/")[0];
  if (!value) return "127.0.0.1:11434";
  return /:\d+$/.test(value) ? value : `${value}:11434`;
}

/** The value of a variable that may be read; one that may not is missing anyway. */
function variable(name: string, { env }: NeedPlace): string | undefined {
  return isGranted({ name: "env", variable: name }) ? env.get(name) || undefined : undefined;
}

/**
 * What no flag names: where the state directory is cannot be told while the home directory is not known.
 * Undefined where it can, or nothing is needed of it.
 */
export function unknownState(grants: readonly Grants[], place: NeedPlace): string | undefined {
  const kinds = ROW_KINDS.filter((kind) => grants.some((each) => each[kind]?.includes("STATE")));
  if (kinds.length === 0 || stateDirectories(place).length > 0) return undefined;
  return `${
    kinds.map((kind) => `--allow-${kind}`).join(" and ")
  } for the state directory, ${USUAL_HOME}`;
}

/**
 * Flags for needs, one for each kind, in the order of the kinds. Deno splits lists at commas, and knows
 * no way to quote one: for such a path it takes all of the kind.
 */
export function flagsFor(needs: readonly Need[]): string[] {
  return ROW_KINDS.flatMap((kind) => {
    const ofKind = needs.filter((need) => need.kind === kind);
    if (ofKind.length === 0) return [];
    const isWhole = ofKind.some(({ value }) => value === undefined || value.includes(","));
    if (isWhole) return [`--allow-${kind}`];
    return [`--allow-${kind}=${ofKind.map(({ value }) => value).join(",")}`];
  });
}

/** What is missing and why: a line for each reason. */
export function reasonsFor(missing: readonly Need[]): string[] {
  const groups = Map.groupBy(missing, ({ kind, why }) => `${kind}\n${why}`);
  return [...groups.values()].map((group) => `${flagsFor(group).join(" ")}  ${group[0]!.why}`);
}

/**
 * Variables of the dynamic linker that are set: with one of them Deno starts nothing from a list of
 * allowed programs. Where the environment may not be listed, Deno is asked by a start that cannot
 * succeed.
 *
 * @param program One that may be run.
 */
export function linkerVariables(
  env: EnvReader & { toObject(): object },
  program: string,
): string[] {
  if (isGranted({ name: "run" })) return [];
  if (isGranted({ name: "env" })) {
    return Object.keys(env.toObject()).filter((name) => /^(LD|DYLD)_/.test(name));
  }
  try {
    new Deno.Command(program, { cwd: "\0" }).outputSync();
  } catch (error) {
    const names = linkerNames(error);
    if (names !== undefined) return names;
  }
  return [];
}

/** The variables of the dynamic linker for which Deno has refused to start a program. */
export function linkerNames(error: unknown): string[] | undefined {
  if (!(error instanceof Deno.errors.NotCapable)) return undefined;
  return error.message.match(/\b(LD|DYLD)_\w+/g) ?? undefined;
}
