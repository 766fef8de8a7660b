/**
 * Wraps a plan so that its agent runs in a Docker sandbox: a small virtual machine that sees the
 * workspace and nothing else of this one. Does no I/O, and knows no provider.
 */
import { join } from "node:path";
import type { LaunchPlan } from "../providers/launch_plan.ts";
import type { SandboxTemplate } from "../providers/provider.ts";
import { SandboxError } from "./errors.ts";

/** A sandbox, as it is made and entered. */
export interface Sandbox {
  readonly name: string;
  readonly template: SandboxTemplate;
  /** The directory that the agent works in, absolute; it has the same path inside. */
  readonly workspace: string;
  /** A private directory for this sandbox alone, absolute; it has the same path inside. */
  readonly shared: string;
  /** Other directories that the agent may use, absolute. */
  readonly extra?: readonly string[];
}

/** Whether a text can name a sandbox: letters, digits, `.`, `_`, `-`, at most 100. */
export function isSandboxName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name) && !name.includes("..");
}

/**
 * Returns the name if it is one.
 *
 * @throws {SandboxError} `bad-name`
 */
export function checkSandboxName(name: string): string {
  if (isSandboxName(name)) return name;
  throw new SandboxError(
    "bad-name",
    `Cannot use ${JSON.stringify(name.slice(0, 120))} as the name of a sandbox: it must be 1 to ` +
      '100 letters, digits, ".", "_" or "-", and begin with a letter or digit',
    { hint: "For example: --sandbox box, or --sandbox alone for a name of zag's own" },
  );
}

/** The arguments for `docker` that make the sandbox and start nothing in it. */
export function createArgs(sandbox: Sandbox): string[] {
  return ["sandbox", "create", ...description(sandbox)];
}

/**
 * The plan that runs the agent of another plan in a sandbox. What the agent finds in its environment
 * goes into a file that only the sandbox sees: the command takes no variables, and what it took
 * everybody could read in the process list.
 *
 * @param variables The agent's own environment: nothing of this machine's.
 * @throws {SandboxError} `unsupported` for an agent that is a part of zag.
 */
export function sandboxed(
  plan: LaunchPlan,
  sandbox: Sandbox,
  variables: Readonly<Record<string, string>>,
): LaunchPlan {
  if (typeof plan.program !== "string") {
    throw new SandboxError(
      "unsupported",
      "Cannot use --sandbox here: this agent is a part of zag, and there is none in the sandbox",
      { hint: 'Leave --sandbox out, or start an interactive session with "zag run"' },
    );
  }
  const inner = innerArgs(plan.program, plan.args, sandbox.template);
  const { joinedEnv: _, ...rest } = plan;
  return {
    ...rest,
    program: "docker",
    args: [
      "sandbox",
      "run",
      ...description(sandbox),
      ...inner.length === 0 ? [] : ["--", ...inner],
    ],
    env: {},
    files: [...plan.files, {
      path: variablesFile(sandbox.shared),
      content: exports(variables),
    }],
  };
}

/** The file with the agent's variables; it exists while the agent runs. */
export function variablesFile(shared: string): string {
  return join(shared, "variables.sh");
}

/** The line that makes every shell in the sandbox, and what it starts, read the variables. */
export function variablesHook(shared: string): string {
  const file = quote(variablesFile(shared));
  return `[ ! -r ${file} ] || . ${file}`;
}

/** A name, an image, an agent and the directories that it sees: the first is where it works. */
function description({ name, template, workspace, shared, extra = [] }: Sandbox): string[] {
  const { image, agent } = template;
  return ["--name", name, "--template", image, agent, workspace, shared, ...extra];
}

function innerArgs(
  program: string,
  args: readonly string[],
  { shell = false, implied = [] }: SandboxTemplate,
): string[] {
  if (shell) return ["-c", [program, ...args].map(quote).join(" ")];
  // A first argument that is no flag replaces what Docker would give by itself.
  if (!args[0]?.startsWith("-")) return [...args];
  const end = args.indexOf("--");
  return args.filter((arg, index) => !implied.includes(arg) || end !== -1 && index > end);
}

/** One word for a shell, whatever is in it. */
export function quote(text: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function exports(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables).filter(([name]) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    .map(([name, value]) => `export ${name}=${quote(value)}\n`).join("");
}
