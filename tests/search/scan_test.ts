import { join } from "node:path";
import { compileQuery } from "../../src/search/query.ts";
import { MAX_LINE } from "../../src/search/scan.ts";
import { inTemp } from "../sessions/support.ts";
import { assertEquals } from "../support/assert.ts";
import { indexAll, said, searched } from "./support.ts";

const needle = compileQuery({ text: "needle" });

Deno.test("searchLogs() finds lines of every length, wherever the pieces of a file end", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "s.jsonl");
    const lengths = [0, 1, 65_000, 262_000, 262_144, 300_000, 5, 1_500_000, 10, 524_288, 3];
    const text = lengths.map((length, at) => said(at, `${"x".repeat(length)} needle`)).join("");
    await Deno.writeTextFile(path, text);
    const expected = lengths.map((_, at) => `${path} ${at}`);
    assertEquals(searched([path], needle).found, expected);
    const index = join(dir, "search.db");
    assertEquals((await indexAll(index, [path], { columnBytes: 1 })).bytes, text.length);
    assertEquals(searched([path], needle, index).found, expected);
  });
});

Deno.test("searchLogs() passes over a line that no memory could hold, with an index as well", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "s.jsonl");
    using file = await Deno.open(path, { write: true, create: true });
    const write = async (text: string) => void await file.write(new TextEncoder().encode(text));
    await write(said(1, "needle"));
    const part = "needle ".repeat(1024 * 1024);
    for (let bytes = 0; bytes <= MAX_LINE; bytes += part.length) await write(part);
    await write("\n" + said(2, "needle"));
    assertEquals(searched([path], needle).found, [`${path} 1`, `${path} 2`]);
    const index = join(dir, "search.db");
    await indexAll(index, [path]);
    const { found, totals } = searched([path], needle, index);
    assertEquals([found, totals.unindexed], [[`${path} 1`, `${path} 2`], 0]);
  });
});

Deno.test("searchLogs() counts logs that are missing, and reads a last line without its newline", async () => {
  await inTemp(async (dir) => {
    const whole = join(dir, "whole.jsonl");
    const empty = join(dir, "empty.jsonl");
    await Deno.writeTextFile(whole, said(1, "hay") + said(2, "needle").trimEnd());
    await Deno.writeTextFile(empty, "");
    const { found, totals } = searched([join(dir, "gone.jsonl"), empty, dir, whole], needle);
    assertEquals(found, [`${whole} 2`]);
    assertEquals([totals.logs, totals.missing], [2, 2]);
  });
});
