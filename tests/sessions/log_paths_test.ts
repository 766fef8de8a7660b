import { join } from "node:path";
import { LogPaths } from "../../src/sessions/log_paths.ts";
import { assertEquals } from "../support/assert.ts";
import { inTemp } from "./support.ts";

Deno.test("LogPaths makes paths relative that lie below the index, and absolute again", async () => {
  await inTemp((dir) => {
    const home = join(dir, "home");
    const paths = new LogPaths(join(home, "zag.db"));
    const table: [string | null, string | null][] = [
      [null, null],
      [join(home, "logs", "sessions", "a.jsonl"), "logs/sessions/a.jsonl"],
      [join(home, "projects", "..p", "a.jsonl"), "projects/..p/a.jsonl"],
      [join(home, "..a"), "..a"],
      [join(dir, "home2", "a.jsonl"), join(dir, "home2", "a.jsonl")],
      [join(dir, "a.jsonl"), join(dir, "a.jsonl")],
    ];
    for (const [logPath, stored] of table) {
      assertEquals(paths.toRow({ logPath, other: 1 }), { logPath: stored, other: 1 });
      assertEquals(paths.fromRow({ logPath: stored }), { logPath });
    }
    assertEquals(paths.toRow({}), {});
  });
});

Deno.test("LogPaths finds the log of an absolute path at its place in the home of today", async () => {
  await inTemp((dir) => {
    const paths = new LogPaths(join(dir, "home", "zag.db"));
    for (
      const place of ["logs/sessions/a.jsonl", "projects/p-1/logs/sessions/a.zag.jsonl"]
    ) {
      const before = join(dir, "before", place);
      const now = join(dir, "home", place);
      // Where there is none, the path stays as it was.
      assertEquals(paths.fromRow({ logPath: before }), { logPath: before });
      Deno.mkdirSync(join(now, ".."), { recursive: true });
      Deno.writeTextFileSync(now, "");
      assertEquals(paths.fromRow({ logPath: before }), { logPath: now });
      assertEquals(paths.fromRow({ logPath: now }), { logPath: now });
    }
    const elsewhere = join(dir, "elsewhere", "sessions", "a.jsonl");
    assertEquals(paths.fromRow({ logPath: elsewhere }), { logPath: elsewhere });
  });
});
