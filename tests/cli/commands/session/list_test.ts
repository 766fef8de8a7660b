import { SELECTOR_TAG } from "../../../../src/sessions/resolve.ts";
import { unicodeWidth } from "../../../../src/events/render/width.ts";
import { assert, assertEquals, assertStringIncludes } from "../../../support/assert.ts";
import { ago, ALIVE, Recorded, uuid } from "./support.ts";

/** Sessions of every kind. */
async function recorded(): Promise<Recorded> {
  const given = await Recorded.create();
  given.add(uuid(1), {
    createdAt: ago(1),
    outcome: null,
    name: "refactor the parser of dates",
    provider: "claude",
    model: "claude-opus-5.5",
    heartbeatAt: ago(0),
    inputTokens: 1_234_567,
    outputTokens: 8_901,
    costUsd: 1.5,
  }, { ...ALIVE, status: "running" });
  given.add(uuid(2), {
    createdAt: ago(2),
    outcome: "failure",
    name: "日本語の名前 🚀",
    model: null,
  });
  given.add(uuid(3), {
    createdAt: ago(3),
    outcome: "dead",
    name: "two\nlines \x1b[31mred",
    inputTokens: 10,
    outputTokens: 0,
  });
  given.add(uuid(4), {
    createdAt: ago(4),
    provider: "codex",
    model: "gpt-6.1-sol",
    command: "run",
  });
  given.add("session-2026-03-04T11-a", { createdAt: ago(5), outcome: null, discovered: true });
  given.add("session-2026-03-04T11-b", { createdAt: ago(6), workspacePath: "/srv/app" });
  return given;
}

const TIMES = [1, 2, 3, 4, 5, 6];

for (const columns of [60, 100, 200]) {
  for (const args of [[], ["--usage"], ["--global"]]) {
    const title = ["session list", ...args].join(" ");
    Deno.test(`${title} at ${columns} columns`, async (t) => {
      await using given = await recorded();
      const terminal = { stdoutTty: true, columns, env: { NO_COLOR: "1" } };
      const shown = await given.out(["session", "list", ...args], terminal);
      for (const line of shown.split("\n")) assert(unicodeWidth(line) <= columns, line);
      await t.assertSnapshot(given.stable(shown, ...TIMES));
    });
  }
}

Deno.test("session list in colour", async (t) => {
  await using given = await recorded();
  const terminal = { stdoutTty: true, columns: 100 };
  const shown = await given.out(["session", "list"], terminal);
  await t.assertSnapshot(given.stable(shown, ...TIMES));
  // deno-lint-ignore no-control-regex
  const plain = shown.replace(/\x1b\[\d*m/g, "");
  assertEquals(
    plain,
    await given.out(["session", "list"], { ...terminal, env: { NO_COLOR: "1" } }),
  );
  assertEquals(plain, await given.out(["-q", "session", "list"], terminal));
});

Deno.test("session list at a pipe cuts nothing and has no colour", async (t) => {
  await using given = await recorded();
  const shown = await given.out(["session", "list", "--usage", "--global"], { columns: 40 });
  assert(!shown.includes("\x1b"));
  await t.assertSnapshot(given.stable(shown, ...TIMES));
});

Deno.test("session list prints ids that name their sessions, however short", async () => {
  await using given = await recorded();
  given.add("0000000a-1", { createdAt: ago(7) });
  given.add("0000000a-2", { createdAt: ago(8) });
  const shown = await given.out(["session", "list"], { stdoutTty: true, columns: 60 });
  const ids = shown.split("\n").slice(1, -1).map((line) => line.split(" ")[0]!);
  assertEquals(ids.slice(0, 5), [
    "00000001",
    "00000002",
    "00000003",
    "00000004",
    "session-2026-03-04T11-a",
  ]);
  for (const id of ids) {
    const { code } = await given.zag(["session", "show", id]);
    assertEquals(code, 0, id);
  }
});

Deno.test("session list --json is an array of the public view", async () => {
  await using given = await recorded();
  given.store.updateSession(uuid(4), {
    description: "all there is",
    tags: ["a", "b"],
    providerSessionId: "native",
    sandboxName: "box",
    logCompleteness: "partial",
    endedAt: ago(3),
    parentSessionId: uuid(1),
    project: null,
  });
  const text = await given.out(["session", "list", "--json"], { stdoutTty: true, columns: 60 });
  assertEquals(text.indexOf("\n"), text.length - 1);
  const infos = JSON.parse(text);
  assertEquals(infos.length, 6);
  assertEquals(
    JSON.stringify(infos[3]),
    JSON.stringify({
      session_id: uuid(4),
      provider: "codex",
      model: "gpt-6.1-sol",
      created_at: ago(4),
      provider_session_id: "native",
      worktree_path: given.home.work,
      sandbox_name: "box",
      log_completeness: "partial",
      description: "all there is",
      tags: ["a", "b"],
      status: "completed",
      command: "run",
      started_at: ago(4),
      ended_at: ago(3),
      parent_session_id: uuid(1),
      project: null,
    }),
  );
  assertEquals(Object.keys(infos[1]), [
    "session_id",
    "provider",
    "model",
    "created_at",
    "provider_session_id",
    "worktree_path",
    "sandbox_name",
    "log_completeness",
    "name",
    "status",
    "command",
    "started_at",
    "ended_at",
    "parent_session_id",
    "project",
  ]);
  assertEquals([infos[1].model, infos[1].provider_session_id], ["", null]);
  assertEquals(infos[2].name, "two\nlines \x1b[31mred", "programs get it as it is");
  assertEquals(
    infos.map(({ status }: { status: string }) => status),
    ["running", "failed", "dead", "completed", "unknown", "completed"],
  );
});

Deno.test("session list --usage --json adds what was used", async () => {
  await using given = await recorded();
  const infos = JSON.parse(await given.out(["session", "list", "--usage", "--json", "-n", "2"]));
  assertEquals(infos.map(({ usage }: { usage: unknown }) => usage), [
    {
      input_tokens: 1_234_567,
      output_tokens: 8_901,
      cache_read_tokens: null,
      cache_creation_tokens: null,
      cost_usd: 1.5,
    },
    {
      input_tokens: null,
      output_tokens: null,
      cache_read_tokens: null,
      cache_creation_tokens: null,
      cost_usd: null,
    },
  ]);
});

/** Ids that a list shows. */
async function ids(given: Recorded, ...args: string[]): Promise<string[]> {
  const infos = JSON.parse(await given.out(["session", "list", "--json", ...args]));
  return infos.map(({ session_id }: { session_id: string }) => session_id);
}

Deno.test("session list filters, and limits what is left", async () => {
  await using given = await Recorded.create();
  const parent = { parentSessionId: "aaaa-mother", parentProcessId: "bbbb-run" };
  given.add("aaaa-mother", { createdAt: ago(1), name: "Mother of ÄLL", tags: ["Root"] });
  given.add("child-1", { createdAt: ago(2), provider: "codex", tags: ["x", "ÄPFEL"], ...parent });
  given.add("child-2", { createdAt: ago(3), provider: "codex", name: "all", ...parent });
  given.add("other", { createdAt: ago(4), provider: "codex", project: "elsewhere" });
  given.add("asked", { createdAt: ago(5), tags: [SELECTOR_TAG] });
  const run = { provider: "mock", command: "exec", startedAt: ago(1), ownerPid: 1 } as const;
  given.store.addProcess({ ...run, id: "bbbb-run", sessionId: "aaaa-mother", status: "exited" });
  const table: [string[], string[]][] = [
    [[], ["aaaa-mother", "child-1", "child-2"]],
    [["--global"], ["aaaa-mother", "child-1", "child-2", "other"]],
    [["-p", "CODEX"], ["child-1", "child-2"]],
    [["-p", "codex", "-n", "1"], ["child-1"]],
    [["--provider=gemini"], []],
    [["--name", "ALL"], ["child-2"]],
    [["--name", "äll"], ["aaaa-mother"]],
    [["--name", "%"], []],
    [["--tag", "root"], ["aaaa-mother"]],
    [["--tag", "äpfel"], ["child-1"]],
    [["--tag", "roo"], []],
    [["--tag", SELECTOR_TAG], ["asked"]],
    [["--tag", SELECTOR_TAG.toUpperCase()], ["asked"]],
    [["--parent", "aaaa-mother"], ["child-1", "child-2"]],
    [["--parent", "aaaa"], ["child-1", "child-2"]],
    [["--parent", "Mother of ÄLL"], ["child-1", "child-2"]],
    [["--parent", "bbbb"], ["child-1", "child-2"]],
    [["--parent", "child-1"], []],
    [["--parent", "aaaa", "--tag", "x", "-p", "codex", "--global", "-n", "9"], ["child-1"]],
  ];
  for (const [args, expected] of table) {
    assertEquals(await ids(given, ...args), expected, args.join(" "));
  }
  given.store.deleteSession("aaaa-mother");
  assertEquals(await ids(given, "--parent", "aaaa-mother"), ["child-1", "child-2"]);
});

Deno.test("session list takes its flags before the words as well", async () => {
  await using given = await recorded();
  const expected = await given.out(["session", "list", "--json", "-n", "1"]);
  assertEquals(await given.out(["session", "--json", "list", "-n", "1"]), expected);
  assertEquals(await given.out(["--json", "session", "-n", "1", "list"]), expected);
});

Deno.test("session list --root looks at another project", async () => {
  await using given = await Recorded.create();
  await Deno.mkdir(`${given.home.path}/repo/.git`, { recursive: true });
  await Deno.writeTextFile(`${given.home.path}/repo/.git/HEAD`, "ref: refs/heads/main\n");
  await Deno.mkdir(`${given.home.path}/repo/below`);
  const { resolveProject } = await import("../../../../src/config/project.ts");
  const { key } = await resolveProject({ cwd: `${given.home.path}/repo` });
  given.add("outside");
  given.add("inside", { project: key! });
  assertEquals(await ids(given), ["outside"]);
  assertEquals(await ids(given, "-r", "../repo"), ["inside"]);
  const below = await given.out(["session", "list", "--json"], {
    cwd: `${given.home.path}/repo/below`,
  });
  assertEquals(JSON.parse(below)[0].session_id, "inside");
});

Deno.test("session list says when there is nothing", async () => {
  await using given = await Recorded.create();
  assertEquals(await given.out(["session", "list"]), "No sessions found.\n");
  assertEquals(await given.out(["session", "list", "--json"]), "[]\n");
});

const refused: [string[], number, string][] = [
  [["-p", "claud"], 64, 'Unknown provider "claud": it must be one of claude, '],
  [["-p", "auto"], 64, 'Unknown provider "auto": it must be one of claude, '],
  [["-n", "0"], 64, "whole number above 0"],
  [["-n", "-1"], 64, "--limit"],
  [["--parent", "nobody"], 1, 'Cannot find session "nobody"'],
  [["-r", "nowhere"], 1, "no such directory"],
  [["operand"], 64, "operand"],
];

for (const [args, expected, message] of refused) {
  Deno.test(`session list refuses ${args.join(" ")}`, async () => {
    await using given = await Recorded.create();
    const { code, out, err } = await given.zag(["session", "list", ...args]);
    assertStringIncludes(err, message);
    assertEquals([code, out], [expected, ""]);
  });
}

Deno.test("session list reads no more rows than it shows", async () => {
  await using given = await Recorded.create();
  for (let index = 0; index < 300; index++) {
    given.add(uuid(index), { createdAt: ago(index), outcome: index % 2 ? null : "success" }, {});
  }
  // What cannot be parsed throws: rows that are not shown must not be looked at.
  const { DatabaseSync } = await import("node:sqlite");
  const db = new DatabaseSync(`${given.home.path}/.zag/zag.db`, { timeout: 10_000 });
  db.exec("UPDATE sessions SET launch = 'no JSON' WHERE created_at < '" + ago(20) + "'");
  db.close();
  assertEquals((await ids(given, "-n", "20")).length, 20);
  assertEquals((await given.zag(["session", "list", "-n", "22"])).code, 1);
});
