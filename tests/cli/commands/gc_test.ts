import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createApp } from "../../../src/cli/create_app.ts";
import { gcCommand } from "../../../src/cli/commands/gc.ts";
import { fakeContext } from "../../fakes/context.ts";
import { assertEquals, assertMatch } from "../../support/assert.ts";
import { inState, type State } from "../../orchestration/support.ts";

async function zagGc(state: State, ...args: string[]) {
  const ctx = fakeContext({ env: { ZAG_HOME: state.dir }, cwd: state.dir, now: new Date() });
  const code = await createApp([gcCommand]).run(["gc", ...args], ctx);
  return { code, out: ctx.out, err: ctx.err };
}

Deno.test(
  "gc shows what it would remove, and how to",
  inState(async (state) => {
    await state.add("old", { days: 8 });
    const { code, out, err } = await zagGc(state);
    assertEquals(code, 0);
    assertMatch(out, /^Would remove 1 process entry\nWould remove 2 lifecycle markers \(\d+ B\)\n/);
    assertMatch(out, /\nWould remove 1 session with its log \(\d+ B\)\nIn all: [\d.]+ kB\n$/);
    assertEquals(err, 'Nothing was removed yet: "zag gc --force" does it\n');
    assertEquals((await zagGc(state, "-q")).err, "");
    assertEquals(state.sessions, ["old"]);
  }),
);

Deno.test(
  "gc --force removes it, and then there is nothing",
  inState(async (state) => {
    const path = await state.add("old", { days: 8 });
    const removed = await zagGc(state, "--force", "-v");
    assertEquals([removed.code, removed.err], [0, ""]);
    assertMatch(removed.out, /^Removed 1 process entry\n {2}run-old\n/);
    assertEquals(removed.out.includes(`\n  ${path}  `), true);
    assertEquals(state.sessions, []);
    assertEquals(await zagGc(state), { code: 0, out: "Nothing to clean up.\n", err: "" });
  }),
);

Deno.test(
  "gc takes a duration, a size and a project",
  inState(async (state) => {
    await state.add("a", { days: 3 });
    await state.add("b", { days: 2 });
    assertEquals((await zagGc(state)).out, "Nothing to clean up.\n");
    assertMatch((await zagGc(state, "--older-than", "60h")).out, /1 session with its log/);
    assertMatch((await zagGc(state, "--max-size", "1kB")).out, /1 session with its log/);
    assertMatch((await zagGc(state, "--max-size=0")).out, /2 sessions with their logs/);
    const root = join(state.dir, "elsewhere");
    mkdirSync(root);
    assertEquals(
      (await zagGc(state, "--max-size=0", "-r", root)).out,
      "Nothing to clean up.\n",
    );
  }),
);

Deno.test(
  "gc --json prints one indented object and no hint",
  inState(async (state) => {
    await state.add("old", { days: 8 });
    const { out, err } = await zagGc(state, "--json");
    assertEquals(err, "");
    assertMatch(out, /^\{\n {2}"process_entries_removed": 1,\n/);
    assertEquals(JSON.parse(out).dry_run, true);
    assertEquals(JSON.parse((await zagGc(state, "--json", "--force")).out).dry_run, false);
  }),
);

Deno.test(
  "gc --json counts the records that go with their logs",
  inState(async (state) => {
    for (const id of ["a", "b", "c"]) await state.add(id, { days: 8 });
    // The first command on a new index reads all logs.
    await zagGc(state);
    // Of this one the log alone is left, and of that one the record alone.
    state.store.deleteSession("b");
    Deno.removeSync(state.store.getSession("c")!.logPath!);
    for (const args of [["--json"], ["--json", "--force"]]) {
      const { session_logs_removed, session_records_removed } = JSON.parse(
        (await zagGc(state, ...args)).out,
      );
      assertEquals([session_logs_removed, session_records_removed], [2, 2], args.join(" "));
    }
    assertEquals(state.sessions, []);
    assertEquals(JSON.parse((await zagGc(state, "--json")).out).session_records_removed, 0);
  }),
);

Deno.test(
  "gc exits with 1 when something cannot be removed, and removes the rest",
  inState(async (state) => {
    const path = await state.add("a", { days: 9 });
    await state.add("b", { days: 8 });
    const inTheWay = path.replace(/jsonl$/, "overflow");
    mkdirSync(inTheWay);
    writeFileSync(join(inTheWay, "x"), "");
    const { code, out, err } = await zagGc(state, "--force");
    assertEquals(code, 1);
    assertMatch(out, /Removed 1 session with its log/);
    assertMatch(err, /^error: Cannot clean up ".*a\.jsonl": /);
    assertEquals(state.sessions, ["a"]);
    assertEquals(JSON.parse((await zagGc(state, "--force", "--json")).out).failed.length, 1);
  }),
);

Deno.test(
  "gc refuses flags that make no sense",
  inState(async (state) => {
    const table: [string[], RegExp][] = [
      [["--keep-logs", "--max-size", "1GB"], /Cannot use --keep-logs together with --max-size/],
      [["--max-size", "much"], /Wrong value for "--max-size": Cannot parse size "much"/],
      [["--older-than", "7x"], /Cannot parse duration "7x"/],
      [["--older-than", "0"], /it must be longer than 0/],
    ];
    for (const [args, message] of table) {
      const { code, out, err } = await zagGc(state, ...args);
      assertEquals([code, out], [64, ""]);
      assertMatch(err, message);
    }
  }),
);
