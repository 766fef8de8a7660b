import { join } from "node:path";
import { collectGarbage, type GcReport } from "../../src/orchestration/gc.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { recordPath, setAside } from "../../src/workspace/worktree_record.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { atSite, environment, isThere, type Site } from "./support.ts";

async function gc(
  site: Site,
  more: { force?: boolean; sessionAt?: string; project?: string } = {},
): Promise<GcReport> {
  await Deno.mkdir(site.paths.home, { recursive: true });
  const store = SessionStore.open(site.paths.database);
  try {
    if (more.sessionAt !== undefined) {
      store.addSession({
        sessionId: "s",
        provider: "mock",
        command: "exec",
        workspacePath: more.sessionAt,
        createdAt: new Date().toISOString(),
      });
    }
    return await collectGarbage({
      store,
      paths: site.paths,
      now: new Date(),
      olderThanMs: 0,
      project: more.project,
      force: more.force ?? true,
      env: environment(),
    });
  } finally {
    store.close();
  }
}

const found = ({ items }: GcReport) =>
  items.filter(({ kind }) => kind === "worktrees").map(({ name }) => name);

/** Leaves a worktree as a zag does that is killed at a moment of its making. */
async function crash(site: Site, repo: string, name: string): Promise<string> {
  const child = new URL("./children/create_and_die.ts", import.meta.url);
  const { stdout, signal } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", child.href, site.dir, repo, name],
    stdin: "null",
    stderr: "inherit",
  }).output();
  assertEquals(signal, "SIGKILL");
  return new TextDecoder().decode(stdout).trim();
}

Deno.test({
  name: "collectGarbage() cleans up after a crash between a worktree's making and its session",
  ignore: Deno.build.os === "windows",
  fn: atSite(async (site) => {
    const repo = await site.repository("app");
    const path = await crash(site, repo, "x");
    assert(isThere(join(path, "a.txt")));
    const dry = await gc(site, { force: false });
    assertEquals([found(dry), dry.counts.worktrees], [[path], 1]);
    assert(dry.items.find(({ kind }) => kind === "worktrees")!.bytes > 0);
    assert(isThere(path), "without force nothing changes");
    assertEquals(found(await gc(site)), [path]);
    assertEquals([isThere(path), isThere(recordPath(path))], [false, false]);
    assertEquals(await site.branches(repo), ["main"]);
    assertEquals(found(await gc(site)), []);
  }),
});

Deno.test({
  name: "collectGarbage() cleans up after a crash before git had made the worktree",
  ignore: Deno.build.os === "windows",
  fn: atSite(async (site) => {
    const repo = await site.repository("app");
    const path = await crash(site, repo, "x");
    await Deno.remove(path, { recursive: true });
    assertEquals(found(await gc(site)), [path]);
    assertEquals(isThere(recordPath(path)), false);
    assertEquals(await site.branches(repo), ["main"]);
    assertEquals((await site.git(repo, "worktree", "list")).split("\n").length, 1);
  }),
});

Deno.test({
  name: "createWorktree() takes a name over that a crash has left without its directory",
  ignore: Deno.build.os === "windows",
  fn: atSite(async (site) => {
    const repo = await site.repository("app");
    const path = await crash(site, repo, "x");
    await Deno.remove(path, { recursive: true });
    assertEquals((await site.create(repo, { name: "x" })).path, path);
  }),
});

Deno.test({
  name: "collectGarbage() keeps what holds work and tells its size and why",
  ignore: Deno.build.os === "windows",
  fn: atSite(async (site) => {
    const repo = await site.repository("app", { ".gitignore": "out\n" });
    const [changed, ignored, committed] = [
      await crash(site, repo, "changed"),
      await crash(site, repo, "ignored"),
      await crash(site, repo, "committed"),
    ];
    site.put(join(changed!, "new.txt"), "x".repeat(5000));
    site.put(join(ignored!, "out"), "secret");
    await site.commit(committed!, "done.txt");
    const report = await gc(site);
    assertEquals(found(report), []);
    assertEquals(report.leftAlone.map(({ path, reason }) => [path, reason]), [
      [changed, "1 uncommitted change"],
      [committed, "1 commit"],
      [ignored, "1 ignored file"],
    ]);
    assert(report.leftAlone[0]!.bytes! > 5000);
    for (const path of [changed!, ignored!, committed!]) assert(isThere(path));
  }),
});

Deno.test({
  name: "collectGarbage() leaves worktrees of sessions, and those that are being made",
  ignore: Deno.build.os === "windows",
  fn: atSite(async (site) => {
    const repo = await site.repository("app");
    const made = await site.create(repo, { name: "mine" });
    const used = await crash(site, repo, "used");
    const report = await gc(site, { sessionAt: used });
    assertEquals([found(report), report.leftAlone], [[], []]);
    assert(isThere(made.path) && isThere(used));
  }),
});

Deno.test({
  name: "collectGarbage() of one project leaves the worktrees of the others",
  ignore: Deno.build.os === "windows",
  fn: atSite(async (site) => {
    const mine = await crash(site, await site.repository("mine"), "x");
    const other = await crash(site, await site.repository("other"), "x");
    const project = mine.split("/").at(-2)!;
    assertEquals(found(await gc(site, { project })), [mine]);
    assert(isThere(other));
  }),
});

Deno.test({
  name: "collectGarbage() keeps a worktree whose repository is gone",
  ignore: Deno.build.os === "windows",
  fn: atSite(async (site) => {
    const repo = await site.repository("app");
    const path = await crash(site, repo, "x");
    await Deno.remove(repo, { recursive: true });
    const report = await gc(site);
    assertEquals(found(report), []);
    assertStringIncludes(report.leftAlone[0]!.reason!, "repository is gone");
    assert(isThere(join(path, "a.txt")));
  }),
});

Deno.test({
  name:
    "collectGarbage() forgets records that say nothing, and ends removals that were interrupted",
  ignore: Deno.build.os === "windows",
  fn: atSite(async (site) => {
    const repo = await site.repository("app");
    const path = await crash(site, repo, "x");
    await Deno.rename(path, setAside(path));
    const torn = path.replace(/x$/, "torn");
    site.put(recordPath(torn), "");
    assertEquals(found(await gc(site, { force: false })).sort(), [torn, path]);
    const report = await gc(site);
    assertEquals([found(report).sort(), report.leftAlone], [[torn, path], []]);
    assertEquals([isThere(recordPath(torn)), isThere(setAside(path))], [false, false]);
    assertEquals(found(await gc(site)), []);
  }),
});
