import { keywordWarnings, misspeltKeywords } from "../../src/json/unknown_keywords.ts";
import { assert, assertEquals } from "../support/assert.ts";

Deno.test("misspeltKeywords() guesses what was meant", () => {
  for (
    const [keyword, meant] of [
      ["typ", "type"],
      ["tpye", "type"],
      ["types", "type"],
      ["Type", "type"],
      ["propertes", "properties"],
      ["propertys", "properties"],
      ["proprety", undefined],
      ["requried", "required"],
      ["require", "required"],
      ["itmes", "items"],
      ["item", "items"],
      ["enums", "enum"],
      ["anyof", "anyOf"],
      ["any_of", "anyOf"],
      ["min_length", "minLength"],
      ["minLenght", "minLength"],
      ["additonalProprties", "additionalProperties"],
      ["additional_properties", "additionalProperties"],
      ["exclusiveMinimun", "exclusiveMinimum"],
      ["ref", "$ref"],
      ["$def", "$defs"],
      ["nto", "not"],
      ["readonly", "readOnly"],
    ] as const
  ) {
    const found = meant === undefined ? [] : [{ path: "", keyword, meant }];
    assertEquals(misspeltKeywords({ [keyword]: {} }), found, keyword);
  }
});

Deno.test("misspeltKeywords() has nothing against remarks and other vocabularies", () => {
  const remarks = [
    ...[
      "x-type",
      "X-typ",
      "x-propertes",
      "_type",
      "@type",
      "",
      " type",
      "note",
      "in",
      "name",
      "label",
    ],
    ...["unit", "order", "hint", "group", "tags", "value", "toString", "constructor", "__proto"],
    ...["nullable", "discriminator", "xml", "externalDocs", "example", "deprecated"],
    ...["id", "divisibleBy", "extends", "disallow", "links", "base", "typeof", "instanceof"],
    ...["enumNames", "errorMessage", "formatMinimum", "markdownDescription", "defaultSnippets"],
    ...["$comment", "$vocabulary", "$recursiveRef", "dependencies", "additionalItems", "title"],
  ];
  for (const key of remarks) assertEquals(misspeltKeywords({ [key]: {} }), [], key);
  for (const schema of [true, null, [], "typ", undefined]) {
    assertEquals(misspeltKeywords(schema), []);
  }
});

Deno.test("misspeltKeywords() looks into schemas in their order, and says where they are", () => {
  const wrong = { typ: 1 };
  const at = (path: string) => ({ path, keyword: "typ", meant: "type" });
  const schema = {
    properties: { "a/b": wrong, "~": { items: wrong } },
    items: [wrong],
    additionalItems: wrong,
    prefixItems: [true, wrong],
    allOf: [{ not: wrong }],
    patternProperties: { "^x": wrong },
    dependencies: { a: ["typ"], b: wrong },
    definitions: { d: wrong },
    $defs: { typ: wrong },
    if: wrong,
    unevaluatedProperties: wrong,
    typ: 2,
  };
  assertEquals(misspeltKeywords(schema), [
    at(""),
    ...["/properties/a~1b", "/properties/~0/items", "/items/0", "/additionalItems"].map(at),
    ...["/prefixItems/1", "/allOf/0/not", "/patternProperties/^x", "/dependencies/b"].map(at),
    ...["/definitions/d", "/$defs/typ", "/if", "/unevaluatedProperties"].map(at),
  ]);
});

Deno.test("misspeltKeywords() leaves names and data alone", () => {
  const data = { typ: 1, propertes: {} };
  assertEquals(
    misspeltKeywords({
      properties: { typ: true, propertes: {}, items: { type: "string" } },
      $defs: { itmes: true },
      dependentSchemas: { typ: {} },
      dependentRequired: { typ: [] },
      enum: [data],
      const: data,
      default: data,
      examples: [data],
      example: data,
      unknown: data,
      "x-more": data,
    }),
    [],
  );
});

Deno.test("misspeltKeywords() manages schemas that are large or deep", () => {
  let deep: Record<string, unknown> = { typ: 1 };
  for (let i = 0; i < 20_000; i++) deep = { not: deep };
  assertEquals(misspeltKeywords(deep).length, 1);
  const properties = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, i) => [`p${i}`, { [`word${i}`]: 1, typ: 1 }]),
  );
  assertEquals(misspeltKeywords({ properties }).length, 20_000);
  assertEquals(misspeltKeywords({ ["t".repeat(1_000_000)]: 1 }), []);
});

Deno.test("keywordWarnings() has a line for each, up to twenty", () => {
  assertEquals(keywordWarnings({ typ: "string", propertes: {} }), [
    'the schema has "typ" at /: did you mean "type"?',
    'the schema has "propertes" at /: did you mean "properties"?',
  ]);
  assertEquals(keywordWarnings({ properties: { "a\n\u001b[31m": { typ: 1 } } }).length, 1);
  const [line] = keywordWarnings({ properties: { "a\n\u001b[31m": { typ: 1 } } });
  // deno-lint-ignore no-control-regex
  assert(!/[\u0000-\u001f]/.test(line!), JSON.stringify(line));
  const many = keywordWarnings({ allOf: Array.from({ length: 25 }, () => ({ typ: 1 })) });
  assertEquals([many.length, many.at(-1)], [21, "the schema has 5 more keywords like these"]);
  assertEquals(keywordWarnings({ type: "string" }), []);
});
