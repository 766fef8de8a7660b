/** The programs of the system that zag uses. */
import type { Host } from "../host.ts";
import { findProgram } from "../processes/which.ts";
import { isOlder } from "../providers/version.ts";
import { versionOf } from "./doctor_agents.ts";
import { failedLook, type Finding, shellWord } from "./doctor_findings.ts";

interface Program {
  readonly name: string;
  /** What does not work without it. */
  readonly use: string;
  /** Without it much is lost, or only what few people use. */
  readonly level: "warning" | "info";
  /** It prints its version, which takes a moment. */
  readonly hasVersion?: boolean;
  /** The oldest version that has what zag uses. */
  readonly oldest?: string;
  /** By package manager, where it is not the name of the program. */
  readonly packages?: Readonly<Record<string, string>>;
}

const COREUTILS = { "apt-get": "coreutils", dnf: "coreutils", apk: "coreutils" };
const PROCPS = { "apt-get": "procps", dnf: "procps-ng", apk: "procps" };

const PROGRAMS: readonly Program[] = [
  {
    name: "git",
    use: '"zag review" and --worktree need it',
    level: "warning",
    hasVersion: true,
    oldest: "2.31.0",
  },
  {
    name: "docker",
    use: "--sandbox needs it",
    level: "info",
    hasVersion: true,
    packages: { "apt-get": "docker.io", brew: "--cask docker" },
  },
  {
    name: "mkfifo",
    use: '"zag spawn -I" needs it',
    level: "warning",
    packages: COREUTILS,
  },
  { name: "ps", use: "processes are found with it", level: "warning", packages: PROCPS },
  { name: "kill", use: "agents are ended with it", level: "warning", packages: PROCPS },
];

/** What installs packages, best first. */
const MANAGERS: readonly (readonly [name: string, command: string])[] = [
  ["brew", "brew install"],
  ["apt-get", "sudo apt-get install"],
  ["dnf", "sudo dnf install"],
  ["apk", "sudo apk add"],
  ["pacman", "sudo pacman -S"],
  ["zypper", "sudo zypper install"],
];

const LIMIT_MS = 3000;

/** Which of them are there. */
export async function examinePrograms(host: Host, signal: AbortSignal): Promise<Finding[]> {
  const here = PROGRAMS.filter(({ name }) =>
    Deno.build.os !== "windows" || !["mkfifo", "ps", "kill"].includes(name)
  );
  const looks = await Promise.allSettled([
    ...here.map((program) => lookAt(program, host, signal)),
    ownProgram(host),
  ]);
  return looks.flatMap((look, index) => {
    if (look.status === "fulfilled") return look.value ?? [];
    const { name } = here[index] ?? { name: "zag" };
    return failedLook(`programs.${name}`, name, look.reason);
  });
}

async function lookAt(program: Program, host: Host, signal: AbortSignal): Promise<Finding> {
  const { name, use, level, oldest } = program;
  const id = `programs.${name}`;
  const path = await find(name, host);
  if (path === undefined) {
    const fix = await installCommand(program, host);
    return { id, level, text: `${name}: not on PATH; ${use}`, fix, facts: { path: null } };
  }
  if (!program.hasVersion) {
    return { id, level: "ok", text: `${name}: ${path}`, facts: { path } };
  }
  const { version, problem } = await versionOf(path, host, {
    limitMs: LIMIT_MS,
    signal,
    accepts: (version) => oldest === undefined || !isOlder(version, oldest),
  });
  const facts = { path, version: version ?? null };
  if (version === undefined) {
    return { id, level, text: `${name}: ${path}: ${problem}; ${use}`, facts };
  }
  if (oldest !== undefined && isOlder(version, oldest)) {
    const text = `${name} ${version}: too old, zag wants ${oldest} or newer; ${use}`;
    return { id, level, text, fix: await installCommand(program, host), facts };
  }
  return { id, level: "ok", text: `${name} ${version}: ${path}`, facts };
}

/** The program that starts sessions in the background, where somebody names one. */
async function ownProgram(host: Host): Promise<Finding | undefined> {
  const named = host.env.get("ZAG_BIN");
  if (!named) return undefined;
  const path = await find(named, host);
  return {
    id: "programs.ZAG_BIN",
    level: path === undefined ? "problem" : "ok",
    text: path === undefined
      ? `ZAG_BIN names ${JSON.stringify(named)}, which is no program: no session can be spawned`
      : `ZAG_BIN: ${path}`,
    ...(path === undefined && { fix: "unset ZAG_BIN" }),
    facts: { path: path ?? null },
  };
}

async function installCommand({ name, packages }: Program, host: Host): Promise<string> {
  for (const [manager, command] of MANAGERS) {
    if (await find(manager, host) === undefined) continue;
    return `${command} ${packages?.[manager] ?? shellWord(name)}`;
  }
  return `Install ${name} and put it on PATH`;
}

async function find(name: string, { env, cwd }: Host): Promise<string | undefined> {
  return await findProgram(name, {
    path: env.get("PATH") ?? "",
    pathExt: env.get("PATHEXT"),
    cwd,
  });
}
