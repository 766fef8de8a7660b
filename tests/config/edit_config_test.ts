import { ConfigError, type ConfigFile } from "../../src/config/config.ts";
import { initConfig, resetConfig, setConfigValue } from "../../src/config/edit_config.ts";
import { zagPaths } from "../../src/config/paths.ts";
import { schemaText } from "../../src/config/schema.ts";
import { TestHome } from "../support/zag.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";

async function given() {
  const home = await TestHome.create();
  const env = home.env();
  const paths = zagPaths({ get: (name) => env[name] });
  const file: ConfigFile = {
    scope: "global",
    path: paths.globalConfig,
    original: paths.originalConfig(),
  };
  const write = async (path: string, text: string, mode = 0o600) => {
    await Deno.mkdir(paths.home, { recursive: true });
    await Deno.writeTextFile(path, text, { mode });
    await Deno.chmod(path, mode);
  };
  const files = () => [...Deno.readDirSync(paths.home)].map(({ name }) => name).sort();
  return {
    paths,
    file,
    write,
    files,
    text: () => Deno.readTextFile(file.path),
    home,
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  };
}

Deno.test("setConfigValue makes a private file that names its schema", async () => {
  await using it = await given();
  const { paths, file } = it;
  const edited = await setConfigValue(paths, file, "defaults.model", "large");
  assertEquals(edited, { created: true, takenOver: undefined });
  assertEquals(
    await it.text(),
    '{\n  "$schema": "./zag.schema.json",\n  "defaults": {\n    "model": "large"\n  }\n}\n',
  );
  assertEquals(it.files(), ["config.lock", "zag.jsonc", "zag.schema.json"]);
  for (const name of it.files()) {
    assertEquals((await Deno.stat(`${paths.home}/${name}`)).mode! & 0o777, 0o600, name);
  }
  assertEquals((await Deno.stat(paths.home)).mode! & 0o777, 0o700);
  assertEquals(await Deno.readTextFile(paths.configSchema), schemaText());
});

Deno.test("setConfigValue names the schema from where a project's file lies", async () => {
  await using it = await given();
  const file = { ...it.file, path: it.paths.projectConfig("app-1") };
  await initConfig(it.paths, file);
  assertStringIncludes(
    await Deno.readTextFile(file.path),
    '"$schema": "../../zag.schema.json"',
  );
});

Deno.test("setConfigValue keeps the mode, and a link stays a link", async () => {
  await using it = await given();
  const { paths, file } = it;
  const real = `${it.home.work}/dotfiles.jsonc`;
  await it.write(real, "// mine\n{}\n", 0o640);
  await Deno.symlink("../work/dotfiles.jsonc", file.path);
  await setConfigValue(paths, file, "defaults.max_turns", 5);
  assertEquals((await Deno.lstat(file.path)).isSymlink, true);
  assertEquals((await Deno.stat(real)).mode! & 0o777, 0o640);
  assertStringIncludes(await Deno.readTextFile(real), '// mine\n{\n  "defaults"');
  assertEquals([...Deno.readDirSync(it.home.work)].map(({ name }) => name), ["dotfiles.jsonc"]);
});

Deno.test("setConfigValue leaves a file alone that it cannot parse", async () => {
  await using it = await given();
  const { paths, file } = it;
  const broken = '{"defaults": {"model": "x"}\n// and my notes\n';
  await it.write(file.path, broken);
  await assertRejects(() => setConfigValue(paths, file, "defaults.model", "y"), ConfigError);
  await assertRejects(() => setConfigValue(paths, file, "defaults.model", undefined), ConfigError);
  assertEquals(await it.text(), broken);
  assertEquals(it.files().filter((name) => name.endsWith(".tmp")), []);
});

Deno.test("setConfigValue mends a wrong value, and writes nothing where nothing changes", async () => {
  await using it = await given();
  const { paths, file } = it;
  await it.write(file.path, '{"defaults": {"max_turns": "many"}}');
  await setConfigValue(paths, file, "defaults.max_turns", 5);
  assertEquals(await it.text(), '{"defaults": {"max_turns": 5}}');
  const { ino } = await Deno.stat(file.path);
  await setConfigValue(paths, file, "defaults.max_turns", 5);
  await setConfigValue(paths, file, "defaults.model", undefined);
  assertEquals((await Deno.stat(file.path)).ino, ino);
});

Deno.test("setConfigValue takes nothing out of a file that is not there", async () => {
  await using it = await given();
  await setConfigValue(it.paths, it.file, "defaults.model", undefined);
  assertEquals(await Deno.stat(it.paths.home).catch(() => "none"), "none");
});

Deno.test("setConfigValue takes the original's file over with the first edit", async () => {
  await using it = await given();
  const { paths, file } = it;
  const toml = '[defaults]\nmodel = "large"\nmax_turns = 3\nold = 1\n';
  await it.write(file.original, toml);
  const { takenOver } = await setConfigValue(paths, file, "defaults.max_turns", undefined);
  assertEquals([takenOver?.source, takenOver?.leftOut], [file.original, ["defaults.old"]]);
  assertEquals(
    await it.text(),
    '{\n  "$schema": "./zag.schema.json",\n  "defaults": {\n    "model": "large"\n  }\n}\n',
  );
  assertEquals(await Deno.readTextFile(file.original), toml);
  assertEquals((await setConfigValue(paths, file, "auto.model", "x")).takenOver, undefined);
});

Deno.test("initConfig explains every setting, and makes nothing twice", async () => {
  await using it = await given();
  const { paths, file } = it;
  await it.write(file.original, '[listen]\nformat = "json"\n');
  assertEquals((await initConfig(paths, file))?.created, true);
  const text = await it.text();
  assertStringIncludes(text, '// "model": ');
  assertStringIncludes(text, '    "format": "json"\n');
  assertEquals(await initConfig(paths, file), undefined);
  assertEquals(await it.text(), text);
});

Deno.test("resetConfig keeps every file that it replaces", async () => {
  await using it = await given();
  const { paths, file } = it;
  const now = new Date("2026-01-02T03:04:05.678Z");
  assertEquals(await resetConfig(paths, file, now), undefined);
  const fresh = await it.text();
  const kept: string[] = [];
  for (const text of ["{ broken", "{}"]) {
    await it.write(file.path, text);
    const backup = await resetConfig(paths, file, now);
    kept.push(backup!.slice(paths.home.length + 1), await Deno.readTextFile(backup!));
    assertEquals(await it.text(), fresh);
  }
  assertEquals(kept, [
    "zag.jsonc.2026-01-02T03-04-05.bak",
    "{ broken",
    "zag.jsonc.2026-01-02T03-04-05-2.bak",
    "{}",
  ]);
});
