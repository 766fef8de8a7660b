/** What the original recorded is found, and what it wrote stays as it is. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { entry, line, originalKey, plant, textOf, wholeLog } from "./original_home.ts";
import { inHome, jsonLines, mock } from "./support.ts";

/** A repository, and the name under which the original kept its state. */
async function repository(home: TestHome): Promise<{ dir: string; state: string }> {
  const dir = `${home.path}/repo`;
  await new Deno.Command("git", { args: ["init", "-q", dir] }).output();
  return { dir, state: `projects/${originalKey(dir)}` };
}

/** Fails when the files that the original wrote are not as they were planted. */
async function assertUntouched(home: TestHome, files: Record<string, unknown>): Promise<void> {
  const changed: string[] = [];
  for (const [name, content] of Object.entries(files)) {
    if (await Deno.readTextFile(`${home.path}/.zag/${name}`) !== textOf(content)) {
      changed.push(name);
    }
  }
  assertEquals(changed, []);
}

/** The ids that `session list` shows. */
async function listed(home: TestHome, cwd: string, flags: string[] = []): Promise<string[]> {
  const { code, stdout, stderr } = await home.zag(["session", "list", "--json", ...flags], { cwd });
  assertEquals(code, 0, stderr);
  const { sessions = [] } = stdout.startsWith("[")
    ? { sessions: JSON.parse(stdout) }
    : { sessions: jsonLines(stdout) };
  return sessions.map((one: Record<string, unknown>) => String(one.session_id ?? one.id)).sort();
}

function row(home: TestHome, id: string): Record<string, unknown> {
  return home.rows("sessions").find(({ session_id }) => session_id === id)!;
}

const ID = "11111111-2222-4333-8444-555555555555";
const OTHER = "99999999-2222-4333-8444-555555555555";

Deno.test(
  "sessions of the original are there, in their project, with all that it kept of them",
  inHome(async (home) => {
    const { dir, state } = await repository(home);
    const log = `${state}/logs/sessions/${ID}.jsonl`;
    const files = {
      [log]: wholeLog(ID, dir),
      [`${state}/sessions.json`]: {
        sessions: [entry(ID, dir, {
          name: "old name",
          description: "what it is for",
          tags: ["a", "b"],
          dependencies: [OTHER],
          retried_from: OTHER,
          interactive: true,
          exit: { hint: "", json_mode: true, schema: { type: "object" } },
          log_path: `${home.path}/.zag/${log}`,
          unheard_of: { by: "us" },
        })],
      },
      "sessions.json": { sessions: [entry("plain", home.work, { worktree_path: home.work })] },
      "processes.json": {
        processes: [{
          id: "p1",
          pid: 4_000_000,
          session_id: ID,
          provider: "mock",
          model: "old-model",
          command: "exec",
          started_at: "2026-01-02T03:04:00Z",
          status: "exited",
          exit_code: 0,
          exited_at: "2026-01-02T03:05:00Z",
          root: dir,
          parent_session_id: OTHER,
        }, {
          id: "p2",
          pid: Deno.pid,
          session_id: "plain",
          provider: "mock",
          model: "m",
          command: "run",
          started_at: "2026-01-02T03:04:00Z",
          status: "running",
        }],
      },
      [`${state}/logs/index.json`]: "{ no JSON",
      "sessions_index.json": { sessions: "none" },
    };
    await plant(home, files);
    const first = await home.zag(["session", "list"], { cwd: dir });
    assertEquals(first.code, 0);
    const warnings = first.stderr.trimEnd().split("\n");
    assertEquals(warnings.length, 2, first.stderr);
    assertMatch(warnings[0]!, /index\.json" says of older sessions is left out: /);
    assertMatch(warnings[1]!, /sessions_index\.json" says of older .*: it has no list "sessions"/);

    assertEquals(await listed(home, dir), [ID]);
    assertEquals(await listed(home, home.work), ["plain"]);
    const { log_path, project, heartbeat_at: _, ...columns } = row(home, ID);
    assertEquals(log_path, `${home.path}/.zag/${log}`);
    assertMatch(String(project), /repo-[0-9a-f]{8}$/);
    assertEquals(columns, {
      session_id: ID,
      provider_session_id: `native-${ID}`,
      provider: "mock",
      model: "old-model",
      command: "exec",
      workspace_path: dir,
      cwd: dir,
      name: "old name",
      description: "what it is for",
      tags: '["a","b"]',
      dependencies: `["${OTHER}"]`,
      retried_from: OTHER,
      resumed_from: null,
      budget: null,
      parent_session_id: OTHER,
      parent_process_id: null,
      interactive: 1,
      is_worktree: 0,
      worktree_name: null,
      sandbox_name: null,
      discovered: 0,
      discovery_source: null,
      end_reason: null,
      log_completeness: "full",
      exit_constraints: '{"hint":"","jsonMode":true,"schema":{"type":"object"}}',
      launch: null,
      resumed: 0,
      created_at: "2026-01-02T03:04:00.500Z",
      started_at: "2026-01-02T03:04:01.678Z",
      ended_at: "2026-01-02T03:04:07.678Z",
      outcome: "success",
      exit_code: null,
      signal: null,
      error: null,
      input_tokens: 5,
      output_tokens: 6,
      cache_read_tokens: null,
      cache_creation_tokens: null,
      cost_usd: 0.5,
    });
    assertEquals(home.rows("usage").map((row) => [row.session_id, row.project]), [[ID, project]]);
    assertEquals(home.rows("processes").map(({ id, status }) => [id, status]), [["p1", "exited"]]);
    assertEquals((await home.zag(["output", ID])).stdout, "old answer\n");
    // Only once; and the one that runs was left alone.
    assertEquals((await home.zag(["session", "list"])).stderr, "");
    await assertUntouched(home, files);
  }),
);

Deno.test(
  "logs of the original that nothing else tells about are sessions all the same",
  inHome(async (home) => {
    const { dir, state } = await repository(home);
    await plant(home, {
      [`${state}/logs/sessions/${ID}.jsonl`]: wholeLog(ID, dir),
      [`logs/sessions/cut-off.jsonl`]: wholeLog("cut-off", home.work).split("\n")
        .slice(0, 3).join("\n") + '\n{"seq":4,"ts":"2026',
      [`logs/sessions/killed.jsonl`]: wholeLog("killed", home.work).replace(
        '"success":true,"error":null',
        '"success":false,"error":"x"',
      ).replace('"type":"assistant_message","content"', '"type":"session_result","result"'),
      [`elsewhere/${OTHER}.jsonl`]: wholeLog(OTHER, "/nowhere/at/all"),
      "sessions_index.json": {
        sessions: [{
          session_id: OTHER,
          project: "nowhere-at-all",
          log_path: `${home.path}/.zag/elsewhere/${OTHER}.jsonl`,
          provider: "mock",
          started_at: "2026-01-02T03:04:00Z",
        }, { session_id: "gone", log_path: "/gone.jsonl", provider: "mock" }],
      },
    });
    assertEquals(await listed(home, dir), [ID]);
    assertEquals(await listed(home, home.work), ["cut-off", "killed"]);
    assertEquals(await listed(home, home.work, ["--global"]), [ID, OTHER, "cut-off", "killed"]);
    assertEquals([row(home, "cut-off").outcome, row(home, "killed").outcome], ["dead", "success"]);
    assertMatch(String(row(home, OTHER).project), /^nowhere-at-all-[0-9a-f]{8}$/);
    assertEquals(home.rows("usage").length, 3);
  }),
);

/** What must come back when the index is lost. */
function books(home: TestHome): unknown[] {
  const sessions = home.rows("sessions").sort((a, b) =>
    String(a.session_id) < String(b.session_id) ? -1 : 1
  );
  return [sessions.map(({ heartbeat_at: _, ...row }) => row), home.rows("usage")];
}

async function loseIndex(home: TestHome): Promise<void> {
  for (const part of ["", "-wal", "-shm"]) {
    await Deno.remove(`${home.path}/.zag/zag.db${part}`).catch(() => {});
  }
}

for (const place of ["in a project", "outside of any project"]) {
  Deno.test(
    `a session of the original ${place} is changed in a copy of its log`,
    inHome(async (home) => {
      const inProject = place === "in a project";
      const { dir, state } = inProject
        ? await repository(home)
        : { dir: home.work, state: undefined };
      const at = (name: string) => state === undefined ? name : `${state}/${name}`;
      const ids = ["updated", "resumed", "logged", "deleted", "without-log", "cut-off", "left"];
      const files: Record<string, unknown> = {
        [at("sessions.json")]: {
          sessions: ids.map((id) => entry(id, dir, { tags: [id], name: `name of ${id}` })),
        },
      };
      for (const id of ids) {
        if (id === "without-log") continue;
        const whole = wholeLog(id, dir, id === "resumed" ? OTHER : id);
        files[at(`logs/sessions/${id}.jsonl`)] = id === "cut-off"
          ? whole.split("\n").slice(0, 4).join("\n")
          : whole;
      }
      // The agent knows the session, and zag knows nothing yet.
      await mock(home, [], ["hi", "--session", OTHER]);
      await loseIndex(home);
      for (const path of await home.logPaths()) await Deno.remove(path);
      await plant(home, files);
      const zag = async (...args: string[]) => {
        const { code, stderr } = await home.zag(args, { cwd: dir });
        assertEquals(code, 0, `${args.join(" ")}: ${stderr}`);
      };
      await zag("session", "update", "updated", "--name", "new name");
      await zag("session", "update", "updated", "--tag", "new tag");
      await zag("session", "update", "without-log", "--description", "new");
      await zag("session", "update", "cut-off", "--description", "new");
      await zag("session", "delete", "deleted");
      await zag("log", "a note", "--session", "logged");
      await zag("exec", "more", "--resume", "resumed");
      await assertUntouched(home, files);

      assertEquals(row(home, "updated").name, "new name");
      const log = await Deno.readTextFile(String(row(home, "resumed").log_path));
      const lines = jsonLines(log);
      assertEquals(lines.map(({ seq }) => seq), lines.map((_, index) => index + 1));
      assertStringIncludes(log, "old answer");
      assertEquals(lines.at(-1)?.type, "session_ended");
      const { outcome, resumed, input_tokens } = row(home, "resumed");
      assertEquals([outcome, resumed, Number(input_tokens) > 5], ["success", 1, true]);
      assert(home.rows("usage").some(({ session_id }) => session_id === "deleted"));

      const kept = books(home);
      await loseIndex(home);
      await zag("session", "list");
      assertEquals(books(home), kept);
      assertEquals(row(home, "deleted"), undefined);
      // What the original kept may go: our logs tell all about what was changed.
      for (const name of Object.keys(files)) await Deno.remove(`${home.path}/.zag/${name}`);
      const changed = (row: Record<string, unknown>) =>
        ["updated", "resumed", "logged", "without-log", "cut-off"].includes(String(row.session_id));
      const [sessions] = kept as [Record<string, unknown>[]];
      await loseIndex(home);
      await zag("session", "list");
      assertEquals((books(home) as [unknown[]])[0], sessions.filter(changed));
    }),
  );
}

Deno.test(
  "a worktree that is gone belongs to the project of its neighbours",
  inHome(async (home) => {
    const { dir, state } = await repository(home);
    await plant(home, {
      [`${state}/sessions.json`]: {
        sessions: [
          entry("tree", `${home.path}/.zag/worktrees/x/y`, {
            is_worktree: true,
            worktree_name: "y",
          }),
          entry("main", dir),
        ],
      },
    });
    assertEquals(await listed(home, dir), ["main", "tree"]);
    const { is_worktree, worktree_name, outcome, started_at } = row(home, "tree");
    assertEquals([is_worktree, worktree_name, outcome, started_at], [1, "y", null, null]);
    const { stdout } = await home.zag(["status", "tree"], { cwd: dir });
    assertStringIncludes(stdout, "unknown");
    await mock(home, [], ["hi", "--name", "mine"], { cwd: dir });
    const { stdout: active } = await home.zag(["listen", "--active"], { cwd: dir });
    assertStringIncludes(active, "hi");
  }),
);

Deno.test(
  "lines of any shape in the original's stores stop nothing",
  inHome(async (home) => {
    await plant(home, {
      "sessions.json": {
        sessions: [
          null,
          7,
          {},
          entry("../../etc/passwd", home.work),
          entry("odd", home.work, { created_at: "yesterday", tags: [1, "t"], exit: 3, model: 4 }),
          { ...entry("bare", ""), worktree_path: undefined },
          entry("good", home.work),
        ],
        version: 99,
      },
      "processes.json": "[]",
      [`logs/sessions/${OTHER}.jsonl`]: line(1, OTHER, { type: "user_message" }),
    });
    assertEquals(await listed(home, home.work), [OTHER, "bare", "good", "odd"].sort());
    assertEquals(row(home, "odd").tags, '["t"]');
  }),
);
