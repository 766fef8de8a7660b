import { loadConfig } from "../../src/config/config.ts";
import { MAX_COUNT, readValue, SECTIONS, SETTINGS, shortKey } from "../../src/config/keys.ts";
import { findKey } from "../../src/config/keys.ts";
import { configSchema, schemaText } from "../../src/config/schema.ts";
import { provider as ollama } from "../../src/providers/ollama/mod.ts";
import { strftime } from "../../src/events/render/strftime.ts";
import { TestHome } from "../support/zag.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("every setting has names that lead to it alone, and a built-in value that it can hold", () => {
  const names = [...SETTINGS.keys()].flatMap((key) => [...new Set([key, shortKey(key)])]);
  assertEquals(new Set(names).size, names.length);
  for (const [key, setting] of SETTINGS) {
    assertEquals([findKey(key), findKey(shortKey(key))], [key, key]);
    const { builtIn } = setting;
    if (builtIn === undefined) continue;
    assertEquals(readValue(setting, String(builtIn)), builtIn, key);
  }
  assertEquals(findKey("modle"), undefined);
});

Deno.test("the built-in sizes are those of Ollama", () => {
  const { sizes, family } = ollama.models;
  const builtIn = (key: string) => SETTINGS.get(`ollama.${key}`)?.builtIn;
  assertEquals(
    [
      builtIn("model"),
      builtIn("size"),
      ...["small", "medium", "large"].map((s) => builtIn(`size_${s}`)),
    ],
    [family, sizes.medium, sizes.small, sizes.medium, sizes.large],
  );
});

Deno.test("readValue reads what people type", () => {
  const flag = SETTINGS.get("defaults.auto_approve")!;
  for (const text of ["true", "TRUE", "1", "Yes"]) assertEquals(readValue(flag, text), true, text);
  for (const text of ["false", "False", "0", "NO"]) {
    assertEquals(readValue(flag, text), false, text);
  }
  const count = SETTINGS.get("defaults.max_turns")!;
  assertEquals(readValue(count, "007"), 7);
  assertEquals(readValue(count, String(MAX_COUNT)), MAX_COUNT);
  assertEquals(readValue(SETTINGS.get("listen.format")!, "Rich-Text"), "rich-text");
  assertEquals(readValue(SETTINGS.get("defaults.system_prompt")!, ""), "");
  const wrong: [string, string[]][] = [
    ["defaults.auto_approve", ["", "on", "2"]],
    ["defaults.max_turns", ["", "0", "-1", "1.5", "1e3", String(MAX_COUNT + 1), "many"]],
    ["defaults.provider", ["", "cloud"]],
    ["auto.provider", ["auto"]],
    ["defaults.model", ["", " "]],
  ];
  for (const [key, texts] of wrong) {
    for (const text of texts) {
      assertThrows(() => readValue(SETTINGS.get(key)!, text), RangeError, "it must");
    }
  }
});

Deno.test("docs/zag.schema.json is the schema of the settings", async () => {
  assertEquals(await Deno.readTextFile(new URL("docs/zag.schema.json", ROOT)), schemaText());
});

Deno.test("the schema and the reader accept the same files", async () => {
  const { Ajv } = await import("ajv");
  const validate = new Ajv({ strictSchema: false }).compile(configSchema());
  await using home = await TestHome.create();
  const path = `${home.path}/zag.jsonc`;
  const values = [
    "x",
    " ",
    "",
    "codex",
    "auto",
    "json",
    0,
    1,
    1.5,
    MAX_COUNT,
    MAX_COUNT + 1,
    true,
    null,
    [],
    ["x", ""],
    ["x", 1],
  ];
  const files: unknown[] = [{}, [], { $schema: "x" }, { defaults: 5 }, { nothing: {} }];
  files.push({ usage_limits: { providers: 1 } }, { usage_limits: { providers: { nobody: {} } } });
  files.push({ "usage_limits.enabled": true }, { usage_limits: { "providers.claude": {} } });
  for (const key of [...SETTINGS.keys(), "defaults.nothing", "models.nothing"]) {
    files.push(
      ...values.map((value) =>
        key.split(".").reduceRight((inner: unknown, name) => ({ [name]: inner }), value)
      ),
    );
  }
  let accepted = 0;
  for (const file of files) {
    await Deno.writeTextFile(path, JSON.stringify(file));
    const reads = await loadConfig([path]).then(() => true, () => false);
    assertEquals(validate(file), reads, JSON.stringify(file));
    if (reads) accepted++;
  }
  assert(accepted > SETTINGS.size && accepted < files.length / 2, `${accepted} of ${files.length}`);
});

Deno.test("docs/configuration.md lists the settings as they are", async () => {
  const page = await Deno.readTextFile(new URL("docs/configuration.md", ROOT));
  const row = (cells: string[]) => cells.join(" | ");
  // Those that are alike for each provider stand there once.
  const listed = [...SETTINGS].filter(([key, { rare }]) => !rare || key.includes(".claude."));
  const expected = listed.map(([key, { type, choices, brief, builtIn }]) =>
    row([
      `\`${shortKey(key)}\``,
      choices ? choices.join(", ") : type === "boolean" ? "true, false" : type,
      builtIn === undefined ? "" : `\`${builtIn}\``,
      brief,
    ])
  );
  const rows = page.split("\n").filter((line) => line.startsWith("| `")).map((line) =>
    row(line.split("|").slice(1, -1).map((cell) => cell.trim()))
  );
  assertEquals(rows, expected);
  for (const section of SECTIONS) assert(page.includes(section), section);
});

Deno.test("readValue() takes a time format exactly when every letter of it means something", () => {
  const setting = SETTINGS.get("listen.timestamp_format")!;
  const time = new Date(2026, 0, 2, 3, 4, 5, 6);
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz%"];
  for (const format of letters.flatMap((letter) => [`%${letter}`, `at %-${letter}h`])) {
    const isKnown = !strftime(time, format).includes(format.replace(/h$|^at /g, "")) ||
      format === "%%";
    let taken = true;
    try {
      readValue(setting, format);
    } catch {
      taken = false;
    }
    assertEquals(taken, isKnown, format);
  }
  for (const format of ["%", "%H:%", "%5", "%4f"]) {
    assertThrows(() => readValue(setting, format), RangeError);
  }
  for (const format of ["%.3f", "%3f", "100%%", "plain"]) readValue(setting, format);
});
