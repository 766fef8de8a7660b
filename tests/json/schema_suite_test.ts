/** The official JSON Schema Test Suite, through the code that `--json-schema` uses. */
import { compileSchema, type SchemaCheck } from "../../src/json/schema.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { deviations } from "./schema_deviations.ts";

interface TestCase {
  description: string;
  schema: unknown;
  tests: { description: string; data: unknown; valid: boolean }[];
}

const SUITE = new URL("../fixtures/json_schema_suite/", import.meta.url);

function read<Content>(name: string): Record<string, Content> {
  return JSON.parse(Deno.readTextFileSync(new URL(name, SUITE)));
}

/** The suite's other documents, at the addresses where its tests expect them. */
const documents = Object.fromEntries(
  Object.entries(read<unknown>("remotes.json")).map(([path, document]) => [
    `http://localhost:1234/${path}`,
    document,
  ]),
);

/** How many tests there are, so that none gets lost on the way. */
const drafts = { "draft7": 1465, "draft2019-09": 1864, "draft2020-12": 1906 };

for (const [draft, count] of Object.entries(drafts)) {
  const files = read<TestCase[]>(`${draft}.json`);

  for (const [file, cases] of Object.entries(files)) {
    Deno.test(`compileSchema() gives the verdicts of ${draft}/${file}`, async () => {
      const listed = deviations.filter(([ofDraft, ofFile]) => ofDraft === draft && ofFile === file)
        .map(([, , testCase, test]) => `${testCase}: ${test}`);
      const found: string[] = [];
      for (const { description, schema, tests } of cases) {
        const verdict = await verdicts(inDraft(schema, draft));
        for (const test of tests) {
          if (verdict(test.data) !== test.valid) found.push(`${description}: ${test.description}`);
        }
      }
      assertEquals(found, listed);
    });
  }

  Deno.test(`compileSchema() is given all tests of ${draft}`, () => {
    const tests = Object.values(files).flat().flatMap((testCase) => testCase.tests);
    assertEquals(tests.length, count);
    const unknown = deviations.filter(([ofDraft, file]) => ofDraft === draft && !files[file]);
    assertEquals(unknown, []);
  });
}

Deno.test("compileSchema() deviates in tests of the drafts that there are", () => {
  assert(deviations.every(([draft]) => Object.hasOwn(drafts, draft)));
});

/** The suite's schemas of draft 7 do not say that they are. */
function inDraft(schema: unknown, draft: string): unknown {
  if (draft !== "draft7" || typeof schema !== "object") return schema;
  return { $schema: "http://json-schema.org/draft-07/schema#", ...schema };
}

/** A refused schema has no verdict, which is never the expected one. */
async function verdicts(schema: unknown): Promise<(data: unknown) => boolean | undefined> {
  let compiled: SchemaCheck;
  try {
    compiled = await compileSchema(schema, { documents });
  } catch {
    return () => undefined;
  }
  return (data) => compiled.check(data).length === 0;
}
