/** `exec --json-schema`: the schemas that it takes and those that it refuses. */
import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { answering } from "./json_support.ts";
import { inHome } from "./support.ts";

async function write(home: TestHome, name: string, text: string): Promise<void> {
  await Deno.mkdir(`${home.work}/schemas`, { recursive: true });
  await Deno.writeTextFile(`${home.work}/schemas/${name}`, text);
}

Deno.test(
  "exec --json-schema takes a file with comments, inline JSON, true and false",
  inHome(async (home) => {
    await write(home, "s.jsonc", '{\n  // a number\n  "type": "integer", /* no text */\n}\n');
    for (const schema of ["schemas/s.jsonc", `${home.work}/schemas/s.jsonc`, "true", " {} "]) {
      const { code, stdout, stderr } = await answering(home, ["7"], ["--json-schema", schema]);
      assertEquals([code, stdout, stderr], [0, "7\n", ""], schema);
    }
    for (const schema of ["schemas/s.jsonc", "false", '{"type":"integer",/* x */}']) {
      const { code } = await answering(home, ['"x"', '"x"', '"x"', '"x"'], [
        "--json-schema",
        schema,
      ]);
      assertEquals(code, 1, schema);
    }
  }),
);

Deno.test(
  "exec --json-schema follows references to other files",
  inHome(async (home) => {
    await write(
      home,
      "list.json",
      '{"type":"array","items":{"$ref":"parts/item.json#/$defs/item"}}',
    );
    await Deno.mkdir(`${home.work}/schemas/parts`);
    await write(home, "parts/item.json", '{"$defs":{"item":{"$ref":"../colour.json"}}}');
    await write(home, "colour.json", '{"enum":["red","blue"]}');
    const ran = await answering(home, ['["red","green"]', '["red", "blue"]'], [
      "--json-schema",
      "schemas/list.json",
    ]);
    assertEquals([ran.code, ran.stdout, ran.stderr], [0, '["red","blue"]\n', ""]);
  }),
);

const refused: [name: string, schema: string, message: RegExp][] = [
  ["a file that is missing", "schemas/none.json", /none\.json/],
  ["a file that is no JSON", "schemas/bad.json", /bad\.json.*\n?.*line 1/],
  ["text that is no JSON", "{oops", /--json-schema/],
  ["what is no schema", '{"type":"nonsense"}', /type/],
  ["a list", "[1]", /array/],
  ["a reference into nothing", '{"$ref":"#/$defs/none"}', /\$defs\/none/],
  ["a reference to a file that is missing", "schemas/lost.json", /none\.json/],
  ["a pattern that cannot be compiled", '{"pattern":"("}', /pattern/],
  ["an empty word", "", /empty/],
];

for (const [name, schema, message] of refused) {
  Deno.test(
    `exec --json-schema refuses ${name} before an agent starts`,
    inHome(async (home) => {
      await write(home, "bad.json", "{]");
      await write(home, "lost.json", '{"$ref":"none.json"}');
      const { code, stdout, stderr } = await answering(home, ["1"], [`--json-schema=${schema}`]);
      assertEquals([code, stdout], [1, ""]);
      assertMatch(stderr, message);
      assertStringIncludes(stderr, "error: Cannot use the schema ");
      // Neither in our books nor in the agent's.
      assertEquals(await home.logs(), []);
      const kept = await Array.fromAsync(Deno.readDir(`${home.path}/.zag`)).catch(() => []);
      assertEquals(kept.filter(({ name }) => /^(agents|zag\.db)/.test(name)), []);
    }),
  );
}
