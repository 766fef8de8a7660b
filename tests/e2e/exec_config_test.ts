import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { inHome, mock, script } from "./support.ts";

async function configure(home: TestHome, text: string, project?: string): Promise<void> {
  const directory = project ?? `${home.path}/.zag`;
  await Deno.mkdir(directory, { recursive: true });
  await Deno.writeTextFile(`${directory}/zag.jsonc`, text);
}

/** Makes the working directory a repository and returns the state directory of that project. */
async function repository(home: TestHome): Promise<string> {
  await new Deno.Command("git", { args: ["init", "-q"], cwd: home.work }).output();
  await mock(home, []);
  const project = String(home.rows("sessions").at(-1)?.project);
  return `${home.path}/.zag/projects/${project}`;
}

/** What reached the mock agent. */
async function received(home: TestHome, args: string[] = []): Promise<Record<string, unknown>> {
  const { stdout } = await mock(home, [{ do: "prompt" }], ["hi", ...args]);
  return JSON.parse(stdout);
}

Deno.test(
  "exec takes provider, model, permissions, turns and system prompt from the configuration",
  inHome(async (home) => {
    await configure(
      home,
      `{
        // comments are fine
        "defaults": {
          "provider": "mock", "model": "small", "auto_approve": true,
          "max_turns": 7, "system_prompt": "be brief",
        },
      }`,
    );
    const { stdout } = await home.zag(["exec", "hi"], { env: script([{ do: "prompt" }]) });
    const got = JSON.parse(stdout);
    assertEquals(
      [got.model, got.auto_approve, got.max_turns, got.system_prompt],
      ["mock-small", true, 7, "be brief"],
    );
    const flags = await received(home, ["-m", "large", "--max-turns", "3", "-s", "be long"]);
    assertEquals(
      [flags.model, flags.max_turns, flags.system_prompt],
      ["mock-large", 3, "be long"],
    );
    await configure(home, `{"defaults": {"model": "small"}, "models": {"mock": "large"}}`);
    assertEquals((await received(home)).model, "mock-large");
  }),
);

Deno.test(
  "exec lets the project's configuration win over the global one, key by key",
  inHome(async (home) => {
    const project = await repository(home);
    await configure(home, `{"defaults": {"model": "small", "max_turns": 7}}`);
    await configure(home, `{"defaults": {"model": "large"}}`, project);
    const inside = await received(home);
    assertEquals([inside.model, inside.max_turns], ["mock-large", 7]);
    await Deno.mkdir(`${home.path}/elsewhere`);
    const outside = await received(home, ["--root", `${home.path}/elsewhere`]);
    assertEquals([outside.model, outside.max_turns], ["mock-small", 7]);
  }),
);

Deno.test(
  "exec reads nothing from the repository itself, and writes no configuration",
  inHome(async (home) => {
    const project = await repository(home);
    const approve = `{"defaults": {"auto_approve": true}}`;
    for (const path of ["zag.jsonc", ".zag/zag.jsonc", "zag.toml"]) {
      await configure(home, approve, `${home.work}/${path}`.replace(/\/[^/]+$/, ""));
    }
    assertEquals((await received(home)).auto_approve, false);
    for (const path of [`${project}/zag.jsonc`, `${home.path}/.zag/zag.jsonc`]) {
      assertEquals(await Deno.stat(path).catch(() => "none"), "none");
    }
  }),
);

Deno.test(
  "exec names the file of a project's configuration that it cannot use",
  inHome(async (home) => {
    const project = await repository(home);
    await configure(home, "{\n oops }", project);
    const { code, stderr } = await mock(home, []);
    assertEquals(code, 1);
    assertStringIncludes(stderr, `Cannot use the configuration ${project}/zag.jsonc:2:2: `);
  }),
);
