/** A repository in a test's home, and the worktrees that zag makes of it. */
import type { Step } from "../../src/providers/mock/script.ts";
import { assert } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";

/** Makes `home.work` a repository with one commit. */
export async function repository(home: TestHome): Promise<void> {
  await Deno.writeTextFile(
    `${home.path}/.gitconfig`,
    "[user]\nname = t\nemail = t@example.org\n[init]\ndefaultBranch = main\n" +
      '[protocol "file"]\nallow = always\n',
  );
  await Deno.writeTextFile(`${home.work}/a.txt`, "a\n");
  await git(home, "init", "-q");
  await git(home, "add", ".");
  await git(home, "commit", "-q", "-m", "first");
}

/** Runs git in `home.work`, or where `-C` says, and returns what it prints. */
export async function git(home: TestHome, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args,
    cwd: home.work,
    env: home.env(),
    clearEnv: true,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  assert(success, `git ${args.join(" ")}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout).trim();
}

/** Directories of the worktrees below the state directory, by their names. */
export function worktrees(home: TestHome): Record<string, string> {
  const found: Record<string, string> = {};
  const root = `${home.path}/.zag/worktrees`;
  for (const repository of list(root)) {
    for (const name of list(`${root}/${repository}`)) {
      if (!name.endsWith("+.json")) found[name] = `${root}/${repository}/${name}`;
    }
  }
  return found;
}

/** The branches of the repository. */
export async function branches(home: TestHome): Promise<string[]> {
  const text = await git(home, "for-each-ref", "--format=%(refname:short)", "refs/heads");
  return text.split("\n");
}

/** A step that writes a file where the agent works, and one that says where that is. */
export function writes(file: string): Step[] {
  return [
    { do: "run", command: ["sh", "-c", `echo new > ${file}`] },
    { do: "say", text: "done" },
  ];
}

/** Whether there is something. */
export function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function list(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
  } catch {
    return [];
  }
}

/** What the index says about where the sessions work, and what it says when it is made anew. */
export async function placesTwice(home: TestHome): Promise<[unknown, unknown]> {
  const places = () =>
    home.rows("sessions").map((row) => ({
      id: row.session_id,
      worktree: [row.is_worktree, row.worktree_name],
      sandbox: row.sandbox_name,
      workspace: row.workspace_path,
      cwd: row.cwd,
      project: row.project,
      model: row.model,
    })).sort((a, b) => String(a.id).localeCompare(String(b.id)));
  const before = places();
  for (const ending of ["", "-wal", "-shm"]) {
    await Deno.remove(`${home.path}/.zag/zag.db${ending}`).catch(() => {});
  }
  await home.zag(["session", "list"]);
  return [before, places()];
}
