import { toolSummary } from "../../src/events/render/tool_summary.ts";
import { assertEquals } from "../support/assert.ts";

const rows: [unknown, string][] = [
  [{ command: "ls -l" }, ": ls -l"],
  [{ command: "a\nb\r\nc" }, ": a\\nb\\nc"],
  [{ command: "ls", description: "List files" }, ": ls — List files"],
  [{ path: "x", command: "ls" }, ": ls"],
  [{ file_path: "/a/b/c/d.ts" }, ": .../b/c/d.ts"],
  [{ path: "/a/b/c" }, ": .../a/b/c"],
  [{ path: "a/b/c" }, ": a/b/c"],
  [{ pattern: "*.ts", path: 3 }, ": *.ts"],
  [{ query: "q" }, ": q"],
  [{ url: "https://x" }, ": https://x"],
  [{ script: "s" }, ": s"],
  [{ content: "c" }, ": c"],
  [{ other: 1 }, ' ({"other":1})'],
  [{ command: 1 }, ' ({"command":1})'],
  [{ description: "alone" }, ' ({"description":"alone"})'],
  [{ command: "x".repeat(81) }, `: ${"x".repeat(80)}...`],
  [{ command: "x".repeat(80) }, `: ${"x".repeat(80)}`],
  [{ command: "x", description: "y".repeat(61) }, `: x — ${"y".repeat(60)}...`],
  [{ other: "z".repeat(100) }, ` ({"other":"${"z".repeat(70)}...)`],
  [{}, ""],
  [[], ""],
  [["command"], ""],
  [null, ""],
  ["command", ""],
  [undefined, ""],
];

for (const [input, expected] of rows) {
  Deno.test(`toolSummary() of ${JSON.stringify(input)?.slice(0, 60)}`, () => {
    assertEquals(toolSummary(input), expected);
  });
}

Deno.test("toolSummary() shortens paths with any number of parts, and does not cut their names", () => {
  const long = "n".repeat(300);
  assertEquals(toolSummary({ path: `/a/b/c/${long}` }), `: .../b/c/${long}`);
  assertEquals(toolSummary({ path: "" }), ": ");
});
