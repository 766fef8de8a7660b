import { extensions as claude } from "../../src/providers/claude/extensions.ts";
import { extensions as codex } from "../../src/providers/codex/extensions.ts";
import { extensions as copilot } from "../../src/providers/copilot/extensions.ts";
import type { McpServer, McpSettings } from "../../src/providers/extensions.ts";
import { extensions as gemini } from "../../src/providers/gemini/extensions.ts";
import { ForeignFileError } from "../../src/extensions/errors.ts";
import { type FileState, ownIn, updateSettings } from "../../src/extensions/settings_file.ts";
import { type Entries, foreignPart, loadEditor } from "../../src/extensions/settings_text.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { sizeOf } from "../support/size.ts";
import { Dice, jsonText, tomlText } from "./settings_texts.ts";

const AGENTS: readonly [name: string, mcp: McpSettings, text: (dice: Dice) => string][] = [
  ["claude", claude.mcp!, (dice) => jsonText(dice, true)],
  ["gemini", gemini.mcp!, (dice) => jsonText(dice, false)],
  ["copilot", copilot.mcp!, (dice) => jsonText(dice, dice.chance(50))],
  ["codex", codex.mcp!, tomlText],
];

const [CLAUDE, GEMINI, , CODEX] = AGENTS.map(([, mcp]) => mcp) as [
  McpSettings,
  McpSettings,
  McpSettings,
  McpSettings,
];

function server(name: string, more: Partial<McpServer> = {}): McpServer {
  return {
    name,
    description: "",
    transport: "stdio",
    command: "npx",
    args: ["-y", 'it\'s "x"\\'],
    headers: {},
    env: {},
    ...more,
  };
}

const SERVERS: readonly McpServer[] = [
  server("one"),
  server("two", { env: { A: "1", B: "ä\n\t€" }, args: [] }),
  {
    ...server("web"),
    transport: "http",
    url: "https://example.com/mcp",
    args: [],
    headers: { "X-Key": "s3cret" },
    bearerTokenEnvVar: "TOKEN",
  },
];

function entriesOf(mcp: McpSettings, servers: readonly McpServer[]): Entries {
  return Object.fromEntries(servers.map((each) => [`zag-${each.name}`, mcp.entry(each)]));
}

const nothing = () => Promise.resolve();

/** A file in a directory of its own, and what zag remembers of it. */
class Settings implements AsyncDisposable {
  readonly mcp: McpSettings;
  readonly directory: string;
  readonly path: string;
  state: FileState | undefined;

  private constructor(mcp: McpSettings, directory: string) {
    this.mcp = mcp;
    this.directory = directory;
    this.path = `${directory}/settings`;
  }

  static async create(mcp: McpSettings, text?: string): Promise<Settings> {
    const settings = new Settings(mcp, await Deno.makeTempDir({ prefix: "zag-settings-" }));
    if (text !== undefined) await Deno.writeTextFile(settings.path, text);
    return settings;
  }

  async update(servers: readonly McpServer[]): Promise<boolean> {
    const wanted = entriesOf(this.mcp, servers);
    const done = await updateSettings(this.path, this.mcp, wanted, this.state, nothing);
    // It is kept as JSON in between.
    this.state = done.state && JSON.parse(JSON.stringify(done.state));
    return done.changed;
  }

  /** Undefined where there is no file. */
  async text(): Promise<string | undefined> {
    const bytes = await Deno.readFile(this.path).catch(() => undefined);
    return bytes && new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  }

  /** What the CLI reads in it. */
  async read(): Promise<Record<string, unknown>> {
    const { parse } = await loadEditor(this.mcp);
    return parse((await this.text())!.replace(/^\ufeff/, ""));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.directory, { recursive: true });
  }
}

/** For each agent. */
const EDITS = sizeOf("ZAG_TEST_EDITS", 125);

for (const [name, mcp, make] of AGENTS) {
  Deno.test(`updateSettings() undoes ${EDITS} seeded edits of ${name}'s settings to the byte`, async () => {
    await using settings = await Settings.create(mcp);
    for (let seed = 1; seed <= EDITS; seed++) {
      const dice = new Dice(seed);
      const original = make(dice);
      const shown = () => `seed ${seed}: ${JSON.stringify(original)}`;
      await Deno.writeTextFile(settings.path, original);
      const before = await settings.read();
      const others = foreignPart(before, mcp.key);
      for (let step = 0; step < 1 + dice.below(3); step++) {
        const servers = SERVERS.filter(() => dice.chance(60));
        await settings.update(servers);
        const after = await settings.read();
        assertEquals(foreignPart(after, mcp.key), others, shown());
        assertEquals(await ownIn(settings.path, mcp), entriesOf(mcp, servers), shown());
        assertEquals(await settings.update(servers), false, shown());
      }
      await settings.update([]);
      assertEquals(await settings.text(), original, shown());
      assertEquals(settings.state, undefined, shown());
    }
  });

  Deno.test(`updateSettings() undoes what ${name} itself has added around it`, async () => {
    for (let seed = 1; seed <= EDITS / 5; seed++) {
      const dice = new Dice(seed);
      await using settings = await Settings.create(mcp, make(dice));
      await settings.update(SERVERS);
      const text = (await settings.text())!;
      const more = mcp.format === "json"
        ? text.replace("{", '{"new": [1],')
        : `${text}\n[projects."/new"]\ntrust_level = "trusted"\n`;
      await Deno.writeTextFile(settings.path, more);
      const { parse } = await loadEditor(mcp);
      const others = foreignPart(parse(more.replace(/^\ufeff/, "")), mcp.key);
      await settings.update([]);
      assertEquals(await ownIn(settings.path, mcp), {});
      assertEquals(foreignPart(await settings.read(), mcp.key), others, `seed ${seed}`);
    }
  });

  Deno.test(`updateSettings() takes its entries out of ${name}'s settings with nothing remembered`, async () => {
    for (let seed = 1; seed <= EDITS * 0.4; seed++) {
      const dice = new Dice(seed);
      await using settings = await Settings.create(mcp, make(dice));
      const others = foreignPart(await settings.read(), mcp.key);
      await settings.update(SERVERS);
      settings.state = undefined;
      await settings.update(SERVERS.slice(0, 1));
      assertEquals(await ownIn(settings.path, mcp), entriesOf(mcp, SERVERS.slice(0, 1)));
      settings.state = undefined;
      await settings.update([]);
      assertEquals(await ownIn(settings.path, mcp), {});
      assertEquals(foreignPart(await settings.read(), mcp.key), others, `seed ${seed}`);
    }
  });

  Deno.test(`updateSettings() removes a file of ${name}'s that it has made, and its directory`, async () => {
    await using settings = await Settings.create(mcp);
    const path = `${settings.directory}/made/settings`;
    const { state } = await updateSettings(
      path,
      mcp,
      entriesOf(mcp, SERVERS),
      undefined,
      nothing,
    );
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    assertEquals(await ownIn(path, mcp), entriesOf(mcp, SERVERS));
    const done = await updateSettings(path, mcp, {}, state, nothing);
    assertEquals([done.changed, done.state], [true, undefined]);
    assertEquals([...Deno.readDirSync(settings.directory)], []);
  });

  Deno.test(`updateSettings() writes nothing when ${name}'s settings hold what they shall`, async () => {
    await using settings = await Settings.create(mcp, make(new Dice(7)));
    await settings.update(SERVERS);
    const before = await Deno.stat(settings.path);
    assertEquals(await settings.update(SERVERS), false);
    const after = await Deno.stat(settings.path);
    assertEquals([after.ino, after.mtime], [before.ino, before.mtime]);
    assertEquals([...Deno.readDirSync(settings.directory)].length, 1);
  });
}

const shapes: readonly [mcp: McpSettings, text: string][] = [
  [CLAUDE, ""],
  [CLAUDE, "\n"],
  [CLAUDE, "{}"],
  [CLAUDE, "{ }\n"],
  [CLAUDE, '{"mcpServers":{}}'],
  [CLAUDE, '{"a":1}'],
  [GEMINI, "{ // none\n}"],
  [GEMINI, '{\n  "mcpServers": { /* none */ },\n}\n'],
  [GEMINI, '{\r\n\t"a": 1, // one\r\n\t// two\r\n}'],
  [GEMINI, '\ufeff{"mcpServers": {"a": {},},}'],
  [GEMINI, '{"mcpServers": {}, "mcpServers": {"b": {"command": "c"}}}'],
  [CODEX, ""],
  [CODEX, "\r\n"],
  [CODEX, "# only a comment"],
  [CODEX, "[mcp_servers]\n"],
  [CODEX, "\ufeffmodel = 'x'"],
];

for (const [mcp, text] of shapes) {
  Deno.test(`updateSettings() undoes an edit of ${JSON.stringify(text)}`, async () => {
    await using settings = await Settings.create(mcp, text);
    assertEquals(await settings.update(SERVERS), true);
    assertEquals(await ownIn(settings.path, mcp), entriesOf(mcp, SERVERS));
    await settings.update(SERVERS.slice(1));
    assertEquals(await settings.update([]), true);
    assertEquals(await settings.text(), text);
  });
}

const refused: readonly [mcp: McpSettings, text: string, message: string][] = [
  [CLAUDE, '{\n"a": 1', "it is no JSON (close brace expected, line 2, column 7)"],
  [CLAUDE, "[]", "it must hold one JSON object"],
  [CLAUDE, '{"mcpServers": []}', '"mcpServers" must hold an object'],
  [CLAUDE, '{"mcpServers": null}', '"mcpServers" must hold an object'],
  [GEMINI, "// nothing", "it is no JSON (value expected, line 1, column 11)"],
  [CODEX, 'model = "x', "it is no TOML"],
  [CODEX, "mcp_servers = {}", 'its "mcp_servers" is written in a form to which nothing can be'],
  [CODEX, "mcp_servers = 1", '"mcp_servers" must hold an object'],
];

for (const [mcp, text, message] of refused) {
  Deno.test(`updateSettings() leaves ${JSON.stringify(text)} alone and says why`, async () => {
    await using settings = await Settings.create(mcp, text);
    const error = await assertRejects(() => settings.update(SERVERS), ForeignFileError);
    assert(error.message.includes(message), error.message);
    assertEquals(await settings.text(), text);
    assertEquals([...Deno.readDirSync(settings.directory)].length, 1);
  });
}

Deno.test("updateSettings() leaves a file alone that is not in UTF-8", async () => {
  await using settings = await Settings.create(CLAUDE);
  const bytes = Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d);
  await Deno.writeFile(settings.path, bytes);
  const error = await assertRejects(() => settings.update(SERVERS), ForeignFileError);
  assert(error.message.includes("it is not in UTF-8"));
  assertEquals(await Deno.readFile(settings.path), bytes);
});

Deno.test("updateSettings() keeps the mode of a file and the links to it", async () => {
  await using settings = await Settings.create(CLAUDE);
  const real = `${settings.directory}/dotfiles.json`;
  await Deno.writeTextFile(real, "{}\n", { mode: 0o640 });
  await Deno.chmod(real, 0o640);
  await Deno.symlink("link", settings.path);
  await Deno.symlink("dotfiles.json", `${settings.directory}/link`);
  await settings.update(SERVERS);
  assert((await Deno.lstat(settings.path)).isSymlink);
  assertEquals((await Deno.lstat(real)).mode! & 0o777, 0o640);
  assert((await Deno.readTextFile(real)).includes("zag-one"));
  await settings.update([]);
  assertEquals(await Deno.readTextFile(real), "{}\n");
});

Deno.test("updateSettings() keeps the comments before the table that follows its own", async () => {
  await using settings = await Settings.create(CODEX, "a = 1\n");
  await settings.update(SERVERS);
  const text = (await settings.text())!;
  // As if somebody had put things in order, and changed what is zag's.
  const moved = text.replace('"npx"', '"bunx"') + "\n# about b\n\n# more\n[b]\nc = 2\n";
  await Deno.writeTextFile(settings.path, moved);
  await settings.update([]);
  assertEquals(await settings.text(), "a = 1\n\n# about b\n\n# more\n[b]\nc = 2\n");
});

Deno.test("updateSettings() says what it will do before it does it", async () => {
  await using settings = await Settings.create(CLAUDE, "{}");
  await assertRejects(() =>
    updateSettings(settings.path, CLAUDE, entriesOf(CLAUDE, SERVERS), undefined, (state) => {
      settings.state = state;
      return Promise.reject(new Error("the disk is full"));
    })
  );
  assertEquals(await settings.text(), "{}");
  // As if the power had failed just after the file was written.
  const told = settings.state;
  settings.state = undefined;
  await settings.update(SERVERS);
  settings.state = told;
  await settings.update([]);
  assertEquals(await settings.text(), "{}");
});

Deno.test("updateSettings() cuts out its entries alone when a formatter has touched them", async () => {
  const before = `{
    // theme of the office
    "theme" : "dark",   /* not "light" */
    "list": [1,2,
        3],
    "mcpServers": {
        "a": {"command":"x"},   // mine
        "b": { "command" : "y" }, // mine, too
    },
}
`;
  await using settings = await Settings.create(GEMINI, before);
  await settings.update(SERVERS);
  const text = (await settings.text())!;
  for (
    const touched of [
      text.replaceAll('"npx"', '"bunx"'),
      text.replace(/("zag-one": \{)\s+/, "$1 "),
      text.replace('"zag-two"', '/* here */ "zag-two"'),
    ]
  ) {
    assert(touched !== text);
    await Deno.writeTextFile(settings.path, touched);
    const { state } = settings;
    await settings.update([]);
    const left = (await settings.text())!.replace("/* here */", "");
    assertEquals(
      left.split("\n").map((line) => line.trimEnd()).filter(Boolean),
      before.trim().split("\n"),
    );
    settings.state = state;
  }
});

for (const [name, mcp, make] of AGENTS.filter(([, { format }]) => format === "json")) {
  Deno.test(`updateSettings() keeps every character of ${name}'s settings around entries that it forgot`, async () => {
    for (let seed = 1; seed <= EDITS / 5; seed++) {
      await using settings = await Settings.create(mcp, make(new Dice(seed)));
      const original = (await settings.text())!;
      await settings.update(SERVERS);
      settings.state = undefined;
      await settings.update([]);
      const bare = (text: string) => text.replace(/"mcpServers":\{\}/, "").replace(/[\s,]/g, "");
      const joined = (text: string) => bare(text.replaceAll(/"mcpServers"\s*:\s*\{\s*\}/g, ""));
      assertEquals(joined((await settings.text())!), joined(original), `seed ${seed}`);
    }
  });
}
