import { loadSchema } from "../../src/json/schema_file.ts";
import { compileSchema } from "../../src/json/schema.ts";
import { SchemaError } from "../../src/json/schema_error.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";

type Files = Record<string, string | Uint8Array | object>;

/** Runs a test in a directory with these files; objects are written as JSON. */
async function inDirectory(files: Files, test: (cwd: string) => Promise<void>): Promise<void> {
  const cwd = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(files)) {
      const path = `${cwd}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      if (content instanceof Uint8Array) await Deno.writeFile(path, content);
      else {
        const text = typeof content === "string" ? content : JSON.stringify(content);
        await Deno.writeTextFile(path, text);
      }
    }
    await test(cwd);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

async function refusal(given: string, cwd: string): Promise<string> {
  const error = await assertRejects(() => loadSchema(given, cwd), SchemaError);
  return error.message;
}

/** Whether a self-contained schema accepts a value. */
async function accepts(schema: unknown, value: unknown): Promise<boolean> {
  return (await compileSchema(schema)).check(value).length === 0;
}

Deno.test("loadSchema() takes JSON, with comments and trailing commas", async () => {
  for (
    const [given, schema] of [
      ['{"type":"string"}', { type: "string" }],
      ['\ufeff \n{"type":"string"}', { type: "string" }],
      ["true", true],
      [" false\n", false],
      ['{"enum": [1, 2,], /* all */ "title": "a // b", // end\n}', {
        enum: [1, 2],
        title: "a // b",
      }],
      ['{"a": [[],], "b": {"c": {},},}', { a: [[]], b: { c: {} } }],
    ] as const
  ) assertEquals(await loadSchema(given, "/"), schema, given);
});

Deno.test("loadSchema() keeps a property named __proto__ a property", async () => {
  for (const text of ['{"properties":{"__proto__":{}}}', '{"properties":{"__proto__":{},},}']) {
    const { properties } = await loadSchema(text, "/") as { properties: object };
    assertEquals(Object.keys(properties), ["__proto__"]);
  }
});

Deno.test("loadSchema() reads a file, by a relative or an absolute path", async () => {
  const files = {
    "a/schema.json": '\ufeff// A comment.\n{"type": "array",}\n',
    "true.json": "true",
    "{x}.json": { type: "null" },
  };
  await inDirectory(files, async (cwd) => {
    assertEquals(await loadSchema("a/schema.json", cwd), { type: "array" });
    assertEquals(await loadSchema(`${cwd}/a/schema.json`, "/"), { type: "array" });
    assertEquals(await loadSchema("true.json", cwd), true);
    // What begins like JSON is JSON; the path can be written in another way.
    assertStringIncludes(await refusal("{x}.json", cwd), "it is not JSON");
    assertEquals(await loadSchema("./{x}.json", cwd), { type: "null" });
  });
});

Deno.test("loadSchema() says why a file cannot be used", async () => {
  const wide = new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]);
  const files = {
    "bad.json": '{\n  "type": "object",\n  "properties" {}\n}',
    "array.json": [],
    "number.json": "7",
    "null.json": "null",
    "empty.json": " \n",
    "nothing.json": "",
    "comment.json": "// nothing else",
    "two.json": "{} {}",
    "wide.json": wide,
    "wide_without_mark.json": wide.slice(2),
    "latin.json": new Uint8Array([0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d]),
    "large.json": " ".repeat(10 * 1024 * 1024) + "{}",
    "deep.json": "[".repeat(300_000),
    "directory/file": "",
  };
  await inDirectory(files, async (cwd) => {
    for (
      const [name, why] of [
        ["missing.json", "the file was not found"],
        ["bad.json/x", "the file was not found"],
        ["directory", "it is a directory"],
        ["bad.json", "it is not JSON: colon expected at line 3, column 16"],
        ["array.json", "a schema is an object, true or false, and this is an array"],
        ["number.json", "a schema is an object, true or false, and this is 7"],
        ["null.json", "a schema is an object, true or false, and this is null"],
        ["empty.json", "it is empty"],
        ["nothing.json", "it is empty"],
        ["comment.json", "it is not JSON: value expected at line 1, column 16"],
        ["two.json", "it is not JSON: end of file expected at line 1, column 4"],
        ["wide.json", "it is UTF-16; save it as UTF-8"],
        ["wide_without_mark.json", "it is UTF-16; save it as UTF-8"],
        ["latin.json", "it is not UTF-8 text"],
        ["large.json", "it is larger than 10 MB"],
        ["deep.json", "it is not JSON: it is nested too deeply"],
      ] as const
    ) {
      assertEquals(await refusal(name, cwd), `Cannot use the schema "${name}": ${why}`);
    }
  });
});

Deno.test({
  name: "loadSchema() says that a file may not be read",
  // Nothing is forbidden to root, and Windows has no modes.
  ignore: Deno.build.os === "windows" || Deno.uid() === 0,
  fn: () =>
    inDirectory({ "secret.json": {} }, async (cwd) => {
      await Deno.chmod(`${cwd}/secret.json`, 0);
      assertStringIncludes(await refusal("secret.json", cwd), "this user may not read it");
    }),
});

Deno.test({
  name: "loadSchema() reads what has no end only as far as it must",
  ignore: Deno.build.os === "windows",
  fn: async () => assertStringIncludes(await refusal("/dev/zero", "/"), "it is larger than 10 MB"),
});

Deno.test("loadSchema() says why inline JSON cannot be used", async () => {
  for (
    const [given, why] of [
      ['{"type": }', "it is not JSON: value expected at line 1, column 10"],
      ["{type: 1}", "it is not JSON: invalid symbol at line 1, column 2"],
      ["[1]", "a schema is an object, true or false, and this is an array"],
      ["", "it is empty"],
      ["  ", "it is empty"],
      ['{"a":'.repeat(100_000), "it is not JSON: it is nested too deeply"],
    ] as const
  ) {
    const error = await assertRejects(() => loadSchema(given, "/"), SchemaError);
    assertStringIncludes(error.message, `Cannot use the schema of --json-schema: ${why}`);
  }
});

Deno.test("loadSchema() leaves a schema without other files as it is", async () => {
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "https://example.com/a",
    $ref: "#/$defs/x",
    $defs: {
      x: { $id: "x", $anchor: "y", properties: { a: { $ref: "#y" } } },
      meta: { $ref: "https://json-schema.org/draft/2020-12/schema" },
    },
    "x-note": [1],
  };
  assertEquals(await loadSchema(JSON.stringify(schema), "/"), schema);
});

Deno.test("loadSchema() brings along what a schema refers to in other files", async () => {
  const files = {
    "schemas/user.json": {
      title: "User",
      type: "object",
      properties: {
        name: { $ref: "#/$defs/name" },
        home: { $ref: "common/address.json" },
        work: { $ref: "common/address.json", description: "Where they work" },
        code: { $ref: "common/types.json#/definitions/code" },
      },
      $defs: { name: { type: "string" }, unused: { type: "null" } },
      required: ["name"],
    },
    "schemas/common/address.json": {
      $id: "address.json",
      type: "object",
      properties: { zip: { $ref: "types.json#/definitions/code" } },
      definitions: { unused: {} },
    },
    "schemas/common/types.json": { definitions: { code: { pattern: "^[0-9]+$", "x-note": 1 } } },
  };
  const expected = {
    title: "User",
    type: "object",
    properties: {
      name: { $ref: "#/$defs/name" },
      home: { $ref: "#/$defs/address" },
      work: { $ref: "#/$defs/address", description: "Where they work" },
      code: { $ref: "#/$defs/code" },
    },
    required: ["name"],
    $defs: {
      name: { type: "string" },
      address: { type: "object", properties: { zip: { $ref: "#/$defs/code" } } },
      code: { pattern: "^[0-9]+$", "x-note": 1 },
    },
  };
  await inDirectory(files, async (cwd) => {
    const schema = await loadSchema("schemas/user.json", cwd);
    assertEquals(schema, expected);
    assert(await accepts(schema, { name: "a", home: { zip: "1" }, code: "2" }));
    assertEquals(await accepts(schema, { name: "a", home: { zip: "x" } }), false);
    const inline = await loadSchema('{"$ref":"schemas/common/types.json#/definitions/code"}', cwd);
    assertEquals(inline, {
      $ref: "#/$defs/code",
      $defs: { code: { pattern: "^[0-9]+$", "x-note": 1 } },
    });
  });
});

Deno.test("loadSchema() follows files that refer to each other", async () => {
  const files = {
    "tree.json": {
      type: "object",
      properties: { children: { type: "array", items: { $ref: "node.json" } } },
    },
    "node.json": {
      type: "object",
      properties: { tree: { $ref: "tree.json" }, self: { $ref: "#" }, n: { type: "integer" } },
    },
  };
  await inDirectory(files, async (cwd) => {
    const schema = await loadSchema("tree.json", cwd);
    assertEquals(JSON.stringify(schema).includes(cwd), false);
    assertEquals(await accepts(schema, { children: [{ tree: { children: [{ n: 1 }] } }] }), true);
    assertEquals(
      await accepts(schema, { children: [{ tree: { children: [{ n: "x" }] } }] }),
      false,
    );
    assertEquals(await accepts(schema, { children: [{ self: { self: { n: 1.5 } } }] }), false);
  });
});

Deno.test("loadSchema() tells schemas of the same name apart", async () => {
  const files = {
    "a/item.json": { type: "string" },
    "b/item.json": { type: "integer" },
    "root.json": {
      properties: {
        a: { $ref: "a/item.json" },
        b: { $ref: "b/item.json" },
        own: { $ref: "#/$defs/item" },
      },
      $defs: { item: { type: "null" } },
    },
  };
  await inDirectory(files, async (cwd) => {
    const schema = await loadSchema("root.json", cwd);
    assert(await accepts(schema, { a: "x", b: 1, own: null }));
    for (const wrong of [{ a: 1 }, { b: "x" }, { own: 1 }]) {
      assertEquals(await accepts(schema, wrong), false);
    }
  });
});

Deno.test("loadSchema() resolves references as `$id` and anchors say", async () => {
  const files = {
    "root.json": {
      $id: "https://example.com/schemas/root.json",
      properties: {
        // Published elsewhere, and here beside this file.
        beside: { $ref: "part.json#small" },
        byId: { $ref: "https://example.com/other/name.json" },
        moved: { $id: "https://example.com/moved/", $ref: "root.json" },
      },
      $defs: { moved: { $id: "https://example.com/moved/root.json", type: "boolean" } },
    },
    "part.json": {
      $defs: {
        small: { $anchor: "small", maxLength: 3 },
        named: { $id: "https://example.com/other/name.json", type: "integer" },
      },
      properties: { unused: { $ref: "#/$defs/named" } },
    },
  };
  await inDirectory(files, async (cwd) => {
    const schema = await loadSchema("root.json", cwd);
    assert(await accepts(schema, { beside: "abc", byId: 1, moved: true }));
    for (const wrong of [{ beside: "abcd" }, { byId: "x" }, { moved: 1 }]) {
      assertEquals(await accepts(schema, wrong), false, JSON.stringify(wrong));
    }
    const { $id } = schema as { $id: string };
    assertEquals($id, "https://example.com/schemas/root.json");
  });
});

Deno.test("loadSchema() resolves a relative `$id` from its file", async () => {
  const files = {
    "root.json": { $id: "sub/", $ref: "part.json" },
    "sub/part.json": { type: "integer" },
  };
  await inDirectory(files, async (cwd) => {
    assertEquals(await loadSchema("root.json", cwd), {
      $ref: "#/$defs/part",
      $defs: { part: { type: "integer" } },
    });
  });
});

Deno.test("loadSchema() finds files beside a schema whose `$id` says otherwise", async () => {
  const files = {
    "dir/root.json": {
      $id: "/schemas/root",
      properties: { a: { $ref: "part.json" }, b: { $ref: "/schemas/part" } },
    },
    "dir/part.json": { $id: "/schemas/part", type: "integer" },
    "dir/away.json": { $ref: "../my part.json#/x" },
    "my part.json": { x: { type: "integer" } },
  };
  await inDirectory(files, async (cwd) => {
    const root = await loadSchema("dir/root.json", cwd);
    assert(await accepts(root, { a: 1, b: 1 }));
    assertEquals(await accepts(root, { a: "x" }), false);
    assertEquals(await accepts(root, { b: "x" }), false);
    assertEquals(JSON.stringify(root).includes("schemas"), false);
    const away = await loadSchema("away.json", `${cwd}/dir`);
    assertEquals(away, { $ref: "#/$defs/x", $defs: { x: { type: "integer" } } });
  });
});

Deno.test("loadSchema() resolves references that depend on their caller", async () => {
  const $schema = "https://json-schema.org/draft/2020-12/schema";
  const files = {
    "tree.json": {
      $schema,
      $id: "tree.json",
      $dynamicAnchor: "node",
      type: "object",
      properties: { data: true, children: { items: { $dynamicRef: "#node" } } },
    },
    "strict.json": {
      $schema,
      $id: "strict.json",
      $dynamicAnchor: "node",
      $ref: "tree.json",
      unevaluatedProperties: false,
    },
  };
  await inDirectory(files, async (cwd) => {
    const wrong = { children: [{ daat: 1 }] };
    assertEquals(await accepts(await loadSchema("strict.json", cwd), wrong), false);
    assertEquals(await accepts(await loadSchema("tree.json", cwd), wrong), true);
  });
});

Deno.test("loadSchema() bundles draft 7 in the way of draft 7", async () => {
  const $schema = "http://json-schema.org/draft-07/schema#";
  const files = {
    "root.json": { $schema, items: [{ $ref: "part.json", minLength: 9 }], additionalItems: false },
    "part.json": { $schema, $id: "#part", type: "string" },
    "plain.json": { items: [{ $ref: "part.json" }] },
    "plainest.json": { properties: { a: { $ref: "pair.json" } } },
    "pair.json": { items: [{ type: "string" }, { $ref: "#/items/0" }] },
  };
  await inDirectory(files, async (cwd) => {
    assertEquals(await loadSchema("root.json", cwd), {
      $schema,
      items: [{ $ref: "#/definitions/part" }],
      additionalItems: false,
      definitions: { part: { type: "string" } },
    });
    assertEquals(await accepts(await loadSchema("plain.json", cwd), [1]), false);
    // The file that is referred to says which draft it is.
    const plainest = await loadSchema("plainest.json", cwd) as { $schema: string };
    assertEquals(plainest.$schema, $schema);
    assertEquals(await accepts(plainest, { a: ["x", "y"] }), true);
    assertEquals(await accepts(plainest, { a: ["x", 1] }), false);
  });
});

Deno.test("loadSchema() refuses files of different drafts", async () => {
  const files = {
    "root.json": {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $ref: "part.json",
    },
    "part.json": { $schema: "http://json-schema.org/draft-07/schema#" },
    "old.json": { $ref: "ancient.json" },
    "ancient.json": { $schema: "http://json-schema.org/draft-04/schema#" },
  };
  await inDirectory(files, async (cwd) => {
    assertEquals(
      await refusal("root.json", cwd),
      'Cannot use the schema "root.json": it is written for ' +
        'https://json-schema.org/draft/2020-12/schema, and "part.json" for ' +
        "http://json-schema.org/draft-07/schema#",
    );
    assertStringIncludes(
      await refusal("old.json", cwd),
      `the file "ancient.json" cannot be used: its "$schema" ` +
        `"http://json-schema.org/draft-04/schema#" is not supported`,
    );
  });
});

Deno.test("loadSchema() names a reference that leads nowhere, and its file", async () => {
  const files = {
    "missing.json": { properties: { "a/b": { $ref: "sub/nowhere.json#/x" } } },
    "pointer.json": { $ref: "sub/part.json#/definitions/nowhere" },
    "far.json": { $ref: "sub/far.json" },
    "broken.json": { $ref: "sub/broken.json" },
    "web.json": { anyOf: [{ $ref: "https://example.com/x.json" }] },
    "own.json": { $ref: "#/definitions/nowhere" },
    "anchor.json": { $ref: "#nowhere" },
    "host.json": { $ref: "file://host/x.json" },
    "sub/part.json": {},
    "sub/far.json": { not: { $ref: "farther.json" } },
    "sub/broken.json": "{\n",
  };
  await inDirectory(files, async (cwd) => {
    for (
      const [name, why] of [
        [
          "missing.json",
          '"$ref": "sub/nowhere.json#/x" at /properties/a~1b in "missing.json": the file ' +
          '"sub/nowhere.json" cannot be used: the file was not found',
        ],
        [
          "pointer.json",
          '"$ref": "sub/part.json#/definitions/nowhere" in "pointer.json" leads nowhere: there is no ' +
          '"/definitions/nowhere"',
        ],
        [
          "far.json",
          '"$ref": "farther.json" at /not in "sub/far.json": the file "sub/farther.json" cannot be ' +
          "used: the file was not found",
        ],
        [
          "broken.json",
          '"$ref": "sub/broken.json" in "broken.json": the file "sub/broken.json" cannot be used: it ' +
          "is not JSON: close brace expected at line 2, column 1",
        ],
        [
          "web.json",
          '"$ref": "https://example.com/x.json" at /anyOf/0 in "web.json": zag gets no schemas from ' +
          'the network, and no schema at hand has the "$id" https://example.com/x.json',
        ],
        [
          "own.json",
          '"$ref": "#/definitions/nowhere" in "own.json" leads nowhere: there is no ' +
          '"/definitions/nowhere"',
        ],
        ["anchor.json", '"$ref": "#nowhere" in "anchor.json" leads nowhere: there is no "nowhere"'],
        [
          "host.json",
          '"$ref": "file://host/x.json" in "host.json": that is no path of a file',
        ],
      ] as const
    ) assertEquals(await refusal(name, cwd), `Cannot use the schema "${name}": ${why}`);
    const inline = await refusal('{"$ref":"nowhere.json"}', cwd);
    assertEquals(
      inline,
      'Cannot use the schema of --json-schema: "$ref": "nowhere.json": the file "nowhere.json" ' +
        "cannot be used: the file was not found",
    );
  });
});

Deno.test("loadSchema() refuses to bundle what is nested deeper than the stack", async () => {
  const depth = 200_000;
  const deep = `{"$ref":"part.json","not":${'{"not":'.repeat(depth)}{}${"}".repeat(depth)}}`;
  await inDirectory({ "deep.json": deep, "part.json": {} }, async (cwd) => {
    assertStringIncludes(await refusal("deep.json", cwd), "it is nested too deeply");
  });
});

Deno.test("loadSchema() gives a pipe's content", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await inDirectory({}, async (cwd) => {
    await new Deno.Command("mkfifo", { args: [`${cwd}/pipe`] }).output();
    const [schema] = await Promise.all([
      loadSchema("pipe", cwd),
      Deno.writeTextFile(`${cwd}/pipe`, '{"type":"null"}'),
    ]);
    assertEquals(schema, { type: "null" });
  });
});
