import { usageBefore } from "../../src/agent/usage_before.ts";
import type { Usage } from "../../src/events/event.ts";
import { assertEquals } from "../support/assert.ts";

/** A line `total N` states N input tokens. */
function totalUsage(line: string): Usage | undefined {
  const match = /^total (\d+)$/.exec(line);
  return match === null ? undefined : {
    input_tokens: Number(match[1]),
    output_tokens: 0,
    cache_read_tokens: null,
    cache_creation_tokens: null,
    web_search_requests: null,
    web_fetch_requests: null,
  };
}

const FILLER = "x".repeat(100_000);

const rows: [string, string, number | undefined][] = [
  ["the last one of several", "total 1\nother\ntotal 2\nother\n", 2],
  ["one far from the end", `total 7\n${FILLER}\n${FILLER}\n`, 7],
  ["one behind a long line", `${FILLER}\ntotal 3\n`, 3],
  ["one on a torn last line", "total 1\ntotal 4", 4],
  ["none where no line states one", `${FILLER}\nother\n`, undefined],
  ["none in an empty file", "", undefined],
];

for (const [title, text, expected] of rows) {
  Deno.test(`usageBefore() finds ${title}`, async () => {
    const path = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(path, text);
      assertEquals((await usageBefore(path, totalUsage))?.input_tokens, expected);
    } finally {
      await Deno.remove(path);
    }
  });
}

Deno.test("usageBefore() is unknown where there is no file", async () => {
  assertEquals(await usageBefore("/nonexistent/file", totalUsage), undefined);
});

Deno.test("usageBefore() looks no further than it is told", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "total 1\ntotal 2\n");
    assertEquals((await usageBefore(path, totalUsage, "total 1\n".length))?.input_tokens, 1);
  } finally {
    await Deno.remove(path);
  }
});
