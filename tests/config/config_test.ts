import {
  ConfigError,
  configFiles,
  loadConfig,
  loadProjectConfig,
  readLayer,
} from "../../src/config/config.ts";
import { zagPaths } from "../../src/config/paths.ts";
import { resolveProject } from "../../src/config/project.ts";
import { TestHome } from "../support/zag.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";

/** Reads a text as a file, and returns what was read or what is said about it. */
async function read(text: string): Promise<unknown> {
  await using home = await TestHome.create();
  const path = `${home.path}/zag.jsonc`;
  await Deno.writeTextFile(path, text);
  try {
    return await loadConfig([path]);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const hint = error.hint === undefined ? "" : `\n${error.hint}`;
    return error.message.replace(`Cannot use the configuration ${path}:`, "") + hint;
  }
}

Deno.test("loadConfig reads comments, trailing commas, a byte order mark and an empty file", async () => {
  const model = { "defaults.model": "x" };
  assertEquals(await read('\ufeff// a\r\n{"defaults": {"model": "x",},}'), model);
  assertEquals(await read('{"$schema": 5, "defaults": {}, "models": {}}'), {});
  for (const text of ["", " \n", "// nothing\n"]) assertEquals(await read(text), {});
});

Deno.test("loadConfig reads choices in any case as the lower one", async () => {
  assertEquals(
    await read('{"defaults": {"provider": "Codex"}, "listen": {"format": "JSON"}}'),
    { "defaults.provider": "codex", "listen.format": "json" },
  );
});

Deno.test("loadConfig says where a file cannot be used, why, and what was meant", async () => {
  const cases: [text: string, said: string][] = [
    ["{\n oops }", "2:2: invalid symbol"],
    ["[]", "1:1: it must hold one JSON object"],
    [
      '{\n  "default": {}\n}',
      '2:3: unknown key "default"\nDid you mean "defaults"?\nThe sections are ',
    ],
    ['{"model": "x"}', '1:2: unknown key "model"\nWrite it as {"defaults": {"model": ...}}'],
    [
      '{"defaults": {"modle": "x"}}',
      '1:15: unknown key "defaults.modle"\nDid you mean "defaults.model"?',
    ],
    ['{"models": {"__proto__": "x"}}', '1:13: unknown key "models.__proto__"'],
    ['{"defaults": "x"}', "1:14: defaults: it must be an object of settings"],
    ['{"defaults": {"model": 5}}', "1:24: defaults.model: it must be a string"],
    ['{"defaults": {"model": " "}}', "1:24: defaults.model: it must not be empty"],
    [
      '{"defaults": {"max_turns": 0}}',
      "1:28: defaults.max_turns: it must be a whole number above 0",
    ],
    ['{"defaults": {"max_turns": 4294967296}}', "1:28: defaults.max_turns: it must be"],
    [
      '{"defaults": {"auto_approve": "yes"}}',
      "1:31: defaults.auto_approve: it must be true or false",
    ],
    ['{"defaults": {"provider": "clude"}}', "1:27: defaults.provider: it must be one of claude, "],
    ['{"defaults": {"model": "x", "model": "y"}}', '1:29: "model" stands here for the second time'],
    ['{"auto": {}, "auto": {}}', '1:14: "auto" stands here for the second time'],
  ];
  for (const [text, said] of cases) assertStringIncludes(String(await read(text)), said, text);
});

/** A repository in the working directory, and where its settings lie. */
async function repository(home: TestHome) {
  await Deno.mkdir(`${home.work}/.git`);
  await Deno.writeTextFile(`${home.work}/.git/HEAD`, "ref: refs/heads/main\n");
  const env = home.env();
  const paths = zagPaths({ get: (name) => env[name] });
  const project = await resolveProject({ cwd: home.work });
  const [own, general] = await configFiles(paths, project);
  for (const file of [own!, general!]) {
    for (const path of [file.path, file.original]) {
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    }
  }
  return { paths, project, own: own!, general: general! };
}

const TOML = `# mine
[defaults]
provider = "Codex"
model = "large"
auto_approve = true
max_turns = 9
colour = "red"

[models]
codex = "gpt"

[usage_limits]
enabled = false
[usage_limits.providers.codex]
extra_patterns = ["a"]

[listen]
format = "json"
`;

Deno.test("loadConfig blames a file for whoever cannot be notified, without saying what may be a secret", async () => {
  assertStringIncludes(
    String(await read('{"notify": {"target": "ftp://secret"}}')),
    "1:23: notify.target: it must be desktop, an http or https URL",
  );
  assertEquals(
    await read('{"notify": {\n"target": "command: "}}'),
    "2:11: notify.target: no program stands behind command:",
  );
  assertEquals(
    await read('{"notify": {"on": "end,start"}}'),
    "1:19: notify.on: it must be one of end, failure, limit, question",
  );
  assertEquals(await read('{"notify": {"target": "./tell", "on": "End , limit"}}'), {
    "notify.target": "./tell",
    "notify.on": "End , limit",
  });
});

Deno.test("configFiles finds the original's file of a repository under the original's name", async () => {
  await using home = await TestHome.create();
  const { own, general } = await repository(home);
  const key = home.work.slice(1).replaceAll("/", "-");
  assertEquals(own.original, `${home.path}/.zag/projects/${key}/zag.toml`);
  assertEquals(general.original, `${home.path}/.zag/zag.toml`);
});

Deno.test("readLayer takes what the original's file says until there is a zag.jsonc", async () => {
  await using home = await TestHome.create();
  const { own } = await repository(home);
  await Deno.writeTextFile(own.original, TOML);
  const layer = await readLayer(own);
  assertEquals(layer.source, own.original);
  assertEquals(layer.config, {
    "defaults.provider": "codex",
    "defaults.model": "large",
    "defaults.auto_approve": true,
    "defaults.max_turns": 9,
    "models.codex": "gpt",
    "listen.format": "json",
    "usage_limits.enabled": false,
    "usage_limits.providers.codex.extra_patterns": ["a"],
  });
  assertEquals(layer.leftOut, ["defaults.colour"]);
  assertEquals(await Deno.readTextFile(own.original), TOML);
  await Deno.writeTextFile(own.path, "{}");
  assertEquals((await readLayer(own)).config, {});
});

Deno.test("loadProjectConfig merges the files of both programs key by key", async () => {
  await using home = await TestHome.create();
  const { paths, project, own, general } = await repository(home);
  await Deno.writeTextFile(own.original, '[defaults]\nmodel = "large"\n');
  await Deno.writeTextFile(general.path, '{"defaults": {"model": "small", "max_turns": 4}}');
  const { config, globalConfig } = await loadProjectConfig(paths, project);
  assertEquals(config, { "defaults.model": "large", "defaults.max_turns": 4 });
  assertEquals(globalConfig, { "defaults.model": "small", "defaults.max_turns": 4 });
});

Deno.test("a zag.toml that the original wrote by itself sets nothing", async () => {
  await using home = await TestHome.create();
  const { general } = await repository(home);
  await Deno.writeTextFile(
    general.original,
    '# zag\n[defaults]\nmodel = "medium"\n# provider = "x"\n',
  );
  assertEquals((await readLayer(general)).config, {});
  await Deno.writeTextFile(general.original, '[defaults]\nmodel = "medium"\nmax_turns = 2\n');
  assertEquals((await readLayer(general)).config, {
    "defaults.model": "medium",
    "defaults.max_turns": 2,
  });
});

Deno.test("a zag.toml that cannot be used is an error with its place", async () => {
  await using home = await TestHome.create();
  const { general } = await repository(home);
  const cases: [text: string, said: string][] = [
    ["[defaults]\nmodel = \n", ":3:1: "],
    ["[defaults\n", ":1:"],
    ["[auto]\nmodel = 'x'\n[defaults]\n  model = 5\n", ":4:3: defaults.model: it must be a string"],
    ["[defaults]\nmax_turns = 0\n", ":2:1: defaults.max_turns: it must be a whole number above 0"],
    ['[defaults]\nprovider = "cloud"\n', ":2:1: defaults.provider: it must be one of claude"],
  ];
  for (const [text, said] of cases) {
    await Deno.writeTextFile(general.original, text);
    const error = await assertRejects(() => readLayer(general), ConfigError);
    assertStringIncludes(error.message, `${general.original}${said}`);
    assertStringIncludes(error.hint ?? "", "zag config reset");
  }
});

Deno.test("a zag.toml says of a wrong usage limit where it stands", async () => {
  await using home = await TestHome.create();
  const { own } = await repository(home);
  const cases: [text: string, place: string, key: string][] = [
    ["[usage_limits]\njitter_secs = -1\n", "2:1", "usage_limits.jitter_secs"],
    [
      "[usage_limits.providers.codex]\n  enabled = 1\n",
      "2:3",
      "usage_limits.providers.codex.enabled",
    ],
    [
      "[usage_limits]\nproviders.codex.fallback_secs = true\n",
      "2:1",
      "usage_limits.providers.codex.fallback_secs",
    ],
  ];
  for (const [text, place, key] of cases) {
    await Deno.writeTextFile(own.original, text);
    const error = await assertRejects(() => readLayer(own), ConfigError);
    assertEquals(`${error.line}:${error.column}`, place, text);
    assertStringIncludes(error.message, `${key}: it must be`);
  }
});

Deno.test("a wrong usage limit of a file is refused with its place", async () => {
  await using home = await TestHome.create();
  const path = `${home.path}/zag.jsonc`;
  const cases: [text: string, place: string, why: string][] = [
    ['{"usage_limits": {\n "jitter_secs": 1.5}}', "2:17", "it must be a whole number"],
    ['{"usage_limits": {"providers": 5}}', "1:32", "it must be an object of settings"],
    [
      '{"usage_limits": {"providers": {"claude":\n{"extra_patterns": "x"}}}}',
      "2:20",
      "it must be an array of texts",
    ],
    ['{"usage_limits": {"providers": {"nobody": {}}}}', "1:33", "unknown key"],
    ['{"usage_limits": {"providers.claude": {}}}', "1:19", "unknown key"],
    ['{"usage_limits": {"providers": {}, "providers": {}}}', "1:36", "for the second time"],
  ];
  for (const [text, place, why] of cases) {
    await Deno.writeTextFile(path, text);
    const error = await assertRejects(() => loadConfig([path]), ConfigError);
    assertEquals(`${error.line}:${error.column}`, place, text);
    assertStringIncludes(error.message, why);
  }
});
