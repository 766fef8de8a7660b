/** The state directory is moved or copied, with everything in it. */
import { DatabaseSync } from "node:sqlite";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { inHome, mock, script } from "./support.ts";

const TURNS = script([{ do: "say", text: "a needle" }], [{ do: "say", text: "once more" }]);

/** All files below a directory, by their paths in it. */
async function contents(directory: string, below = ""): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const { name, isDirectory } of Deno.readDir(`${directory}/${below}`)) {
    const path = below + name;
    if (isDirectory) {
      for (const [file, text] of await contents(directory, `${path}/`)) files.set(file, text);
    } else {files.set(
        path,
        new TextDecoder("latin1").decode(await Deno.readFile(`${directory}/${path}`)),
      );}
  }
  return files;
}

/** A home with a session inside of a project and one outside, both indexed for searching. */
async function record(home: TestHome): Promise<string> {
  const project = `${home.path}/project`;
  await Deno.mkdir(project);
  await new Deno.Command("git", { args: ["init", "-q"], cwd: project }).output();
  await mock(home, [{ do: "say", text: "a needle" }], ["hi", "--name", "in"], { cwd: project });
  await mock(home, [{ do: "say", text: "a needle" }], ["hi", "--name", "out"]);
  assertEquals((await home.zag(["search", "needle", "--global", "--index"])).code, 0);
  return project;
}

/** Uses the sessions of a state directory in every way that needs their logs. */
async function use(home: TestHome, state: string, project: string): Promise<void> {
  const zag = async (...args: string[]) => {
    const env = { ...TURNS, ZAG_HOME: state };
    const { code, stdout, stderr } = await home.zag(args, { env, cwd: project });
    assertEquals([code, stderr.includes(`${home.path}/.zag/`)], [0, false], `${args}: ${stderr}`);
    return stdout;
  };
  const listed = JSON.parse(await zag("session", "list", "--global", "--json"));
  assertEquals(listed.map(({ name }: { name: string }) => name), ["out", "in"]);
  for (const name of ["in", "out"]) {
    assertEquals(await zag("output", name), "a needle\n");
    const { log_path } = JSON.parse(await zag("session", "show", name, "--json"));
    assertStringIncludes(log_path, `${state}/`);
  }
  assertEquals(await zag("search", "needle", "--global", "--count"), "2\n");
  assertEquals(await zag("search", "needle", "--global", "--index", "--count"), "2\n");
  assertEquals(await zag("search", "needle", "--global", "--count"), "2\n");
  await zag("log", "noted", "--session", "in");
  assertStringIncludes(await zag("events", "in", "--json"), "noted");
  assertEquals(await zag("exec", "more", "--resume", "in"), "once more\n");
  await zag("session", "update", "in", "--tag", "t");
  await zag("session", "delete", "in");
  // What is left says the same as the logs.
  await Deno.remove(`${state}/zag.db`);
  const rebuilt = JSON.parse(await zag("session", "list", "--global", "--json"));
  assertEquals(rebuilt.map(({ name }: { name: string }) => name), ["out"]);
}

/** Makes the index what it was when paths were absolute. */
function withAbsolutePaths(home: TestHome): void {
  const rows = home.rows("sessions");
  using database = new DatabaseSync(`${home.path}/.zag/zag.db`, { timeout: 10_000 });
  const update = database.prepare("UPDATE sessions SET log_path = ? WHERE session_id = ?");
  for (const row of rows) update.run(String(row.log_path), String(row.session_id));
}

for (const [paths, prepare] of [["relative", () => {}], ["absolute", withAbsolutePaths]] as const) {
  Deno.test(
    `a state directory with ${paths} paths can be moved`,
    inHome(async (home) => {
      const project = await record(home);
      prepare(home);
      await Deno.rename(`${home.path}/.zag`, `${home.path}/moved`);
      await use(home, `${home.path}/moved`, project);
    }),
  );

  Deno.test(
    `a copy of a state directory with ${paths} paths leaves the original alone`,
    inHome(async (home) => {
      const project = await record(home);
      prepare(home);
      const original = `${home.path}/.zag`;
      const { success } = await new Deno.Command("cp", {
        args: ["-r", original, `${home.path}/copy`],
      }).output();
      assertEquals(success, true);
      const before = await contents(original);
      await use(home, `${home.path}/copy`, project);
      assertEquals(await contents(original), before);
    }),
  );
}
