import type { Notification } from "../../src/notify/notification.ts";
import type { Step } from "../../src/providers/mock/script.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { type TestHome, ZAG } from "../support/zag.ts";
import { blocksOf } from "../man/manual.ts";
import { untilWaits, withoutJitter } from "./limit_support.ts";
import {
  inHome,
  jsonLines,
  livingWith,
  mock,
  onlyLog,
  replay,
  script,
  standIn,
  waitFor,
} from "./support.ts";
import { untilTool } from "./ps_support.ts";
import { ended, rowOf, spawn } from "./spawn_support.ts";
import { writeProgram } from "../support/program_file.ts";

const DOCUMENT = new URL("../../docs/notifications.md", import.meta.url);

Deno.test(
  "docs/notifications.md: every example with output prints it, and the message is one",
  inHome(async (home) => {
    const page = await Deno.readTextFile(DOCUMENT);
    const blocks = blocksOf(page);
    await home.program("zag", `#!/bin/sh\nexec ${ZAG.shell} "$@"\n`);
    await Deno.mkdir(`${home.path}/.zag`);
    await Deno.writeTextFile(`${home.path}/.zag/zag.jsonc`, '{"defaults": {"provider": "mock"}}');
    const block = blocks.find(({ language }) => language === "console")!;
    const printed: string[] = [];
    for (const command of block.lines.filter((line) => line.startsWith("$ "))) {
      const { stdout, stderr } = await new Deno.Command("sh", {
        args: ["-c", command.slice(2)],
        cwd: home.work,
        env: home.env(script([{ do: "say", text: block.mock! }])),
        clearEnv: true,
      }).output();
      assertEquals(new TextDecoder().decode(stderr), "", command);
      printed.push(command, ...new TextDecoder().decode(stdout).split("\n").slice(0, -1));
    }
    assertEquals(printed, block.lines);
    const shown = JSON.parse(blocks.find(({ language }) => language === "json")!.lines.join("\n"));
    const told = JSON.parse(await Deno.readTextFile(`${home.work}/told.json`));
    assertEquals(Object.keys(shown), Object.keys(told));
  }),
);

/** A program that keeps what it is told, and then does more. */
async function teller(home: TestHome, body = ""): Promise<string> {
  return await home.program("tell", `#!/bin/sh\ncat >> "$HOME/told"\n${body}\n`);
}

/** What was told, in its order. */
async function told(home: TestHome): Promise<Notification[]> {
  const text = await Deno.readTextFile(`${home.path}/told`).catch(() => "");
  return jsonLines(text) as unknown as Notification[];
}

async function events(home: TestHome): Promise<string[]> {
  return (await told(home)).map(({ event }) => event);
}

/** What the logs say of what was told, without what differs each time. */
async function noted(home: TestHome) {
  return (await home.logs()).flat().filter(({ type }) => type === "notification").map((line) => ({
    kind: line.kind,
    target: line.target,
    delivered: line.delivered,
    attempts: line.attempts,
    ...(line.error === undefined ? {} : { error: line.error }),
  }));
}

/** What is left to be told. */
function left(home: TestHome): string[] {
  try {
    return [...Deno.readDirSync(`${home.path}/.zag/notices`)].map(({ name }) => name)
      .filter((name) => name !== "lock");
  } catch {
    return [];
  }
}

const OK = { target: "command:tell", delivered: true, attempts: 1 };

/** A server on this machine that keeps what is posted, and answers with these states, then with 200. */
function hook(...states: number[]) {
  const posts: { path: string; auth: string | null; told: Notification }[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const auth = request.headers.get("authorization");
    posts.push({ path: pathname + search, auth, told: await request.json() });
    return new Response(null, { status: states.shift() ?? 200 });
  });
  return { posts, port: server.addr.port, [Symbol.asyncDispose]: () => server.shutdown() };
}

Deno.test(
  "exec --notify tells a program and a webhook how the session has ended",
  inHome(async (home) => {
    await using server = hook();
    await teller(home);
    const url = `http://127.0.0.1:${server.port}/hook`;
    const args = ["--name", "build", "--notify", "command:tell", "--notify", url, "do it"];
    const { code, stdout, stderr } = await mock(home, [{ do: "say", text: "It is done." }], args);
    assertEquals({ code, stdout, stderr }, { code: 0, stdout: "It is done.\n", stderr: "" });
    const [message, ...more] = await told(home);
    assertEquals(more, []);
    const { session_id: id, ended_at } = home.rows("sessions")[0]!;
    assertEquals(message, {
      version: 1,
      id: `${home.rows("processes")[0]!.id}:end`,
      event: "end",
      at: ended_at as string,
      session_id: id as string,
      session_name: "build",
      provider: "mock",
      model: "mock-medium",
      project: home.work,
      cwd: home.work,
      outcome: "success",
      error: null,
      result: "It is done.",
      result_truncated: false,
      resumes_at: null,
      question: null,
      commands: [`zag output ${id}`, `zag exec --resume ${id} "..."`],
    });
    assertEquals(server.posts.map(({ told }) => told), [message]);
    const lines = await noted(home);
    assertEquals(lines.length, 2);
    assert(lines.every(({ delivered, kind }) => delivered && kind === "end"));
    assertEquals(lines.map(({ target }) => target).sort(), [
      "command:tell",
      `http://127.0.0.1:${server.port}`,
    ]);
    assertEquals(left(home), []);
  }),
);

Deno.test(
  "exec and spawn warn at the start of targets that cannot be told anything",
  inHome(async (home) => {
    await home.program("tell", '#!/bin/sh\n/bin/cat >> "$HOME/told"\n');
    await Deno.writeTextFile(`${home.work}/plain.sh`, "#!/bin/sh\n", { mode: 0o644 });
    const targets = [
      "./nope.sh",
      home.work,
      "./plain.sh",
      "command:nope a",
      "command:tell",
      "desktop",
    ];
    const args = targets.flatMap((target) => ["--notify", target]);
    const deaf = [
      "command:nope.sh cannot be told anything: there is no such file",
      `command:${home.work.split("/").at(-1)} cannot be told anything: it is a directory`,
      "command:plain.sh cannot be told anything: the file may not be executed",
      "command:nope cannot be told anything: there is no such program on the PATH",
    ].map((line) => `warning: ${line}`);
    const warnings = (stderr: string) =>
      stderr.split("\n").filter((line) => line.includes("cannot be told anything"));
    // No test may show anything on a desktop: there is none without its program.
    const env = {
      ...script([{ do: "say", text: "done" }]),
      PATH: `${home.path}/bin`,
    };
    const { stderr, code } = await home.zag(["-p", "mock", "exec", ...args, "hi"], {
      env,
      cwd: home.work,
    });
    assertEquals(code, 0, stderr);
    assertEquals(warnings(stderr).slice(0, 4), deaf);
    assertMatch(
      warnings(stderr)[4] ?? "",
      /^warning: desktop cannot be told anything: there is no /,
    );
    assertEquals(warnings(stderr).length, 5, stderr);
    assertEquals(await events(home), ["end"]);
    const spawned = await home.zag(["-p", "mock", "spawn", ...args.slice(0, -2), "hi"], {
      env,
      cwd: home.work,
    });
    assertEquals(warnings(spawned.stderr), deaf, spawned.stderr);
    await waitFor("the end", async () => (await events(home)).length > 1 || undefined);
    await waitFor("the end of it all", () => left(home).length === 0 || undefined);
  }),
);

Deno.test(
  "exec warns of --notify-on where nobody is told",
  inHome(async (home) => {
    await teller(home);
    const none = await mock(home, [], ["--notify-on", "end", "hi"]);
    assertEquals(
      [none.code, none.stderr],
      [
        0,
        "warning: --notify-on has no effect: neither --notify nor notify.target says who is told\n",
      ],
    );
    assertEquals((await home.zag(["config", "notify.target", "command:tell"])).code, 0);
    const some = await mock(home, [], ["--notify-on", "end", "hi"]);
    assertEquals([some.code, some.stderr], [0, ""]);
    assertEquals(await events(home), ["end"]);
  }),
);

Deno.test(
  "exec --notify warns of a target once, also where another provider goes on",
  inHome(async (home) => {
    await standIn(home, replay("rate_limit"));
    const result = await home.zag(
      ["-p", "claude", "exec", "--fallback", "mock", "--notify", "command:nope", "hi"],
      { env: { ZAG_CLAUDE_ALLOW_PRINT: "1", ...script([{ do: "say", text: "done" }]) } },
    );
    assertEquals(result.code, 0, result.stderr);
    assertStringIncludes(result.stderr, "; mock goes on\n");
    assertEquals(result.stderr.split("cannot be told anything").length, 2, result.stderr);
  }),
);

Deno.test(
  "exec --notify does not keep the answer back, and cuts what it tells",
  inHome(async (home) => {
    await teller(home, 'until [ -e "$HOME/go" ]; do sleep 0.01; done');
    const text = "€".repeat(5000);
    const args = ["-p", "mock", "exec", "--notify", "command:tell", "hi"];
    const child = home.spawn(args, { env: script([{ do: "say", text }]) });
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let read = "";
    while (!read.endsWith("\n")) read += (await reader.read()).value;
    assertEquals(read, text + "\n");
    await Deno.writeTextFile(`${home.path}/go`, "");
    assertEquals((await child.status).code, 0);
    await reader.cancel();
    await child.stderr.cancel();
    const [{ result, result_truncated }] = await told(home) as [Notification];
    assertEquals([result, result_truncated], ["€".repeat(1000), true]);
  }),
);

Deno.test(
  "exec --notify tells of a failure, and changes no exit code when it cannot be told",
  inHome(async (home) => {
    await using server = hook(500, 500);
    await teller(home, "exit 3");
    const url = `http://127.0.0.1:${server.port}/`;
    const args = ["--notify", "command:tell", "--notify", url, "hi"];
    const { code, stderr } = await mock(
      home,
      [{ do: "error", message: "no way", fatal: true }],
      args,
    );
    assertEquals(code, 0);
    assertStringIncludes(
      stderr,
      "warning: command:tell was not told of the failure: the program ended with exit code 3\n",
    );
    assertStringIncludes(stderr, "was not told of the failure: the server answered 500\n");
    // Each was tried once more, with the same id.
    const messages = await told(home);
    assertEquals(messages.map(({ event, outcome }) => [event, outcome]), [
      ["failure", "failure"],
      ["failure", "failure"],
    ]);
    assertEquals(
      new Set([...messages, ...server.posts.map(({ told }) => told)].map((m) => m.id)).size,
      1,
    );
    assertStringIncludes(messages[0]!.error!, "no way");
    assertEquals(server.posts.length, 2);
    assertEquals((await noted(home)).sort((a, b) => `${a.target}` < `${b.target}` ? -1 : 1), [
      {
        kind: "failure",
        target: "command:tell",
        delivered: false,
        attempts: 2,
        error: "the program ended with exit code 3",
      },
      {
        kind: "failure",
        target: `http://127.0.0.1:${server.port}`,
        delivered: false,
        attempts: 2,
        error: "the server answered 500",
      },
    ]);
    assertEquals(left(home), []);
    const quiet = await mock(home, [], ["-q", "--notify", "command:tell", "hi"]);
    assertEquals([quiet.code, quiet.stderr], [0, ""]);
  }),
);

Deno.test(
  "exec --notify tries once more what failed, and is done then",
  inHome(async (home) => {
    await using server = hook(503);
    const { stderr } = await mock(home, [], ["--notify", `http://127.0.0.1:${server.port}`, "hi"]);
    assertEquals(stderr, "");
    assertEquals(server.posts.length, 2);
    assertEquals((await noted(home)).map(({ delivered, attempts }) => [delivered, attempts]), [
      [true, 2],
    ]);
  }),
);

Deno.test(
  "exec --notify-on tells nothing else, and refuses what it does not know",
  inHome(async (home) => {
    await teller(home);
    const args = ["--notify", "command:tell", "--notify-on", "failure,limit"];
    assertEquals((await mock(home, [], [...args, "hi"])).code, 0);
    assertEquals([await told(home), await noted(home), left(home)], [[], [], []]);
    await mock(home, [{ do: "error", message: "no", fatal: true }], [...args, "hi"]);
    assertEquals(await events(home), ["failure"]);
    const unknown = await mock(home, [], ["--notify", "x", "--notify-on", "start", "hi"]);
    assertEquals(unknown.code, 64);
    assertStringIncludes(unknown.stderr, 'Cannot notify on "start"');
    const nobody = await mock(home, [], ["--notify", "slack", "hi"]);
    assertEquals(nobody.code, 64);
    assertStringIncludes(nobody.stderr, 'Cannot notify "slack": it must be desktop');
    assertEquals(home.rows("sessions").length, 2);
  }),
);

Deno.test(
  "exec --notify keeps what is secret of a target to itself",
  inHome(async (home) => {
    const secret = "Tz7qW3rP9xK2";
    await using server = hook(500, 500);
    const url = `http://user:${secret}p@127.0.0.1:${server.port}/${secret}u?t=${secret}q`;
    const failing = `command:no-such-program --key ${secret}a`;
    const { stderr } = await mock(home, [], [
      "--debug",
      "--notify",
      url,
      "--notify",
      failing,
      "hi",
    ]);
    assertEquals(server.posts.length, 2);
    assertEquals(server.posts[0]?.auth, `Basic ${btoa(`user:${secret}p`)}`);
    assert(!stderr.includes(secret), stderr);
    assertStringIncludes(stderr, `http://127.0.0.1:${server.port} was not told`);
    assertEquals(await filesWith(home, secret), []);
  }),
);

/** Files of a home that hold a text. */
async function filesWith(home: TestHome, text: string): Promise<string[]> {
  const { stdout } = await new Deno.Command("grep", {
    args: ["-rlaF", text, home.path],
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout).split("\n").filter(Boolean);
}

Deno.test(
  "exec --notify tells of a usage limit, and of the end after it, once each",
  inHome(async (home) => {
    await teller(home);
    await withoutJitter(home);
    const over: Step[] = [{ do: "limit", reset_at: "2020-01-01T00:00:00Z" }];
    const child = home.spawn(["-p", "mock", "exec", "--notify", "command:tell", "hi"], {
      env: script([{ do: "limit", reset_in: 3600 }], over, [{ do: "say", text: "at last" }]),
    });
    const { sessionId } = await untilWaits(home);
    await waitFor("the first limit", async () => (await told(home)).length > 0 || undefined);
    // The session looks again how long it has to wait, and the limit is the same.
    assertEquals((await home.zag(["usage", "resume", sessionId])).code, 0);
    const { code, stdout } = await child.output();
    assertEquals([code, new TextDecoder().decode(stdout)], [0, "at last\n"]);
    const messages = (await told(home)).sort((a, b) => a.at < b.at ? -1 : 1);
    assertEquals(messages.map(({ event }) => event), ["limit", "limit", "end"]);
    assertEquals(new Set(messages.map(({ id }) => id)).size, 3);
    assert(messages[0]!.resumes_at !== null && messages[0]!.outcome === null);
    assertEquals((await noted(home)).map(({ delivered }) => delivered), [true, true, true]);
    assertEquals(left(home), []);
  }),
);

Deno.test(
  "exec --notify tells of the end when the last correction is answered",
  inHome(async (home) => {
    await teller(home);
    const { code, stdout } = await home.zag(
      ["-p", "mock", "exec", "--json", "--notify", "command:tell", "hi"],
      { env: script([{ do: "say", text: "no" }], [{ do: "say", text: "[1]" }]) },
    );
    assertEquals([code, stdout], [0, "[1]\n"]);
    assertEquals((await told(home)).map(({ event, result }) => [event, result]), [["end", "[1]"]]);
    assertEquals((await noted(home)).map(({ kind }) => kind), ["end"]);
    assertEquals(left(home), []);
  }),
);

Deno.test(
  "spawn --notify tells from the background, and spawn -I when the session is closed",
  inHome(async (home) => {
    await teller(home);
    const id = await spawn(home, ["--notify", "command:tell", "hi"], [{ do: "say", text: "yes" }]);
    await ended(home, id);
    const [first] = await waitFor("the message", async () => {
      const messages = await told(home);
      return messages.length > 0 ? messages : undefined;
    });
    assertEquals([first?.event, first?.session_id, first?.result], ["end", id, "yes"]);

    const other = await spawn(home, ["-I", "--notify", "command:tell", "one"]);
    assertEquals((await home.zag(["input", "--session", other, "-o", "text", "two"])).code, 0);
    assertEquals((await told(home)).length, 1);
    const refused = await home.zag(["input", "--session", other, "--notify", "desktop", "x"]);
    assertEquals(refused.code, 64);
    assertStringIncludes(refused.stderr, "its own zag looks after it");
    assertEquals((await home.zag(["input", "--session", other, "--close"])).code, 0);
    await ended(home, other);
    await waitFor("the other message", async () => (await told(home)).length > 1 || undefined);
    const [, second] = await told(home);
    assertEquals([second?.event, second?.session_id], ["end", other]);
    await waitFor("the end of it all", () => left(home).length === 0 || undefined);
    assertEquals(await noted(home), [{ kind: "end", ...OK }, { kind: "end", ...OK }]);
  }),
);

Deno.test(
  "cancel has it told that a session in the background was ended",
  inHome(async (home) => {
    await teller(home);
    const id = await spawn(home, ["--notify", "command:tell", "hi"], [{ do: "hang" }]);
    await waitFor("the agent", () => home.rows("processes")[0]?.agent_pid != null || undefined);
    assertEquals((await home.zag(["cancel", id])).code, 0);
    const [message] = await waitFor("the message", async () => {
      const messages = await told(home);
      return messages.length > 0 ? messages : undefined;
    });
    assertEquals([message?.event, message?.outcome], ["failure", "killed"]);
    assertStringIncludes(message!.error!, "cancelled");
    await waitFor("the end of it all", () => left(home).length === 0 || undefined);
  }),
);

/** Kills zag as the system would. */
async function kill(child: Deno.ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await child.status;
  await child.stdout.cancel();
  await child.stderr.cancel();
}

Deno.test(
  "the zag that closes the books of a killed one tells of it, once",
  inHome(async (home) => {
    await teller(home);
    const args = ["-p", "mock", "exec", "--notify", "command:tell", "hi"];
    const child = home.spawn(args, { env: script([{ do: "say", text: "half" }, { do: "hang" }]) });
    await waitFor(
      "the answer",
      async () =>
        (await home.logs()).flat().some(({ type }) => type === "assistant_message") || undefined,
    );
    await kill(child);
    assertEquals([await told(home), left(home).length], [[], 1]);
    // Several find it at the same time.
    const all = await Promise.all([1, 2, 3, 4].map(() => home.zag(["session", "list"])));
    assertEquals(all.map(({ code }) => code), [0, 0, 0, 0]);
    assertEquals((await told(home)).map(({ event, outcome }) => [event, outcome]), [
      ["failure", "dead"],
    ]);
    assertEquals(await noted(home), [{ kind: "failure", ...OK }]);
    assertEquals(left(home), []);
    await home.zag(["session", "list"]);
    assertEquals((await told(home)).length, 1);
  }),
);

Deno.test(
  "what a zag could not tell before it was killed is told by the next one, with the same id",
  inHome(async (home) => {
    await teller(home, '[ -e "$HOME/go" ] || exec sleep 600');
    const args = ["-p", "mock", "exec", "--notify", "command:tell", "hi"];
    const child = home.spawn(args, { env: script([{ do: "say", text: "done" }]) });
    await waitFor("the first try", async () => (await told(home)).length > 0 || undefined);
    // A program that is just becoming another one is not found below.
    await untilTool(home, "600");
    assertEquals(home.rows("sessions")[0]?.outcome, "success");
    await kill(child);
    for (const { pid } of await livingWith(`HOME=${home.path}`)) Deno.kill(pid, "SIGKILL");
    assertEquals([await noted(home), left(home).length], [[], 1]);
    await Deno.writeTextFile(`${home.path}/go`, "");
    // Several find it at the same time.
    const all = await Promise.all([1, 2, 3, 4].map(() => home.zag(["session", "list"])));
    assertEquals(all.map(({ code }) => code), [0, 0, 0, 0]);
    const messages = await told(home);
    assertEquals(messages.map(({ event }) => event), ["end", "end"]);
    assertEquals(messages[0]?.id, messages[1]?.id);
    assertEquals(await noted(home), [{ kind: "end", ...OK, attempts: 2 }]);
    assertEquals(left(home), []);
    await home.zag(["session", "list"]);
    assertEquals((await told(home)).length, 2);
  }),
);

Deno.test(
  "what the log says was told is not told again",
  inHome(async (home) => {
    await teller(home);
    await mock(home, [], ["--notify", "command:tell", "hi"]);
    const [message] = await told(home);
    const [line] = (await onlyLog(home)).filter(({ type }) => type === "notification");
    assertEquals(line?.notification_id, message?.id);
    // Killed when the log had it, and the notice did not.
    const run = String(home.rows("processes")[0]?.id);
    const notice = (tries: unknown, ended: boolean) =>
      Deno.writeTextFile(
        `${home.path}/.zag/notices/${run}.json`,
        JSON.stringify({
          version: 1,
          run,
          owner: { pid: 2_000_000_000, startTime: "proc:1" },
          targets: [{ kind: "command", program: "tell", args: [] }],
          on: ["end", "failure"],
          session: {
            id: message!.session_id,
            name: null,
            provider: "mock",
            model: null,
            command: "exec",
            project: home.work,
            cwd: home.work,
            logPath: home.rows("sessions")[0]?.log_path,
            tells: true,
          },
          messages: tries === undefined ? [] : [{ ...message, kind: "end", tries }],
          ended,
        }),
      );
    await notice([{ count: 1, done: false }], true);
    await home.zag(["session", "list"]);
    assertEquals([(await told(home)).length, left(home)], [1, []]);
    // Killed when the books had it, and the notice did not; another one while it wrote.
    await notice(undefined, false);
    const half = `${home.path}/.zag/notices/half.json.tmp`;
    await Deno.writeTextFile(half, "{");
    await Deno.utime(half, new Date(0), new Date(0));
    await home.zag(["session", "list"]);
    assertEquals([await events(home), left(home)], [["end", "end"], []]);
  }),
);

Deno.test(
  "notify.target in the configuration is told of what a person starts, and not of what that starts",
  inHome(async (home) => {
    await teller(home);
    assertEquals((await home.zag(["config", "notify.target", "command:tell"])).code, 0);
    assertEquals((await home.zag(["config", "notify.on", "end"])).code, 0);
    for (
      const [key, value, why] of [
        ["on", "start", 'notify.on to "start": it must be one of end, failure, limit, question'],
        ["target", "foo", "notify.target: it must be desktop, an http or https URL"],
        ["target", "ftp://h/secret", "notify.target: it must be desktop, an http or https URL"],
        ["target", "command:", "notify.target: no program stands behind command:"],
        ["target", "http://", "notify.target: its address is no URL"],
      ] as const
    ) {
      const bad = await home.zag(["config", `notify.${key}`, value]);
      assertEquals(bad.code, 64);
      assertStringIncludes(bad.stderr, `Cannot set ${why}`);
    }
    await mock(home, [{ do: "say", text: "mine" }]);
    await mock(home, [], ["hi"], { env: { ZAG_SESSION_ID: crypto.randomUUID() } });
    await mock(home, [], ["hi"], { env: { ZAG_NOTIFICATION: "end" } });
    await mock(home, [{ do: "error", message: "no", fatal: true }]);
    assertEquals((await told(home)).map(({ result }) => result), ["mine"]);
    // What is asked for replaces it.
    await home.program("other", '#!/bin/sh\ncat > "$HOME/other"\n');
    await mock(home, [], ["--notify", "command:other", "hi"]);
    assertEquals((await told(home)).length, 1);
    assertStringIncludes(await Deno.readTextFile(`${home.path}/other`), '"event":"end"');
  }),
);

Deno.test(
  "input, retry, pipe, plan and run take --notify",
  inHome(async (home) => {
    await home.program("tell", '#!/bin/sh\ncat >> "$HOME/told"\n');
    const path = `${home.work}/tell.sh`;
    await writeProgram(path, '#!/bin/sh\ncat >> "$HOME/told"\n');
    const sub = `${home.work}/sub`;
    await Deno.mkdir(sub);
    await mock(home, [], ["hi"], { cwd: home.work });
    const id = String(rowOf(home, String(home.rows("sessions")[0]?.session_id)).session_id);
    // From the directory of whoever types it, wherever the session works.
    const input = await home.zag(["input", "--session", id, "--notify", "../tell.sh", "more"], {
      cwd: sub,
    });
    assertEquals([input.code, input.stderr.includes("warning")], [0, false], input.stderr);
    const [first] = await told(home);
    assertEquals([first?.session_id, first?.result], [id, "more"]);
    assertEquals((await home.zag(["retry", id, "--notify", "../tell.sh"], { cwd: sub })).code, 0);
    await waitFor("the retry", async () => (await told(home)).length > 1 || undefined);
    await home.zag(["-p", "mock", "pipe", id, "--notify", "command:tell", "--", "sum up"]);
    await home.zag(["-p", "mock", "plan", "--notify", "command:tell", "a house"]);
    await home.zag(["-p", "mock", "run", "--json", "--notify", "command:tell", "[1]"]);
    assertEquals(await events(home), ["end", "end", "end", "end", "end"]);
    await waitFor("the end of it all", () => left(home).length === 0 || undefined);
  }),
);

Deno.test(
  "exec --notify tells that the agent asks, and how to answer",
  inHome(async (home) => {
    await teller(home);
    const args = [
      "-p",
      "mock",
      "exec",
      "--permissions",
      '{"default":"ask"}',
      "--notify",
      "command:tell",
      "hi",
    ];
    const steps: Step[] = [
      { do: "tool", name: "bash", input: { command: "ls" }, needs_permission: true },
      { do: "say", text: "done" },
    ];
    const child = home.spawn(args, { env: script(steps) });
    const message = await waitFor(
      "the question",
      async () => (await told(home)).find(({ event }) => event === "question"),
    );
    assertMatch(message.question!.text, /bash/);
    assertEquals(message.commands[0]?.startsWith(`zag permit ${message.session_id} allow`), true);
    const answer = await home.zag(message.commands[0]!.split(" ").slice(1));
    assertEquals(answer.code, 0, answer.stderr);
    const { code } = await child.output();
    assertEquals(code, 0);
    assertEquals((await events(home)).sort(), ["end", "question"]);
  }),
);
