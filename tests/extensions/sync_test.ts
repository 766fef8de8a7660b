import { provider as claude } from "../../src/providers/claude/mod.ts";
import { syncExtensions } from "../../src/extensions/sync.ts";
import { waitFor } from "../support/living.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Extended, stdioServer } from "./support.ts";

Deno.test("syncExtensions() does nothing, and makes nothing, where nothing is configured", async () => {
  await using home = await Extended.create();
  await home.write(".claude.json", '{"mcpServers": {"zag-old": {}}}');
  const before = home.looks();
  for (const provider of ["claude", "codex", "gemini", "copilot", "ollama", "mock"]) {
    assertEquals(await home.sync(provider, "p-1"), { systemPrompt: undefined });
  }
  assertEquals([home.looks(), home.warnings], [before, []]);
});

Deno.test("syncExtensions() gives the provider skills and servers, and touches nothing the next time", async () => {
  await using home = await Extended.create();
  await home.skill("first");
  await home.server(stdioServer("one"));
  await home.sync("claude");
  assertEquals(await home.servers(".claude.json"), ["zag-one"]);
  assertEquals(
    await Deno.readLink(`${home.path}/.claude/skills/zag-first`),
    `${home.paths.skills}/first`,
  );
  const before = home.looks();
  await home.sync("claude");
  assertEquals(home.looks(), before);
  assertEquals(await home.read(".gemini/settings.json"), undefined, "only the one that starts");
});

Deno.test("syncExtensions() sees every change: of a server, of a skill, of the agent's own file", async () => {
  await using home = await Extended.create();
  const path = await home.server(stdioServer("one"));
  await home.sync("gemini");
  const settings = ".gemini/settings.json";
  await Deno.writeTextFile(path, 'command = "another"\n');
  await home.sync("gemini");
  assert((await home.read(settings))!.includes('"another"'));
  await home.skill("late");
  await home.sync("gemini");
  assertEquals([...Deno.readDirSync(`${home.path}/.gemini/skills`)].length, 1);
  await home.write(settings, '{"mine": 1}');
  await home.sync("gemini");
  assertEquals(await home.servers(settings), ["zag-one"]);
  await Deno.remove(path);
  await home.sync("gemini");
  assertEquals(await home.read(settings), '{"mine": 1}');
});

Deno.test("syncExtensions() leaves no server of one project to the sessions of another", async () => {
  await using home = await Extended.create();
  await home.server(stdioServer("all"));
  await home.server(stdioServer("mine"), "a-1");
  await home.server(stdioServer("all", { command: "special" }), "a-1");
  await home.server(stdioServer("yours"), "b-2");
  await home.sync("copilot", "a-1");
  const settings = ".copilot/mcp-config.json";
  assertEquals(await home.servers(settings), ["zag-all", "zag-mine"]);
  assert((await home.read(settings))!.includes("special"));
  await home.sync("copilot", "b-2");
  assertEquals(await home.servers(settings), ["zag-all", "zag-yours"]);
  assert(!(await home.read(settings))!.includes("special"));
  await home.sync("copilot");
  assertEquals(await home.servers(settings), ["zag-all"]);
});

Deno.test("syncExtensions() follows the variables that move the agents' directories", async () => {
  const moved: [string, Record<string, string>, string][] = [
    ["claude", { CLAUDE_CONFIG_DIR: "/moved" }, "moved/.claude.json"],
    ["codex", { CODEX_HOME: "/moved" }, "moved/config.toml"],
    ["gemini", { GEMINI_CLI_HOME: "/moved" }, "moved/.gemini/settings.json"],
    ["copilot", { COPILOT_HOME: "/moved" }, "moved/mcp-config.json"],
  ];
  for (const [provider, env, file] of moved) {
    await using home = await Extended.create();
    await home.server(stdioServer("one"));
    const [[name, value]] = Object.entries(env) as [[string, string]];
    await home.sync(provider, undefined, { [name]: home.path + value });
    assert((await home.read(file))?.includes("zag-one"), provider);
  }
});

Deno.test("syncExtensions() warns of what it cannot do, each time, and does the rest", async () => {
  await using home = await Extended.create();
  await home.write(".zag/skills/bad/SKILL.md", "no front matter");
  await home.write(".zag/mcp/bad.toml", 'transport = "pigeon"');
  await home.skill("good");
  await home.server(stdioServer("good"));
  for (const _ of [1, 2]) {
    home.warnings.length = 0;
    await home.sync("claude");
    assertEquals(home.warnings.length, 2);
    assert(home.warnings[0]!.includes(`the skill "${home.path}/.zag/skills/bad"`));
    assert(home.warnings[1]!.includes('the transport must be stdio or http, not "pigeon"'));
  }
  assertEquals(await home.servers(".claude.json"), ["zag-good"]);
  assert(Deno.lstatSync(`${home.path}/.claude/skills/zag-good`).isSymlink);
});

Deno.test("syncExtensions() never throws: a file that is no JSON is told about and left alone", async () => {
  await using home = await Extended.create();
  await home.server(stdioServer("one"));
  await home.write(".claude.json", "{");
  await home.sync("claude");
  assertEquals(await home.read(".claude.json"), "{");
  assertEquals(home.warnings.length, 1);
  assert(home.warnings[0]!.includes(`Cannot change "${home.path}/.claude.json": it is no JSON`));
});

Deno.test("syncExtensions() returns the skills for a model that is told about them", async () => {
  await using home = await Extended.create();
  const path = await home.skill("tests", "How tests are run");
  await Deno.writeTextFile(path, "\nRun them all.\n", { append: true });
  const { systemPrompt } = await home.sync("ollama");
  assert(systemPrompt!.includes("## tests\n\nHow tests are run\n\n# tests\n"));
  assert(systemPrompt!.endsWith("Run them all."));
});

Deno.test("syncExtensions() from many at once leaves one whole entry each", async () => {
  await using home = await Extended.create();
  await home.write(".claude.json", '{\n  "a": 1\n}\n');
  const options = (project: string) => ({
    paths: home.paths,
    project,
    provider: claude,
    home: home.path,
    env: {},
    warn: (message: string) => home.warnings.push(message),
  });
  const projects = ["p-1", "p-2", "p-3"];
  for (const project of projects) await home.server(stdioServer(project), project);
  await Promise.all(
    Array.from({ length: 30 }, (_, index) => syncExtensions(options(projects[index % 3]!))),
  );
  assertEquals((await home.servers(".claude.json")).length, 1);
  await home.sync("claude");
  assertEquals(await home.read(".claude.json"), '{\n  "a": 1\n}\n');
  assertEquals(home.warnings.filter((each) => !each.startsWith("Another zag")), []);
});

/**
 * Another program that counts in a file, as Claude Code writes its own: whole, and with a lock. It
 * ends when it has counted so far and is told that it is enough, and prints how far it came.
 */
const COUNTER = `
import { existsSync } from "node:fs";
const [path, times, enough] = Deno.args;
let done = 0;
while (done < Number(times) || !existsSync(enough)) {
  try {
    Deno.mkdirSync(path + ".lock");
  } catch {
    continue;
  }
  const value = JSON.parse(Deno.readTextFileSync(path));
  value.count++;
  Deno.writeTextFileSync(path + ".other", JSON.stringify(value, null, 2));
  Deno.renameSync(path + ".other", path);
  Deno.removeSync(path + ".lock");
  done++;
}
console.log(done);
`;

Deno.test("syncExtensions() and an agent that writes its file at the same time lose nothing of each other", async () => {
  await using home = await Extended.create();
  const server = await home.server(stdioServer("one"));
  await home.write(".claude.json", JSON.stringify({ count: 0, mcpServers: {} }, null, 2));
  await home.write("counter.ts", COUNTER);
  const file = `${home.path}/.claude.json`;
  const enough = `${home.path}/enough`;
  const times = 3000;
  const counter = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", `${home.path}/counter.ts`, file, String(times), enough],
    stdout: "piped",
  }).spawn();
  const countOf = async () => JSON.parse(await Deno.readTextFile(file)).count;
  await waitFor("the counter", async () => await countOf() > 0 || undefined);
  for (let syncs = 0; syncs < 10 || await countOf() < times; syncs++) {
    await Deno.writeTextFile(server, `command = "server-${syncs}"\n`);
    await home.sync("claude");
    const text = await Deno.readTextFile(file);
    assert(text.includes(`"server-${syncs}"`), `${home.warnings} ${text}`);
  }
  await Deno.writeTextFile(enough, "");
  const { stdout } = await counter.output();
  const counted = Number(new TextDecoder().decode(stdout));
  const { count, mcpServers } = JSON.parse(await Deno.readTextFile(file));
  assertEquals([count, Object.keys(mcpServers)], [counted, ["zag-one"]]);
  assertEquals(home.warnings, []);
});

Deno.test("syncExtensions() removes the copy of an agent's file that a killed process has left", async () => {
  await using home = await Extended.create();
  await home.write(".claude.json", '{"secret": 1}');
  await home.server(stdioServer("one"));
  const fifo = `${home.path}/wait`;
  // The process is killed at the moment in which the copy is whole and has no name yet.
  const script = `
    import { syncExtensions } from ${
    JSON.stringify(import.meta.resolve("../../src/extensions/sync.ts"))
  };
    import { zagPaths } from ${JSON.stringify(import.meta.resolve("../../src/config/paths.ts"))};
    import { provider } from ${
    JSON.stringify(import.meta.resolve("../../src/providers/claude/mod.ts"))
  };
    Deno.rename = () => { console.log("now"); return new Promise(() => setInterval(() => {}, 1e6)); };
    Deno.link = Deno.rename;
    await Deno.mkdir(${JSON.stringify(`${home.paths.syncState}`)}, { recursive: true });
    const home = ${JSON.stringify(home.path)};
    const own = Deno.rename;
    Deno.rename = (from, to) => to.toString().endsWith(".claude.json") ? own() : (Deno.renameSync(from, to), Promise.resolve());
    Deno.link = (from, to) => (Deno.linkSync(from, to), Promise.resolve());
    await syncExtensions({
      paths: zagPaths(new Map([["HOME", home]])), project: undefined, provider, home, env: {},
      warn: console.error,
    });`;
  await Deno.writeTextFile(fifo, script);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--config",
      new URL("../../deno.json", import.meta.url).pathname,
      "--ext=ts",
      fifo,
    ],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  child.kill("SIGKILL");
  await child.status;
  const copies = () =>
    [...Deno.readDirSync(home.path)].map(({ name }) => name).filter((name) => /tmp$/.test(name));
  assertEquals(copies().length, 1);
  await home.sync("claude");
  assertEquals(copies(), []);
  assertEquals(await home.servers(".claude.json"), ["zag-one"]);
  assertEquals(home.warnings, []);
});
