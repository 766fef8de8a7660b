/** Runs a program that uses the library. */
import { fromFileUrl } from "../support/paths.ts";
import { assertEquals } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";

const PROGRAM = fromFileUrl(new URL("./children/program.ts", import.meta.url));

/** Runs a scenario of the program to its end; whatever it does, it must print nothing. */
export async function run(
  home: TestHome,
  scenario: string,
  { cwd = home.work, env = {} }: { cwd?: string; env?: Record<string, string> } = {},
  // deno-lint-ignore no-explicit-any -- each scenario returns JSON of its own shape
): Promise<any> {
  const output = `${home.path}/result.json`;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", PROGRAM, scenario, output],
    cwd,
    env: home.env({ PATH: `${home.bin}:/usr/bin:/bin`, ...env }),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  assertEquals([code, text.decode(stdout), text.decode(stderr)], [0, "", ""]);
  return JSON.parse(await Deno.readTextFile(output));
}

/** A repository with one commit; returns its directory. */
export async function repository(home: TestHome, files: Record<string, string>): Promise<string> {
  const git = async (...args: string[]) => {
    const { success, stderr } = await new Deno.Command("git", {
      args: ["-c", "user.name=n", "-c", "user.email=n@example.com", ...args],
      cwd: home.work,
      env: home.env(),
      clearEnv: true,
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  };
  await git("init", "-q", "-b", "main");
  await git("config", "user.name", "n");
  await git("config", "user.email", "n@example.com");
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${home.work}/${name}`, text);
  }
  await git("add", ".");
  await git("commit", "-qm", "first");
  return home.work;
}
