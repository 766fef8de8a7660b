import { zagPaths } from "../../../src/config/paths.ts";
import { openIndex } from "../../../src/sessions/recovery/open_index.ts";
import { readOriginalStore } from "../../../src/sessions/recovery/original_store.ts";
import { chances } from "../../e2e/faults_support.ts";
import { assert, assertEquals, assertMatch } from "../../support/assert.ts";
import { inTemp } from "../support.ts";

const FILES = ["sessions.json", "processes.json", "sessions_index.json", "logs/index.json"];

function write(dir: string, name: string, content: unknown): void {
  Deno.mkdirSync(`${dir}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
  const text = typeof content === "string" ? content : JSON.stringify(content);
  Deno.writeTextFileSync(`${dir}/${name}`, text);
}

function pathsIn(dir: string) {
  return zagPaths({ get: (name) => name === "ZAG_HOME" ? dir : undefined });
}

const SESSION = {
  session_id: "s",
  provider: "claude",
  worktree_path: "/w",
  worktree_name: "box",
  created_at: "2026-01-02T03:04:05.678901234+00:00",
};

Deno.test("readOriginalStore() takes what is absent for unknown", async () => {
  await inTemp((dir) => {
    write(dir, "sessions.json", { sessions: [SESSION, { session_id: "no provider" }] });
    write(dir, "logs/index.json", {
      sessions: [{ wrapper_session_id: "l", provider: "codex", completeness: "odd" }],
    });
    const warnings: string[] = [];
    const { sessions, logs, processes } = readOriginalStore(
      pathsIn(dir),
      (message) => void warnings.push(message),
    );
    assertEquals([warnings, processes, [...sessions.keys()], [...logs.keys()]], [
      [],
      [],
      ["s"],
      ["l"],
    ]);
    assertEquals(Object.entries(sessions.get("s")!).filter(([, value]) => value !== undefined), [
      ["sessionId", "s"],
      ["provider", "claude"],
      ["workspacePath", "/w"],
      ["createdAt", SESSION.created_at],
      ["isWorktree", false],
      ["discovered", false],
      ["tags", []],
      ["dependencies", []],
      ["interactive", false],
    ]);
    assertEquals(logs.get("l")?.completeness, undefined);
  });
});

Deno.test("readOriginalStore() takes the newest of several entries of one session", async () => {
  await inTemp((dir) => {
    const newer = { ...SESSION, created_at: "2026-01-02T02:30:00-03:00", name: "newer" };
    write(dir, "projects/a b/sessions.json", { sessions: [SESSION] });
    write(dir, "projects/c/sessions.json", { sessions: [newer] });
    write(dir, "sessions.json", { sessions: [SESSION] });
    const { sessions } = readOriginalStore(pathsIn(dir), () => {});
    assertEquals([sessions.get("s")?.name, sessions.get("s")?.dirKey], ["newer", "c"]);
  });
});

Deno.test("readOriginalStore() names each file that it cannot read, and goes on", async () => {
  await inTemp((dir) => {
    write(dir, "sessions.json", "{");
    write(dir, "processes.json", "[]");
    write(dir, "sessions_index.json", "null");
    write(dir, "projects/p/sessions.json", { sessions: [SESSION] });
    Deno.mkdirSync(`${dir}/logs/index.json`, { recursive: true });
    const warnings: string[] = [];
    const { sessions } = readOriginalStore(pathsIn(dir), (message) => void warnings.push(message));
    assertEquals([...sessions.keys()], ["s"]);
    assertEquals(warnings.length, 4);
    for (const name of FILES) {
      assert(warnings.some((text) => text.includes(`"${dir}/${name}"`)), name);
    }
    assertMatch(warnings.join("\n"), /processes\.json" says of .*: it has no list "processes"/);
  });
});

Deno.test("openIndex() takes over stores of the original with any values in them", async () => {
  const chance = chances(3);
  const pick = <T>(...all: T[]): T => all[Math.floor(chance() * all.length)]!;
  const value = (): unknown =>
    pick<unknown>(
      null,
      0,
      -1.5,
      1e300,
      "",
      "s",
      "\0",
      "../x",
      "é".repeat(300),
      true,
      [],
      {},
      [1, "t"],
      {
        hint: 1,
        schema: [],
      },
      "2026-01-02T03:04:05Z",
      "running",
      "full",
    );
  const keys = [
    ..."session_id wrapper_session_id id provider model worktree_path worktree_name".split(" "),
    ..."created_at started_at tags dependencies exit log_path log_completeness pid".split(" "),
    ..."status exit_code provider_session_id is_worktree name description root".split(" "),
  ];
  const entry = (index: number) => ({
    session_id: `s-${index}`,
    wrapper_session_id: `s-${index}`,
    id: `p-${index}`,
    provider: "claude",
    pid: index,
    started_at: "2026-01-02T03:04:05Z",
    ...Object.fromEntries(keys.filter(() => chance() < 0.3).map((key) => [key, value()])),
  });
  for (let round = 0; round < 15; round++) {
    await inTemp(async (dir) => {
      for (const name of FILES) {
        const list = Array.from(
          { length: 20 },
          (_, index) => chance() < 0.1 ? value() : entry(index),
        );
        write(dir, name, { sessions: list, processes: list });
      }
      using store = await openIndex(pathsIn(dir), {});
      for (const session of store.listSessions()) {
        assertEquals(typeof session.provider, "string");
        assertEquals(store.getSession(session.sessionId), session);
      }
    });
  }
});
