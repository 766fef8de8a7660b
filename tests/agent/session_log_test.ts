import { inHome, leftovers, waitFor } from "../e2e/support.ts";
import { fromFileUrl } from "../support/paths.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";

const PROGRAM = fromFileUrl(new URL("./children/session_log.ts", import.meta.url));

function start(home: TestHome, scenario: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", PROGRAM, scenario, `${home.path}/result.json`],
    cwd: home.work,
    env: home.env({ PATH: "/usr/bin:/bin" }),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

// deno-lint-ignore no-explicit-any -- each scenario has a result of its own shape
type Result = any;

async function result(home: TestHome): Promise<Result> {
  return JSON.parse(await Deno.readTextFile(`${home.path}/result.json`));
}

/** Runs a scenario of the program; whatever it does, it must print nothing. */
async function run(home: TestHome, scenario: string): Promise<Result> {
  const { code, stdout, stderr } = await start(home, scenario).output();
  const text = new TextDecoder();
  assertEquals([code, text.decode(stdout), text.decode(stderr)], [0, "", ""]);
  return await result(home);
}

/** What a scenario prints on stderr. */
async function stderrOf(home: TestHome, scenario: string): Promise<string> {
  const { code, stdout, stderr } = await start(home, scenario).output();
  assertEquals([code, stdout.length], [0, 0]);
  return new TextDecoder().decode(stderr);
}

/** Files under the state directory that hold a text; what agents keep themselves is theirs. */
async function filesWith(home: TestHome, text: string): Promise<string[]> {
  const found: string[] = [];
  const look = async (directory: string) => {
    for await (const { name, isDirectory } of Deno.readDir(directory)) {
      const path = `${directory}/${name}`;
      if (path === `${home.path}/.zag/agents`) continue;
      if (isDirectory) await look(path);
      else if (new TextDecoder("latin1").decode(await Deno.readFile(path)).includes(text)) {
        found.push(path);
      }
    }
  };
  await look(`${home.path}/.zag`);
  return found;
}

async function texts(home: TestHome): Promise<string[]> {
  return [...await filesWith(home, "PROMPT-"), ...await filesWith(home, "ANSWER-")];
}

/** The fields of a session that both the index and its log tell: what it used without one is lost. */
function told(row: Record<string, unknown>): Record<string, unknown> {
  const { heartbeat_at: _h, input_tokens: _i, output_tokens: _o, launch, ...fields } = row;
  return { ...fields, launch: launch === null ? null : JSON.parse(String(launch)) };
}

Deno.test(
  "AgentBuilder.sessionLog() of off keeps nothing that anybody has said, and the session goes on",
  inHome(async (home) => {
    const { id, first, second } = await run(home, "off");
    assertEquals([first.log_path, first.result, second.log_path], [
      undefined,
      "ANSWER-one",
      undefined,
    ]);
    assertEquals(JSON.parse(second.result).history.length, 1);
    assertEquals(await texts(home), []);
    assertEquals(await home.logPaths(), []);
    const [session] = home.rows("sessions");
    assertEquals(
      [session?.session_id, session?.log_path, session?.launch, session?.outcome],
      [id, null, null, "success"],
    );
    assertEquals(
      home.rows("processes").map(({ prompt, status, session_id }) => [prompt, status, session_id]),
      [[null, "exited", id], [null, "exited", id]],
    );
    assertEquals(home.rows("usage").length, 2);
  }),
);

Deno.test(
  "AgentBuilder.sessionLog() of off keeps nothing of what a failure says",
  inHome(async (home) => {
    assertEquals(await run(home, "offFails"), [
      true,
      "AgentProcessError: Mock agent ended without a result (exit code 3): ANSWER-why",
      "SchemaValidationError",
    ]);
    assertEquals(await texts(home), []);
    const why = "it failed; why is not recorded, since its session keeps no log";
    assertEquals(
      home.rows("sessions").map(({ outcome, error }) => [outcome, error]),
      [["failure", why], ["unknown", why], ["failure", why]],
    );
    assertEquals(home.rows("processes").map(({ status }) => status), [
      "exited",
      "killed",
      "exited",
      "exited",
    ]);
  }),
);

Deno.test(
  "AgentBuilder.sessionLog() of off leaves sessions that every command copes with",
  inHome(async (home) => {
    const { id } = await run(home, "off");
    const zag = async (...args: string[]) => {
      const { code, stdout, stderr } = await home.zag(args);
      return [code, (stdout + stderr).trimEnd().split("\n")[0]];
    };
    const json = await home.zag(["session", "list", "--json"]);
    assertEquals(JSON.parse(json.stdout).length, 1);
    assertEquals((await home.zag(["session", "show", id])).code, 0);
    assertEquals(await zag("status", id), [0, "completed"]);
    assertEquals(await zag("wait", id), [0, `${id} ✓ completed`]);
    const keepsNone = `session "${id}": it keeps no log`;
    assertEquals(await zag("listen", id), [1, `error: Cannot listen to ${keepsNone}`]);
    assertEquals(await zag("events", id), [1, `error: Cannot show the events of ${keepsNone}`]);
    assertEquals(await zag("output", id), [
      1,
      `error: Cannot print the result of session "${id}": it has no log (completed)`,
    ]);
    assertEquals(await zag("summary", id), [
      1,
      `error: Cannot summarise session "${id}": it has no log`,
    ]);
    assertEquals(await zag("retry", id), [1, `✗ ${id}: its prompt is not known`]);
    assertMatch(String((await zag("log", "--session", id, "x"))[1]), /it has no log any more$/);
    assertEquals((await zag("search", "ANSWER"))[0], 0);
    assertEquals(await zag("gc", "--older-than", "1h", "--force").then(([code]) => code), 0);
    assertEquals((await zag("ps", "list"))[0], 0);
    assertEquals(await zag("cost").then(([code]) => code), 0);
    const update = await home.zag(["session", "update", id, "--name", "new"]);
    assertEquals([update.code, update.stderr], [0, ""]);
    assertEquals((await zag("status", "new"))[0], 0);
    assertEquals(await texts(home), []);
  }),
);

Deno.test(
  "AgentBuilder.sessionLog() of off leaves an index that can be made again without its sessions",
  inHome(async (home) => {
    const { id } = await run(home, "off");
    for (const end of ["", "-wal", "-shm"]) {
      await Deno.remove(`${home.path}/.zag/zag.db${end}`).catch(() => {});
    }
    const { code, stderr } = await home.zag(["status", id]);
    assertEquals(code, 1);
    assertMatch(stderr, /^error: Cannot find/);
    assertEquals(home.rows("sessions"), []);
  }),
);

Deno.test(
  "AgentBuilder.sessionLog() of off leaves an agent whose program was killed to the next zag",
  inHome(async (home) => {
    const child = start(home, "hangs");
    await waitFor(
      "the agent",
      async () => await Deno.readTextFile(`${home.path}/pid`).catch(() => "") || undefined,
    );
    child.kill("SIGKILL");
    await child.output();
    const { stdout } = await home.zag(["ps", "list", "--json"]);
    assertEquals(JSON.parse(stdout).length, 1);
    await home.zag(["-p", "mock", "exec", "hi"]);
    assertEquals(await leftovers(home), []);
    const [session] = home.rows("sessions");
    assertEquals([session?.outcome, session?.log_path], ["dead", null]);
    assertEquals(await texts(home), []);
  }),
);

Deno.test(
  "SessionLog whose program was killed during a call is closed by the next zag",
  inHome(async (home) => {
    const child = start(home, "hangsInOpenLog");
    await waitFor(
      "the agent",
      async () => (await home.logs())[0]?.some(({ content }) => content === "half") || undefined,
    );
    child.kill("SIGKILL");
    await child.output();
    await home.zag(["-p", "mock", "exec", "hi"]);
    assertEquals(await leftovers(home), []);
    const [session] = home.rows("sessions");
    assertEquals([session?.command, session?.outcome], ["nightly", "dead"]);
    const lines = (await home.logs())[0]!;
    assertEquals([lines.at(-1)?.type, lines.at(-1)?.outcome], ["session_ended", "dead"]);
    assertEquals(lines.filter(({ type }) => type === "session_started").length, 1);
  }),
);

Deno.test(
  "AgentBuilder.sessionLog() of auto begins a log for a session that had none",
  inHome(async (home) => {
    const { history, third, log, completeness, path, text } = await run(home, "offThenAuto");
    assertEquals([history, third], [1, [null, 2]]);
    assertEquals(log.slice(0, 3), ["session_started", "session_meta", "user_message"]);
    // The third call is told without its texts, so that the log stays true.
    assertEquals(log.slice(-4), ["session_started", "session_meta", "usage", "session_ended"]);
    assertEquals(text.includes("PROMPT-third"), false);
    assertEquals(new Set(completeness), new Set(["partial"]));
    const [before] = home.rows("sessions");
    assertEquals([before?.log_path, before?.resumed], [path, 1]);
    for (const end of ["", "-wal", "-shm"]) {
      await Deno.remove(`${home.path}/.zag/zag.db${end}`).catch(() => {});
    }
    assertEquals((await home.zag(["status", String(before?.session_id)])).stdout, "completed\n");
    assertEquals(home.rows("sessions").map(told), [told(before!)]);
  }),
);

Deno.test(
  "AgentBuilder.onLogEvent() hears every entry as its line says it, when it is on disk",
  inHome(async (home) => {
    const { same, types, onDisk, result, warnings } = await run(home, "listener");
    assertEquals([same, onDisk, result], [true, true, "hello"]);
    assertEquals([types[0], types.at(-1)], ["session_started", "session_ended"]);
    assertEquals(warnings, ["onLogEvent has thrown: mine"]);
  }),
);

Deno.test(
  "AgentBuilder.onLogEvent() hears of a field that was cut what the line has of it",
  inHome(async (home) => {
    assertEquals(await run(home, "cutField"), [true, "content", true]);
  }),
);

Deno.test(
  "AgentBuilder.onLogEvent() hears of all attempts at an answer that has to be JSON",
  inHome(async (home) => {
    assertEquals(await run(home, "corrected"), [[1], true]);
  }),
);

Deno.test(
  "AgentBuilder.onLogEvent() of 16 calls at once hears each of its own alone",
  inHome(async (home) => {
    assertEquals(
      await run(home, "manyAtOnce"),
      Array.from({ length: 16 }, (_, index) => [true, [`prompt ${index}`, `answer ${index}`]]),
    );
  }),
);

Deno.test(
  "SessionLog holds several calls as one session, and is left open by them",
  inHome(async (home) => {
    const seen = await run(home, "openLog");
    assertEquals(seen.ids, Array(3).fill([true, true]));
    assertEquals([seen.natives, seen.history], [[true, true], 1]);
    for (const types of seen.ofCall) {
      assertEquals([types[0], types.at(-1)], ["session_meta", "usage"]);
    }
    assertEquals([seen.before, seen.heard], [["session_started"], true]);
    assertEquals(seen.prompts, ["one", "two", "three"]);
    assertEquals([seen.last.type, seen.last.success], ["session_ended", true]);
    assertMatch(seen.afterwards[0], /^InvalidOptionError: .*it is finished$/);
    assertMatch(seen.afterwards[1], /^InvalidOptionError: .*it is finished$/);
    const [before] = home.rows("sessions");
    assertEquals(
      [before?.session_id, before?.command, before?.outcome, before?.model],
      [seen.id, "nightly", "success", "mock-medium"],
    );
    assertEquals(
      home.rows("processes").map(({ session_id }) => session_id),
      Array(3).fill(seen.id),
    );
    assertEquals((await home.zag(["status", seen.id])).stdout, "completed\n");
    assertEquals((await home.zag(["session", "list", "--json"])).code, 0);
    for (const end of ["", "-wal", "-shm"]) {
      await Deno.remove(`${home.path}/.zag/zag.db${end}`).catch(() => {});
    }
    assertEquals((await home.zag(["status", seen.id])).stdout, "completed\n");
    assertEquals(home.rows("sessions").map(told), [told(before!)]);
  }),
);

Deno.test(
  "SessionLog refuses a call that is of another session, or another provider's",
  inHome(async (home) => {
    const [provider, session, id, unknown, taken] = await run(home, "openLogRefusals");
    assertMatch(provider, /^InvalidOptionError: .* for Mock agent: its session is one of codex$/);
    assertMatch(session, /^InvalidOptionError: .*: a log is that of one session$/);
    assertMatch(id, /^InvalidOptionError: Cannot use sessionId with a log/);
    assertMatch(unknown, /^InvalidProviderError: /);
    assertMatch(taken, /^SessionExistsError: /);
  }),
);

Deno.test(
  "SessionLog stays open when an answer is sent back, and when it is given up",
  inHome(async (home) => {
    const [json, error, types, id] = await run(home, "openLogJson");
    assertEquals([json, error], [[1], "SchemaValidationError"]);
    const ends = types.filter((type: string) => /^session_(started|ended)$/.test(type));
    assertEquals(ends, ["session_started", "session_ended"]);
    const [session] = home.rows("sessions");
    assertEquals([session?.session_id, session?.outcome], [id, "success"]);
  }),
);

Deno.test(
  "SessionLog takes the results of sessions that hand one in, each for its own call",
  inHome(async (home) => {
    const [results, types] = await run(home, "openLogExit");
    assertEquals(results, ["one", "two"]);
    assertEquals(types, [
      "session_started",
      "session_started",
      "session_result",
      "session_started",
      "session_result",
      "session_ended",
    ]);
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["success"]);
  }),
);

Deno.test(
  "SessionLog takes what a program has to tell of an agent of its own",
  inHome(async (home) => {
    const { path, types, natives, last, again } = await run(home, "ownLog");
    assertEquals(
      path,
      `${home.path}/elsewhere/sessions/22222222-2222-4222-8222-222222222222.jsonl`,
    );
    assertEquals(types.slice(0, 3), ["session_started", "session_meta", "user_message"]);
    assert(types.includes("tool_call") && types.includes("assistant_message"));
    assertEquals(natives, ["n-1", "n-1", "n-2"]);
    assertEquals(
      [last.type, last.success, last.error],
      ["session_ended", false, "it was left without an end"],
    );
    assertEquals(again, [true, ["session_started", "session_ended"]]);
    const row = home.rows("sessions").find(({ command }) => command === "own");
    assertEquals([row?.provider_session_id, row?.outcome, row?.resumed], ["n-2", "success", 1]);
    const listened = await home.zag(["listen", "22222222-2222-4222-8222-222222222222"]);
    assertEquals([listened.code, listened.stderr], [0, ""]);
    assertMatch(listened.stdout, /asked/);
  }),
);

Deno.test(
  "SessionLog follows the file of an agent's CLI where that is asked for",
  inHome(async (home) => {
    assertEquals(await run(home, "live"), [["seen", "provider_file"]]);
  }),
);

Deno.test(
  "AgentBuilder.streamEventsToStderr() prints what listen prints",
  inHome(async (home) => {
    const text = await stderrOf(home, "stderrText");
    assertMatch(text, /\*\*said\*\*/);
    assertEquals(text.includes("hidden"), false);
    const listened = await home.zag(["listen", "--latest", "--text"]);
    assertEquals(text, listened.stdout);
  }),
);

Deno.test(
  "AgentBuilder.streamEventsToStderr() of json prints the lines of the log",
  inHome(async (home) => {
    const text = await stderrOf(home, "stderrJson");
    assertEquals(text, await result(home));
    assertMatch(text, /"shown"/);
  }),
);

Deno.test(
  "AgentBuilder.streamShowThinking() has rich-text print reasoning, too, as listen does",
  inHome(async (home) => {
    const text = await stderrOf(home, "stderrRich");
    assertMatch(text, /thought/);
    const id = await result(home);
    const listened = await home.zag(["listen", id, "--rich-text", "--show-thinking"]);
    assertEquals(text, listened.stdout);
  }),
);

Deno.test(
  "AgentBuilder.streamEventsToStderr() prints an entry after the program has heard it",
  inHome(async (home) => {
    const lines = (await stderrOf(home, "stderrOrder")).trimEnd().split("\n");
    const pairs = lines.length / 2;
    assert(pairs > 5);
    for (let index = 0; index < pairs; index++) {
      assertEquals(lines[2 * index], `heard ${index + 1}`);
      assertEquals(JSON.parse(lines[2 * index + 1]!).seq, index + 1);
    }
  }),
);

Deno.test(
  "AgentBuilder.logEvents() yields the entries of the next call, and ends with it",
  inHome(async (home) => {
    assertEquals(await run(home, "entries"), {
      same: true,
      second: null,
      nothing: [],
      refused: "InvalidModelError",
      left: "hello",
    });
  }),
);

Deno.test(
  "AgentBuilder.logEvents() has the agent wait for whoever takes the entries",
  inHome(async (home) => {
    const [all, ahead] = await run(home, "slowReader");
    assertEquals(all, true);
    assert(ahead < 1000, `${ahead} entries were ahead`);
  }),
);

Deno.test(
  "AgentBuilder.registerProcess() changes what is listed, and the agent's variables with it",
  inHome(async (home) => {
    const [id, variables] = await run(home, "registered");
    assertEquals(variables, `mock other /elsewhere named ${id}`);
    const { stdout } = await home.zag(["ps", "list", "--json"]);
    const [listed] = JSON.parse(stdout);
    assertEquals(
      [listed.command, listed.prompt, listed.model, listed.root, listed.session_id],
      ["nightly", "beginning", "other", "/elsewhere", id],
    );
    assertEquals(await filesWith(home, "PROMPT"), []);
  }),
);

Deno.test(
  "registerProcess() lists an agent of the program's own, which ps kill ends",
  inHome(async (home) => {
    const child = start(home, "ownAgent");
    const env = await waitFor(
      "the agent",
      async () => {
        const text = await Deno.readTextFile(`${home.path}/entry.json`).catch(() => "");
        return text === "" ? undefined : JSON.parse(text);
      },
    );
    const id = env.ZAG_PROCESS_ID;
    assertEquals(env, {
      ZAG_PROCESS_ID: id,
      ZAG_PROVIDER: "mock",
      ZAG_MODEL: "m",
      ZAG_ROOT: "/somewhere",
      ZAG_SESSION_NAME: "named",
    });
    const { stdout } = await home.zag(["ps", "list", "--json"]);
    const [listed] = JSON.parse(stdout);
    assertEquals(
      [listed.id, listed.live_status, listed.prompt, listed.command],
      [id, "running", "beginning", "own"],
    );
    const killed = await home.zag(["ps", "kill", "self"], { env });
    assertEquals([killed.code, killed.stderr], [0, ""]);
    assertEquals((await child.output()).code, 0);
    assertEquals((await result(home))[0], "SIGTERM");
    assertEquals(home.rows("processes").map(({ status }) => status), ["killed"]);
    assertEquals(await leftovers(home), []);
  }),
);

Deno.test(
  "registerProcess() says how the agent ended, whatever is said later",
  inHome(async (home) => {
    const env = await run(home, "ownAgentEnds");
    assertEquals(
      home.rows("processes").map(({ id, status, exit_code }) => [id, status, exit_code]),
      [[env.ZAG_PROCESS_ID, "exited", 0]],
    );
  }),
);

Deno.test(
  "formatEvent() and its neighbours show an entry as listen does",
  inHome(async (home) => {
    assertEquals(await run(home, "formats"), [
      true,
      null,
      "\n  … hm\n",
      true,
      "rich-text",
      "reasoning",
      [true, true, true, false, true],
      "nonsense",
      "04:05",
      "text",
    ]);
  }),
);

Deno.test(
  "SessionLog.finish() refuses a log that a call writes to, and start() one that is open",
  inHome(async (home) => {
    assertEquals(await run(home, "inUse"), [
      ["InvalidOptionError", "InvalidOptionError"],
      "session_ended",
      1,
      true,
    ]);
  }),
);
