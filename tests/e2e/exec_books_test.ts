import type { Step } from "../../src/providers/mock/script.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { type TestHome, ZAG } from "../support/zag.ts";
import { claude, inHome, mock, onlyLog, replay, standIn } from "./support.ts";

const WORK: Step[] = [
  { do: "think", text: "first" },
  { do: "tool", name: "read", input: { path: "a" }, output: "text", data: { lines: 1 } },
  { do: "tool", name: "write", error: "no" },
  { do: "usage", input_tokens: 12, output_tokens: 3, cache_read_tokens: 4, cost_usd: 0.5 },
  { do: "say", text: "done" },
];

Deno.test(
  "exec logs the session from its start to its end, in order and numbered",
  inHome(async (home) => {
    const { code } = await mock(home, WORK, ["  do it  ", "--name", "n"]);
    assertEquals(code, 0);
    const log = await onlyLog(home);
    assertEquals(log.map(({ type }) => type), [
      "session_started",
      "session_meta",
      "user_message",
      "provider_status",
      "reasoning",
      "tool_call",
      "tool_result",
      "tool_call",
      "tool_result",
      "assistant_message",
      "provider_status",
      "provider_status",
      "usage",
      "session_ended",
    ]);
    assertEquals(log.map(({ seq }) => seq), log.map((_, index) => index + 1));
    const id = home.rows("sessions")[0]?.session_id;
    for (const line of log) {
      assertEquals(
        [line.provider, line.wrapper_session_id, line.source_kind, line.completeness],
        ["mock", id, "wrapper", "full"],
      );
      assertMatch(String(line.ts), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
    const [started, , asked] = log;
    assertEquals(
      [started?.command, started?.model, started?.cwd, started?.resumed, started?.backfilled],
      ["exec", "mock-medium", home.work, false, false],
    );
    assertEquals([asked?.role, asked?.content], ["user", "  do it  "]);
    const [call, result] = log.slice(5, 7);
    assertEquals(
      [call?.tool_name, call?.tool_kind, call?.input, result?.tool_id === call?.tool_id],
      ["read", "file_read", { path: "a" }, true],
    );
    assertEquals([result?.success, result?.output, result?.data], [true, "text", { lines: 1 }]);
    assertEquals([log[8]?.success, log[8]?.error], [false, "no"]);
    const [usage, ended] = log.slice(-2);
    assertEquals(
      [usage?.input_tokens, usage?.output_tokens, usage?.cache_read_tokens, usage?.total_cost_usd],
      [12, 3, 4, 0.5],
    );
    assertEquals(
      [ended?.success, ended?.error, ended?.exit_code, ended?.outcome],
      [true, null, 0, "success"],
    );
  }),
);

Deno.test(
  "exec logs a recorded claude session with every event that it shows",
  inHome(async (home) => {
    await standIn(home, replay("tool_calls"));
    await claude(home, ["hi"]);
    const kinds = (await onlyLog(home)).map(({ type }) => type);
    assertEquals(kinds.filter((type) => type === "tool_call").length, 2);
    assertEquals(kinds.filter((type) => type === "tool_result").length, 2);
    assertEquals(kinds.filter((type) => type === "user_message").length, 1);
    assertEquals(kinds.at(-1), "session_ended");
  }),
);

Deno.test(
  "exec records the session in the index, with the agent's process",
  inHome(async (home) => {
    await mock(home, WORK, [
      "do it",
      "--name",
      "backend",
      "--description",
      "the API",
      "--tag",
      "a",
      "--tag",
      "b",
      "-m",
      "small",
    ]);
    const [session] = home.rows("sessions");
    const [process] = home.rows("processes");
    const expected = {
      provider: "mock",
      model: "mock-small",
      command: "exec",
      project: null,
      workspace_path: home.work,
      cwd: home.work,
      name: "backend",
      description: "the API",
      tags: '["a","b"]',
      parent_session_id: null,
      log_completeness: "full",
      resumed: 0,
      outcome: "success",
      exit_code: 0,
      signal: null,
      error: null,
      input_tokens: 12,
      output_tokens: 3,
      cache_read_tokens: 4,
      cost_usd: 0.5,
    };
    assertEquals(
      Object.fromEntries(Object.keys(expected).map((key) => [key, session?.[key]])),
      expected,
    );
    assertEquals([session?.log_path], await home.logPaths());
    assertEquals(session?.provider_session_id, session?.session_id);
    assert(String(session?.started_at) <= String(session?.ended_at));
    assertEquals(
      [process?.session_id, process?.command, process?.prompt, process?.status, process?.exit_code],
      [session?.session_id, "exec", "do it", "exited", 0],
    );
    assertEquals([process?.root, process?.agent_detached], [home.work, 1]);
    assert(Number(process?.agent_pid) > 0 && Number(process?.owner_pid) > 0);
    const meta = (await onlyLog(home)).find(({ type }) => type === "session_meta")?.meta as Record<
      string,
      unknown
    >;
    assertEquals([meta.name, meta.description, meta.tags], ["backend", "the API", ["a", "b"]]);
  }),
);

Deno.test(
  "exec takes the id of --session for itself, its log, its markers and the agent",
  inHome(async (home) => {
    const id = crypto.randomUUID();
    const { stdout } = await mock(home, [{ do: "prompt" }], ["hi", "--session", id]);
    assertEquals(JSON.parse(stdout).session_id, id);
    assertEquals(home.rows("sessions").map(({ session_id }) => session_id), [id]);
    assertMatch((await home.logPaths())[0]!, new RegExp(`/logs/sessions/${id}\\.jsonl$`));
    const marker = async (name: string) =>
      JSON.parse(await Deno.readTextFile(`${home.path}/.zag/events/${id}.${name}`));
    const { started_at, ...started } = await marker("started");
    assertEquals(started, { session_id: id });
    const { ended_at, ...ended } = await marker("ended");
    assertEquals(ended, { session_id: id, success: true, exit_code: 0 });
    assert(started_at <= ended_at);
  }),
);

Deno.test(
  "exec takes an id of --session in any case as one, which is free once and leads back to it",
  inHome(async (home) => {
    const id = "abcdef01-2345-4789-abcd-ef0123456789";
    const upper = id.toUpperCase();
    const { stdout } = await mock(home, [{ do: "prompt" }], ["hi", "--session", upper]);
    assertEquals(JSON.parse(stdout).session_id, id);
    for (const taken of [id, upper]) {
      const again = await mock(home, [], ["hi", "--session", taken]);
      assertEquals([again.code, again.stdout], [1, ""]);
      assertStringIncludes(again.stderr, `Cannot create session "${id}": there is one`);
    }
    assertEquals(home.rows("sessions").map(({ session_id }) => session_id), [id]);
    assertMatch((await home.logPaths()).join(), new RegExp(`/${id}\\.jsonl$`));
    const commands = [
      ["status", upper],
      ["output", upper],
      ["session", "show", upper.slice(0, 6)],
      [
        "search",
        "--session",
        upper.slice(0, 9),
        "hi",
      ],
      ["exec", "-p", "mock", "more", "--resume", upper],
    ];
    for (const args of commands) {
      const { code, stderr } = await home.zag(args);
      assertEquals([args[0], code], [args[0], 0], stderr);
    }
  }),
);

Deno.test({
  name: "exec keeps its files to their owner, whatever the umask",
  ignore: Deno.build.os === "windows",
  fn: inHome(async (home) => {
    const { ZAG_MOCK_SCRIPT: _, ...env } = home.env();
    const { success } = await new Deno.Command("sh", {
      args: ["-c", 'umask 0; "$0" "$@" -p mock exec hi', ZAG.program, ...ZAG.args],
      env,
      clearEnv: true,
      cwd: home.work,
      stdin: "null",
      stdout: "null",
    }).output();
    assert(success);
    const open: string[] = [];
    let files = 0;
    for await (const [path, info] of tree(`${home.path}/.zag`)) {
      const mode = (info.mode ?? 0) & 0o777;
      // The shim is a program.
      const wanted = info.isDirectory || path.endsWith("/zag") ? 0o700 : 0o600;
      if (mode !== wanted) open.push(`${path} ${mode.toString(8)}`);
      files++;
    }
    assertEquals(open, []);
    assert(files > 8);
  }),
});

async function* tree(path: string): AsyncGenerator<[string, Deno.FileInfo]> {
  const info = await Deno.stat(path);
  yield [path, info];
  if (!info.isDirectory) return;
  for await (const { name } of Deno.readDir(path)) yield* tree(`${path}/${name}`);
}

Deno.test(
  "exec leaves nothing in the temporary directory and nothing in the working directory",
  inHome(async (home) => {
    const temp = `${home.path}/tmp`;
    await Deno.mkdir(temp);
    const run = async (steps: Step[], flags: string[]) =>
      await mock(home, steps, ["hi", "-s", "brief", "--mcp-config", "{}", ...flags], {
        env: { TMPDIR: temp },
      });
    await run(WORK, []);
    await run([{ do: "crash" }], []);
    await run([{ do: "hang" }], ["--timeout=1"]);
    assertEquals([...Deno.readDirSync(temp)], []);
    assertEquals([...Deno.readDirSync(home.work)], []);
  }),
);

Deno.test(
  "exec keeps the sessions of a repository with it, wherever in it zag is started",
  inHome(async (home) => {
    await new Deno.Command("git", { args: ["init", "-q"], cwd: home.work }).output();
    await Deno.mkdir(`${home.work}/sub`);
    await mock(home, [], ["hi"]);
    await mock(home, [], ["hi"], { cwd: `${home.work}/sub` });
    const rows = home.rows("sessions");
    const keys = new Set(rows.map(({ project }) => project));
    assertEquals(keys.size, 1);
    const key = String([...keys][0]);
    assertMatch(key, /work-[0-9a-f]{8}$/);
    for (const path of await home.logPaths()) {
      assert(path.startsWith(`${home.path}/.zag/projects/${key}/logs/sessions/`), path);
    }
    assertEquals(rows.map(({ cwd }) => cwd), [home.work, `${home.work}/sub`]);
  }),
);

Deno.test(
  "exec leaves the books of a session that could not begin in order",
  inHome(async (home) => {
    const { stdout } = await mock(home, [], ["hi", "-o", "json"], {
      env: { ZAG_MOCK_SCRIPT: "{" },
    });
    assertEquals(JSON.parse(stdout).is_error, true);
    assertEquals(statuses(home), [["failure", "exited"]]);
    await standIn(home, "exit 127");
    await claude(home, ["hi"]);
    assertEquals(statuses(home).at(-1)?.[0], "unknown");
  }),
);

function statuses(home: TestHome): unknown[][] {
  const processes = home.rows("processes");
  return home.rows("sessions").map(({ outcome }, index) => [outcome, processes[index]?.status]);
}

Deno.test(
  "exec keeps apart what runs at the same time",
  inHome(async (home) => {
    const runs = await Promise.all(
      ["one", "two", "three", "four"].map((word) => mock(home, [{ do: "echo" }], [word])),
    );
    assertEquals(runs.map(({ stdout }) => stdout), ["one\n", "two\n", "three\n", "four\n"]);
    assertEquals(new Set(home.rows("sessions").map(({ session_id }) => session_id)).size, 4);
    for (const log of await home.logs()) {
      assertEquals(log.at(-1)?.type, "session_ended");
      const said = log.filter(({ content }) => typeof content === "string");
      assertEquals(new Set(said.map(({ content }) => content)).size, 1);
    }
  }),
);
