/**
 * Installs the agent command lines that the tests in `tests/providers` run, each at the version
 * that they were written for, into `.cache/agents/<name>@<version>/`. Needs Node and npm alone.
 *
 * `deno run -A scripts/install_agents.ts [--print] [NAME...]`
 *
 * Without names, all of them. With `--print`, stdout is the directories to put on PATH, one a line. What is there already is
 * left as it is; several of these programs may run at once.
 *
 * | variable | meaning, here and for the tests |
 * |---|---|
 * | `ZAG_TEST_AGENTS` | other versions, for example `claude@2.1.200`; separated by commas |
 * | `ZAG_TEST_AGENTS_DIR` | another directory than `.cache/agents`, absolute |
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A command line that npm can install. */
export interface Agent {
  readonly package: string;
  readonly version: string;
  /** Program name; `PROGRAM --version` prints the version. */
  readonly program: string;
  /** Script of the package that completes the installation; some npms do not run it. */
  readonly postinstall?: string;
}

/** The versions under test. */
export const AGENTS = {
  claude: {
    package: "@anthropic-ai/claude-code",
    version: "2.1.197",
    program: "claude",
    postinstall: "install.cjs",
  },
  codex: { package: "@openai/codex", version: "0.169.0", program: "codex" },
  gemini: { package: "@google/gemini-cli", version: "0.61.0", program: "gemini" },
  copilot: { package: "@github/copilot", version: "1.0.102", program: "copilot" },
} as const satisfies Record<string, Agent>;

/** Names of the agents that can be installed. */
export type AgentName = keyof typeof AGENTS;

const NETWORK =
  /\b(E?NETWORK|ECONN\w+|ENOTFOUND|EAI_AGAIN|E?TIMEDOUT|ESOCKETTIMEDOUT|ERR_SOCKET\w*|EINTEGRITY|E5\d\d|E429)\b|network/i;

/** Where an agent is installed, and what. */
export interface InstalledAgent {
  readonly version: string;
  /** The directory with its program, for PATH. */
  readonly bin: string;
}

/** The agent, if it is installed. */
export async function installedAgent(name: AgentName): Promise<InstalledAgent | undefined> {
  const { home, version, bin } = placeOf(name);
  return await exists(join(home, STAMP)) ? { version, bin } : undefined;
}

/** Makes sure that an agent is installed. */
export async function installAgent(name: AgentName): Promise<InstalledAgent> {
  const { agent, cache, home, version, bin } = placeOf(name);
  const installed = { version, bin };
  if (await exists(join(home, STAMP))) return installed;
  await Deno.mkdir(cache, { recursive: true });
  // Whoever comes second waits for the first one's work instead of repeating it.
  using lock = await Deno.open(join(cache, `.${name}.lock`), { create: true, write: true });
  await lock.lock(true);
  if (await exists(join(home, STAMP))) return installed;
  const fresh = join(cache, `.new-${name}-${crypto.randomUUID()}`);
  try {
    await Deno.mkdir(fresh);
    await install(agent, fresh);
    await Deno.writeTextFile(join(fresh, STAMP), `${agent.package}@${agent.version}\n`);
    await Deno.remove(home, { recursive: true }).catch(ignoreMissing);
    await Deno.rename(fresh, home);
  } finally {
    await Deno.remove(fresh, { recursive: true }).catch(ignoreMissing);
  }
  return installed;
}

function placeOf(name: AgentName) {
  const agent: Agent = { ...AGENTS[name], version: wantedVersion(name) };
  const cache = Deno.env.get("ZAG_TEST_AGENTS_DIR") ??
    fileURLToPath(new URL("../.cache/agents", import.meta.url));
  const home = join(cache, `${name}@${agent.version}`);
  return { agent, cache, home, version: agent.version, bin: join(home, "node_modules", ".bin") };
}

/** Written last: a directory that has it is complete and its program has run. */
const STAMP = "installed.txt";

function wantedVersion(name: AgentName): string {
  for (const item of (Deno.env.get("ZAG_TEST_AGENTS") ?? "").split(",")) {
    const [given, version] = item.trim().split("@");
    if (given === name && version) return version;
  }
  return AGENTS[name].version;
}

async function install(agent: Agent, directory: string): Promise<void> {
  const what = `${agent.package}@${agent.version}`;
  console.error(`Installing ${what}`);
  const args = ["install", "--prefix", directory, "--no-audit", "--no-fund", what];
  let npm = await run("npm", args, directory);
  if (npm.code !== 0 && NETWORK.test(npm.said)) {
    console.error("Trying once more after a failure of the network");
    npm = await run("npm", args, directory);
  }
  if (npm.code !== 0) throw new Error(`npm could not install ${what}:\n${npm.said}`);
  const program = join(directory, "node_modules", ".bin", agent.program);
  let version = await run(program, ["--version"], directory);
  if (!version.said.includes(agent.version) && agent.postinstall !== undefined) {
    const home = join(directory, "node_modules", agent.package);
    await run("node", [agent.postinstall], home);
    version = await run(program, ["--version"], directory);
  }
  if (!version.said.includes(agent.version)) {
    throw new Error(`${what} was installed but does not run:\n${version.said}`);
  }
}

async function run(
  program: string,
  args: string[],
  cwd: string,
): Promise<{ code: number; said: string }> {
  // On Windows npm is a script, which has to be named with its extension.
  const file = Deno.build.os === "windows" && program === "npm" ? "npm.cmd" : program;
  try {
    const { code, stdout, stderr } = await new Deno.Command(file, {
      args,
      cwd,
      // A program that updates itself, or calls a newer one in its cache, names another version.
      env: {
        NO_UPDATE_NOTIFIER: "1",
        DISABLE_AUTOUPDATER: "1",
        COPILOT_AUTO_UPDATE: "false",
        GEMINI_CLI_NO_RELAUNCH: "true",
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    const decoder = new TextDecoder();
    return { code, said: decoder.decode(stdout) + decoder.decode(stderr) };
  } catch (error) {
    return { code: -1, said: `${program}: ${(error as Error).message}` };
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

function wantedNames(given: readonly string[]): AgentName[] {
  const known = Object.keys(AGENTS) as AgentName[];
  const unknown = given.find((name) => !known.some((agent) => agent === name));
  if (unknown !== undefined) {
    throw new Error(`There is no agent "${unknown}": the names are ${known.join(", ")}`);
  }
  return given.length === 0 ? known : given as AgentName[];
}

if (import.meta.main) {
  const print = Deno.args.includes("--print");
  try {
    for (const name of wantedNames(Deno.args.filter((arg) => arg !== "--print"))) {
      const { bin, version } = await installAgent(name);
      console.log(print ? bin : `${name} ${version} is in ${bin}`);
    }
  } catch (error) {
    console.error(`error: ${(error as Error).message}`);
    Deno.exitCode = 1;
  }
}
