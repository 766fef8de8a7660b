/** A run of each command for the tests of its permissions, and the flags of Deno that it is run with. */
import { type Extra, PERMISSIONS } from "../../src/permissions.ts";
import { flagsFor, type Need, needsOf } from "../../src/processes/permission_needs.ts";
import { type Finished, MAIN, type TestHome } from "./zag.ts";

/** One run of a command. */
export interface PermissionCase {
  /** The words of the command, as the table has them. */
  readonly command: string;
  /** All that stands after the name of the program. */
  readonly args: readonly string[];
  /** Which cases of the row this is: by a flag, or by what is said of the case. */
  readonly extras?: readonly string[];
  readonly env?: Record<string, string>;
  readonly stdin?: string;
  /** The exit code of a run that has what it needs. @default 0 */
  readonly code?: number;
  /** It needs a terminal. */
  readonly terminal?: boolean;
  /** It goes on until somebody interrupts it. */
  readonly interrupted?: boolean;
  /** A session of this name runs while it does. */
  readonly living?: string;
}

const HANG = JSON.stringify({ turns: [{ steps: [{ do: "hang" }] }] });
const ANSWER = JSON.stringify({
  turns: [{ steps: [{ do: "say", text: "yes" }] }],
  after: "repeat-last",
});

/** Runs that cover each command, and each of its cases that can be had without a real agent. */
export const CASES: readonly PermissionCase[] = [
  { command: "run", args: ["-p", "mock", "run", "hi"], terminal: true },
  { command: "exec", args: ["-p", "mock", "exec", "hi"] },
  { command: "exec", args: ["-p", "mock", "-w", "exec", "hi"], extras: ["worktree"] },
  {
    command: "exec",
    args: ["-p", "mock", "--permissions={}", "--ask-command", "echo deny", "exec", "hi"],
    extras: ["askCommand"],
  },
  {
    command: "exec",
    args: ["-p", "mock", "--notify", "command:true", "exec", "hi"],
    extras: ["notify"],
  },
  { command: "plan", args: ["-p", "mock", "plan", "a goal"] },
  { command: "review", args: ["-p", "mock", "review", "--uncommitted"] },
  { command: "spawn", args: ["-p", "mock", "spawn", "hi"] },
  {
    command: "spawn",
    args: ["-p", "mock", "spawn", "-I", "--name", "pipe", "hi"],
    extras: ["interactive"],
  },
  { command: "session list", args: ["session", "list"] },
  { command: "session show", args: ["session", "show", "done"] },
  { command: "session update", args: ["session", "update", "done", "--tag", "new"] },
  { command: "session delete", args: ["session", "delete", "old"] },
  { command: "session import", args: ["session", "import", "--global"] },
  { command: "input", args: ["input", "--session", "done", "more"] },
  { command: "broadcast", args: ["broadcast", "--tag", "told", "more"] },
  { command: "listen", args: ["listen", "done"] },
  { command: "watch", args: ["watch", "done", "--on", "session_ended", "--once", "--json"] },
  { command: "subscribe", args: ["subscribe"], interrupted: true, code: 130 },
  { command: "events", args: ["events", "done"] },
  { command: "status", args: ["status", "done"] },
  { command: "wait", args: ["wait", "done"] },
  { command: "output", args: ["output", "done"] },
  { command: "collect", args: ["collect", "done"] },
  { command: "pipe", args: ["-p", "mock", "pipe", "done", "--", "more"] },
  { command: "retry", args: ["retry", "done"] },
  { command: "ps list", args: ["ps", "list"] },
  { command: "ps show", args: ["ps", "show", "shown"], living: "shown" },
  { command: "ps stop", args: ["ps", "stop", "stopped"], living: "stopped" },
  { command: "ps kill", args: ["ps", "kill", "killed"], living: "killed" },
  { command: "cancel", args: ["cancel", "cancelled"], living: "cancelled" },
  { command: "usage list", args: ["usage", "list"] },
  { command: "usage show", args: ["usage", "show", "done"], code: 1 },
  { command: "usage cancel", args: ["usage", "cancel", "done"], code: 1 },
  { command: "usage resume", args: ["usage", "resume", "done"], code: 1 },
  { command: "usage run", args: ["usage", "run"] },
  { command: "search", args: ["search", "hi"] },
  { command: "summary", args: ["summary", "done"] },
  { command: "log", args: ["log", "--session", "done", "a word"] },
  { command: "cost", args: ["cost"] },
  { command: "permit", args: ["permit", "--list"] },
  { command: "whoami", args: ["whoami"], code: 1 },
  { command: "env", args: ["env", "done"] },
  { command: "gc", args: ["gc"] },
  { command: "gc", args: ["gc", "--force"], extras: ["force"] },
  { command: "config", args: ["config", "provider", "mock"] },
  { command: "skills list", args: ["skills", "list"] },
  { command: "skills add", args: ["skills", "add", "knots"] },
  { command: "skills show", args: ["skills", "show", "knots"] },
  { command: "skills sync", args: ["skills", "sync"] },
  { command: "skills import", args: ["skills", "import"] },
  { command: "skills remove", args: ["skills", "remove", "knots"] },
  { command: "mcp list", args: ["mcp", "list"] },
  { command: "mcp add", args: ["mcp", "add", "tools", "--command", "true"] },
  { command: "mcp show", args: ["mcp", "show", "tools"] },
  { command: "mcp sync", args: ["mcp", "sync"] },
  { command: "mcp import", args: ["mcp", "import"] },
  { command: "mcp remove", args: ["mcp", "remove", "tools"] },
  { command: "capability", args: ["-p", "claude", "capability"] },
  { command: "discover", args: ["-p", "mock", "discover"] },
  { command: "doctor", args: ["doctor"], code: 1 },
  { command: "upgrade", args: ["upgrade"], code: 1 },
  { command: "man", args: ["man", "exec"] },
  { command: "completions", args: ["completions", "bash"] },
  { command: "complete", args: ["complete", "bash", "--", "zag", "se"] },
  { command: "background", args: ["background", "nobody", "nothing"] },
  { command: "resume-waiting", args: ["resume-waiting", "nobody", "nothing"] },
  {
    command: "mock-agent",
    args: ["mock-agent", "--", "--output=events", "--session=s"],
    env: { ZAG_MOCK_STATE: "" },
  },
  {
    command: "ollama-agent",
    args: ["ollama-agent", "--", "--output=events", "--session=s"],
    code: 1,
  },
];

/** What the row of a case asks for in a home. */
export function needsOfCase(
  home: TestHome,
  { command, args, extras = [] }: PermissionCase,
): Need[] {
  const row = PERMISSIONS[command]!;
  const wanted = (extra: Extra) =>
    extras.some((name) => extra.when === name || extra.flags?.includes(name));
  const grants = [row.grants, ...row.extras.filter(wanted).map((extra) => extra.grants)];
  const env = home.env();
  const provider = args[0] === "-p" ? args[1] : row.provider;
  const place = { env: { get: (name: string) => env[name] }, cwd: home.work, provider };
  const needs = grants.flatMap((each) => needsOf(each, place));
  return [...new Map(needs.map((need) => [`${need.kind} ${need.value}`, need])).values()];
}

/** The command of Deno that runs a case with just these permissions. */
export function denoArgs(needs: readonly Need[], { args }: PermissionCase): string[] {
  return ["run", "--no-prompt", ...flagsFor(needs), MAIN, ...args];
}

/** Runs a case with just these permissions. */
export async function runCase(
  home: TestHome,
  each: PermissionCase,
  needs: readonly Need[],
): Promise<Finished> {
  const { code, signal, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: denoArgs(needs, each),
    cwd: home.work,
    env: home.env({ ZAG_MOCK_SCRIPT: ANSWER, ...each.env }),
    clearEnv: true,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, signal, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Fills a home with what the cases are about: a repository and sessions in it. */
export async function fillHome(home: TestHome): Promise<void> {
  const git = async (...args: string[]) => {
    const identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
    const { success } = await new Deno.Command("git", {
      args: ["-C", home.work, ...identity, ...args],
      env: home.env(),
      clearEnv: true,
      stdout: "null",
    }).output();
    if (!success) throw new Error(`git ${args[0]} failed`);
  };
  for (const agent of [".claude", ".codex", ".copilot", ".gemini"]) {
    await Deno.mkdir(`${home.path}/${agent}/skills`, { recursive: true });
  }
  await git("init", "--quiet");
  await git("commit", "--quiet", "--allow-empty", "--message", "first");
  await Deno.writeTextFile(`${home.work}/changed.txt`, "changed\n");
  for (const [name, tag] of [["done", "kept"], ["old", "kept"], ["other", "told"]] as const) {
    await zag(home, ["-p", "mock", "exec", "--name", name, "--tag", tag, "hi"], ANSWER);
  }
}

/** Starts the session of a case in the background, and waits until its agent is at work. */
export async function startLiving(home: TestHome, name: string): Promise<void> {
  await zag(home, ["-p", "mock", "spawn", "--name", name, "hi"], HANG);
}

async function zag(home: TestHome, args: readonly string[], script: string): Promise<void> {
  const { code, stderr } = await home.zag(args, { env: { ZAG_MOCK_SCRIPT: script } });
  if (code !== 0) throw new Error(`zag ${args.join(" ")}: ${code} ${stderr}`);
}
