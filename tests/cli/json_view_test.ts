import { answering } from "../e2e/json_support.ts";
import { inHome } from "../e2e/support.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test(
  "JsonView warns of mistyped keywords of the schema, unless it is to be quiet",
  inHome(async (home) => {
    const schema = '{"typ":"string","properties":{"a":{"itmes":1,"x-typ":1}}}';
    const warnings = 'warning: the schema has "typ" at /: did you mean "type"?\n' +
      'warning: the schema has "itmes" at /properties/a: did you mean "items"?\n';
    const loud = await answering(home, ["[1,2]"], ["--json-schema", schema]);
    assertEquals([loud.code, loud.stdout, loud.stderr], [0, "[1,2]\n", warnings]);
    const quiet = await answering(home, ["[1,2]"], ["-q", "--json-schema", schema]);
    assertEquals([quiet.code, quiet.stdout, quiet.stderr], [0, "[1,2]\n", ""]);
    await Deno.writeTextFile(`${home.work}/schema.json`, schema);
    const file = await answering(home, ["[1,2]"], ["--json-schema", "schema.json"]);
    assertEquals([file.code, file.stderr], [0, warnings]);
    const none = await answering(home, ["[1,2]"], ["--json-schema", '{"type":"array","x":1}']);
    assertEquals([none.code, none.stderr], [0, ""]);
  }),
);

Deno.test(
  "JsonView refuses what says too little, and takes a number that stands alone",
  inHome(async (home) => {
    const again = await answering(home, ["I cannot do that [1].", '{"a":1}']);
    assertEquals([again.code, again.stdout], [0, '{"a":1}\n']);
    const scalar = await answering(home, ["It is 5.", "Answer:\n5"], [
      "--json-schema",
      '{"type":"integer"}',
    ]);
    assertEquals([scalar.code, scalar.stdout, scalar.stderr], [0, "5\n", ""]);
  }),
);
