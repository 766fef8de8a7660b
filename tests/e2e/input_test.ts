import type { Step } from "../../src/providers/mock/script.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { start } from "./follow_support.ts";
import { busy, open, said, sendsTo, session, tickets, untilQueued } from "./input_support.ts";
import { atWork } from "./ps_support.ts";
import { inHome, jsonLines, script } from "./support.ts";
import { ZAG } from "../support/zag.ts";

/** So many turns that were played before, and then these steps. */
function later(before: number, steps: Step[]) {
  return script(...Array.from({ length: before }, (): Step[] => []), steps);
}

Deno.test(
  "input goes on with the session that each selector means, and with the newest without one",
  inHome(async (home) => {
    const first = await session(home, ["--name", "one"]);
    const second = await session(home, ["--name", "two"]);
    const [run] = home.rows("processes");
    const ways: [string, string[]][] = [
      [second, []],
      [second, ["--global"]],
      [second, ["--latest"]],
      [first, ["--session", first]],
      [first, ["--session", first.slice(0, 8)]],
      [first, ["--name", "one"]],
      [first, ["--ps", String(run?.id)]],
      [first, ["--ps", String(run?.agent_pid)]],
      [first, ["--active"]],
    ];
    for (const [id, args] of ways) {
      const before = (await said(home, id)).length;
      const ran = await home.zag(["input", ...args, "again"]);
      const stderr = sendsTo(id, id === first ? "one" : "two");
      assertEquals(ran, { code: 0, signal: null, stdout: "again\n", stderr }, args.join(" "));
      assertEquals((await said(home, id)).slice(before), ["user: again", "assistant: again"]);
    }
    assertEquals(home.rows("sessions").length, 2);
    assertEquals(home.rows("processes").length, 2 + ways.length);
  }),
);

Deno.test(
  "input takes the newest session of the project, and with --global the newest of all",
  inHome(async (home) => {
    const other = `${home.path}/other`;
    for (const path of [home.work, other]) {
      await new Deno.Command("git", { args: ["init", "-q", path], env: home.env() }).output();
    }
    const here = await session(home);
    const there = await session(home, ["--root", other, "--name", "far"]);
    const before = (await said(home, there)).length;
    assertEquals((await home.zag(["input", "near"])).code, 0);
    assertEquals((await said(home, here)).at(-1), "assistant: near");
    const named = await home.zag(["input", "--name", "far", "x"]);
    assertEquals([named.code, named.stdout], [1, ""]);
    assertStringIncludes(named.stderr, 'Cannot find a session named "far" in this project');
    const referred = await home.zag(["input", "--session", "far", "x"]);
    assertEquals([referred.code, referred.stdout], [1, ""]);
    assertEquals((await said(home, there)).length, before);
    assertEquals((await home.zag(["input", "--global", "there"])).stdout, "there\n");
    assertEquals((await home.zag(["input", "--root", other, "root"])).stdout, "root\n");
    assertEquals((await said(home, there)).slice(-3), [
      "assistant: there",
      "user: root",
      "assistant: root",
    ]);
  }),
);

Deno.test(
  "input starts the agent where the session was, with its model and its options",
  inHome(async (home) => {
    await Deno.mkdir(`${home.work}/sub`);
    await Deno.mkdir(`${home.work}/more`);
    const args = [
      "-a",
      "-m",
      "large",
      "--max-turns",
      "7",
      "--add-dir",
      "../more",
      "-s",
      "Be brief.",
    ];
    const ran = await home.zag(["exec", "-p", "mock", "-o", "json", ...args, "hello"], {
      cwd: `${home.work}/sub`,
      env: script([{ do: "echo" }]),
    });
    const id = JSON.parse(ran.stdout).session_id;
    const launch = (row = home.rows("sessions")[0]) => JSON.parse(String(row?.launch));
    for (const turn of [1, 2]) {
      const asked = await home.zag(["input", "--session", id, `message ${turn}`], {
        cwd: home.path,
        env: later(turn, [{ do: "prompt" }]),
      });
      assertEquals([asked.code, asked.stderr], [0, sendsTo(id)]);
      const heard = JSON.parse(asked.stdout);
      assertEquals([heard.prompt, heard.cwd, heard.model], [
        `message ${turn}`,
        `${home.work}/sub`,
        "mock-large",
      ]);
      assertEquals([heard.auto_approve, heard.max_turns, heard.add_dirs, heard.system_prompt], [
        true,
        7,
        [`${home.work}/more`],
        "Be brief.",
      ]);
      assertEquals(heard.resumed, true);
    }
    assertEquals([launch().autoApprove, launch().maxTurns], [true, 7]);
    await Deno.remove(`${home.work}/more`);
    const without = await home.zag(["input", "--session", id, "x"]);
    assertEquals([without.code, without.stdout], [0, "x\n"]);
    assertStringIncludes(without.stderr, "which is gone");
    await Deno.remove(`${home.work}/sub`);
    const gone = await home.zag(["input", "--session", id, "x"]);
    assertEquals([gone.code, gone.stdout], [1, ""]);
    assertStringIncludes(gone.stderr, `its directory "${home.work}/sub" is gone`);
  }),
);

Deno.test(
  "input goes on under the configuration of the session's project",
  inHome(async (home) => {
    await new Deno.Command("git", { args: ["init", "-q", home.work], env: home.env() }).output();
    const id = await session(home);
    const config = `${home.path}/.zag/projects/${home.rows("sessions")[0]?.project}/zag.jsonc`;
    await Deno.writeTextFile(config, '{"defaults": {"auto_approve": true}}');
    const ran = await home.zag(["input", "--session", id, "x"], {
      cwd: home.path,
      env: later(1, [{ do: "prompt" }]),
    });
    assertEquals(JSON.parse(ran.stdout).auto_approve, true);
  }),
);

Deno.test(
  "input -o prints the answer in each format, stream-json with the message",
  inHome(async (home) => {
    await session(home);
    assertEquals((await home.zag(["input", "-o", "text", "one"])).stdout, "one\n");
    const json = await home.zag(["input", "-o", "json", "two"]);
    assertEquals(jsonLines(json.stdout).map(({ result }) => result), ["two"]);
    const pretty = await home.zag(["input", "-o", "json-pretty", "three"]);
    assertEquals(JSON.parse(pretty.stdout).result, "three");
    assert(pretty.stdout.split("\n").length > 10);
    const stream = jsonLines((await home.zag(["input", "-o", "stream-json", "four"])).stdout);
    assertEquals(stream.map(({ type }) => type), [
      "init",
      "user_message",
      "assistant_message",
      "turn_complete",
      "result",
    ]);
    assertEquals(stream[1]?.content, [{ type: "text", text: "four" }]);
  }),
);

Deno.test(
  "input reads the message from stdin when there is none, and only then",
  inHome(async (home) => {
    const id = await session(home);
    assertEquals((await home.zag(["input"], { stdin: "\n a\n b \r\n\n" })).stdout, "a\n b\n");
    assertEquals((await home.zag(["input", "-"], { stdin: " x\n" })).stdout, "x\n");
    assertEquals((await home.zag(["input", " x "])).stdout, " x \n");
    // Nobody writes to this pipe, nor closes it.
    const given = await home.zag(["input", "given"], { stdin: "open" });
    assertEquals([given.stdout, given.stderr], ["given\n", sendsTo(id)]);
    const loop = `printf 'l1\\nl2\\n' | while read -r line; do "$@" input "$line"; done`;
    const { stdout } = await new Deno.Command("sh", {
      args: [
        "-c",
        loop,
        "sh",
        ZAG.program,
        ...ZAG.args,
      ],
      cwd: home.work,
      env: home.env(),
      clearEnv: true,
    }).output();
    assertEquals(new TextDecoder().decode(stdout), "l1\nl2\n");
  }),
);

Deno.test(
  "input says that there was no answer, and ends as exec does",
  inHome(async (home) => {
    const id = await session(home);
    const silent = await home.zag(["input", "x"], { env: later(1, []) });
    assertEquals([silent.code, silent.stdout], [0, ""]);
    const none = `> Session ${id.slice(0, 8)} gave no answer\n`;
    assertEquals(silent.stderr, sendsTo(id) + none);
    const quiet = await home.zag(["-q", "input", "x"], { env: later(2, []) });
    assertEquals([quiet.code, quiet.stderr], [0, ""]);
    const failed = await home.zag(["input", "x"], {
      env: later(3, [{ do: "error", message: "no luck", fatal: true }]),
    });
    assertEquals(failed.code, 0);
    assertStringIncludes(failed.stderr, "no luck");
    const lost = await home.zag(["input", "x"], { env: later(4, [{ do: "exit", code: 3 }]) });
    assertEquals(lost.code, 2);
    const verbose = await home.zag(["-v", "input", "x"]);
    assert(verbose.stderr.startsWith(sendsTo(id)), verbose.stderr);
  }),
);

Deno.test(
  "input puts files before the message",
  inHome(async (home) => {
    await session(home);
    await Deno.writeTextFile(`${home.work}/notes.txt`, "a < b\n");
    const big = "x".repeat(60_000);
    await Deno.writeTextFile(`${home.work}/big.txt`, big);
    const ran = await home.zag(["input", "--file", "notes.txt", "--file", "big.txt", "read"]);
    assertStringIncludes(ran.stdout, "\na &lt; b\n</file>");
    assertStringIncludes(ran.stdout, `open @${home.work}/big.txt to read it`);
    assert(!ran.stdout.includes(big) && ran.stdout.endsWith("\n\nread\n"));
    const missing = await home.zag(["input", "--file", "nothing", "read"]);
    assertEquals([missing.code, missing.stdout], [1, ""]);
  }),
);

Deno.test(
  "input waits for the end of a turn, and says so",
  inHome(async (home) => {
    const { id, zag } = await busy(home, ["--name", "worker"]);
    await using _ = zag;
    await using input = start(home, ["-d", "input", "--name", "worker", "next"]);
    await input.err.waitFor(`> Waits for session ${id.slice(0, 8)} "worker", which is at work\n`);
    assertEquals(tickets(home, id).length, 1);
    await open(home);
    assertEquals((await zag.end()).out, "held\n");
    const { code, out } = await input.end();
    assertEquals([code, out], [0, "next\n"]);
    assertEquals(tickets(home, id), []);
    assertEquals(await said(home, id), [
      "user: hold",
      "assistant: held",
      "user: next",
      "assistant: next",
    ]);
  }),
);

Deno.test(
  "input from ten processes is answered in the order of their tickets",
  inHome(async (home) => {
    const { id, zag } = await busy(home);
    await using _ = zag;
    await using all = new AsyncDisposableStack();
    const inputs = [];
    for (let index = 0; index < 10; index++) {
      inputs.push(all.use(start(home, ["input", "--session", id, `message ${index}`])));
      await untilQueued(home, id, index + 1);
    }
    await open(home);
    const ends = await Promise.all(inputs.map((input) => input.end()));
    assertEquals(
      ends.map(({ code, out }) => [code, out]),
      ends.map((_, index) => [
        0,
        `message ${index}\n`,
      ]),
    );
    assertEquals(
      (await said(home, id)).slice(2),
      ends.flatMap((_, index) => [
        `user: message ${index}`,
        `assistant: message ${index}`,
      ]),
    );
    assertEquals(tickets(home, id), []);
  }),
);

Deno.test(
  "input from ten processes at once loses none and mixes none",
  inHome(async (home) => {
    const id = await session(home);
    const messages = Array.from({ length: 10 }, (_, index) => `message ${index}`);
    const ends = await Promise.all(
      messages.map((message) => home.zag(["-q", "input", "--session", id, message])),
    );
    assertEquals(
      ends.map(({ code, stdout, stderr }) => [code, stdout, stderr]),
      messages.map((message) => [0, `${message}\n`, ""]),
    );
    const lines = (await said(home, id)).slice(2);
    const order = lines.filter((_, index) => index % 2 === 0).map((line) => line.slice(6));
    assertEquals([...order].sort(), messages);
    assertEquals(lines, order.flatMap((text) => [`user: ${text}`, `assistant: ${text}`]));
  }),
);

Deno.test(
  "input that was killed while it waited holds nobody up",
  inHome(async (home) => {
    const { id, zag } = await busy(home);
    await using _ = zag;
    await using first = start(home, ["input", "--session", id, "killed"]);
    await untilQueued(home, id, 1);
    await using second = start(home, ["input", "--session", id, "lives"]);
    await untilQueued(home, id, 2);
    first.child.kill("SIGKILL");
    await first.child.status;
    await open(home);
    assertEquals((await second.end()).out, "lives\n");
    assertEquals((await said(home, id)).at(-2), "user: lives");
    assertEquals((await said(home, id)).length, 4);
    assertEquals(tickets(home, id), []);
  }),
);

Deno.test(
  "input goes on with a session whose zag was killed at work",
  inHome(async (home) => {
    const { id, zag } = await busy(home);
    await using _ = zag;
    await using input = start(home, ["input", "--session", id, "next"]);
    await input.err.waitFor("which is at work");
    zag.child.kill("SIGKILL");
    assertEquals((await input.end()).out, "next\n");
  }),
);

Deno.test(
  "input gives its place up when it is interrupted",
  inHome(async (home) => {
    const { id, zag } = await busy(home);
    await using _ = zag;
    await using input = start(home, ["input", "--session", id, "next"]);
    await input.err.waitFor("which is at work");
    input.child.kill("SIGINT");
    const { code, out } = await input.end();
    assertEquals([code, out], [130, ""]);
    assertEquals(tickets(home, id), []);
    await open(home);
    await zag.end();
    assertEquals((await said(home, id)).length, 2);
  }),
);

Deno.test(
  "input that is interrupted while its agent is at work ends the agent",
  inHome(async (home) => {
    const id = await session(home);
    await using input = start(home, ["input", "next"], later(1, [{ do: "hang" }]));
    await atWork(home);
    input.child.kill("SIGINT");
    assertEquals((await input.end()).code, 130);
    assertEquals(tickets(home, id), []);
    assertEquals(home.rows("sessions")[0]?.outcome, "interrupted");
  }),
);

Deno.test(
  "input waits for a session that waits for others",
  inHome(async (home) => {
    const { id: first, zag } = await busy(home);
    await using _ = zag;
    const spawned = await home.zag(["spawn", "-p", "mock", "--depends-on", first, "dependent"]);
    const id = spawned.stdout.trim();
    await using input = start(home, ["input", "--session", id, "next"]);
    await input.err.waitFor("which waits for the sessions that it depends on\n");
    await open(home);
    assertEquals((await input.end()).out, "next\n");
    assertEquals(await said(home, id), [
      "user: dependent",
      "assistant: dependent",
      "user: next",
      "assistant: next",
    ]);
  }),
);

Deno.test(
  "input --stream sends each line as it comes and prints the answers live",
  inHome(async (home) => {
    const id = await session(home);
    const child = home.spawn(["input", "--stream", "first"], { stdin: "open" });
    const writer = child.stdin.getWriter();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    const until = async (end: string) => {
      while (!text.endsWith(end)) {
        const { value, done } = await reader.read();
        assert(!done, text);
        text += value;
      }
    };
    await until("first\n");
    for (const line of ["second", "third"]) {
      await writer.write(new TextEncoder().encode(`${line}\n\n  \n`));
      await until(`${line}\n`);
    }
    await writer.close();
    assertEquals((await child.status).code, 0);
    await child.stderr.cancel();
    await reader.cancel();
    assertEquals((await said(home, id)).slice(2), [
      "user: first",
      "assistant: first",
      "user: second",
      "assistant: second",
      "user: third",
      "assistant: third",
    ]);
    const events = jsonLines(
      (await home.zag(["input", "--stream", "-o", "json"], { stdin: "x\ny" })).stdout,
    );
    assertEquals(events.flatMap(({ type, content }) => type === "user_message" ? content : []), [
      { type: "text", text: "x" },
      { type: "text", text: "y" },
    ]);
    assertEquals(events.filter(({ type }) => type === "result").length, 2);
  }),
);

Deno.test(
  "input --stream says which agents cannot take it",
  inHome(async (home) => {
    await home.program("codex", "#!/bin/sh\nexit 1\n");
    await home.zag(["exec", "-p", "codex", "hello"]);
    const [row] = home.rows("sessions");
    const ran = await home.zag(["input", "--session", String(row?.session_id), "--stream"], {
      stdin: "x\n",
    });
    assertEquals([ran.code, ran.stdout], [1, ""]);
    assertMatch(ran.stderr, /Cannot use --stream with session .*: Codex takes no messages/);
  }),
);

Deno.test(
  "input --stream starts no agent when there is nothing to send",
  inHome(async (home) => {
    const id = await session(home);
    for (const stdin of ["", "\n \n\n"]) {
      const ran = await home.zag(["input", "--stream"], { stdin });
      assertEquals([ran.code, ran.stdout], [64, ""]);
      assertStringIncludes(ran.stderr, "Cannot send an empty message");
    }
    assertEquals(home.rows("processes").length, 1);
    assertEquals(home.rows("sessions")[0]?.outcome, "success");
    assertEquals((await said(home, id)).length, 2);
  }),
);

Deno.test(
  "input --stream says which turns failed or had no answer, on both ways alike",
  inHome(async (home) => {
    const turns = {
      turns: [
        { match: "hello", steps: [] },
        { match: "fail", steps: [{ do: "error", message: "no luck", fatal: true }] },
        { match: "empty", steps: [] },
        { match: "ok", steps: [{ do: "say", text: "fine" }] },
        { match: "ok", steps: [{ do: "say", text: "finer" }] },
        { match: "fail", steps: [{ do: "error", message: "again", fatal: true }] },
      ],
    };
    const env = { ZAG_MOCK_SCRIPT: JSON.stringify(turns) };
    const stdin = "ok\nfail\nempty\nok\n";
    const ended = await session(home);
    const spawned = await home.zag(["spawn", "-I", "-p", "mock"], { env });
    const relayed = spawned.stdout.trim();
    for (const id of [ended, relayed]) {
      const ran = await home.zag(["input", "--session", id, "--stream"], { env, stdin });
      assertEquals([ran.code, ran.stdout], [0, "fine\nfiner\n"], id);
      assertEquals(
        ran.stderr,
        sendsTo(id) + "error: Mock agent reported a failure: no luck\n" +
          `> Session ${id.slice(0, 8)} gave no answer\n`,
      );
      const strict = await home.zag(["input", "--session", id, "--stream", "--exit-on-failure"], {
        env,
        stdin: "fail\nlast\n",
      });
      assertEquals([strict.code, strict.stdout], [1, "last\n"], strict.stderr);
      assertStringIncludes(strict.stderr, "reported a failure: again\n");
    }
    assertEquals((await home.zag(["cancel", relayed])).code, 0);
  }),
);

Deno.test(
  "input --exit-on-failure ends with 1 when the agent fails or says nothing",
  inHome(async (home) => {
    const id = await session(home);
    const good = await home.zag(["input", "--exit-on-failure", "x"]);
    assertEquals([good.code, good.stdout, good.stderr], [0, "x\n", sendsTo(id)]);
    const failed = await home.zag(["input", "--exit-on-failure", "x"], {
      env: later(1, [{ do: "error", message: "no luck", fatal: true }]),
    });
    assertEquals(failed.code, 1);
    assertStringIncludes(failed.stderr, "no luck");
    const silent = await home.zag(["input", "--exit-on-failure", "x"], { env: later(2, []) });
    assertEquals(silent.code, 1);
    assertStringIncludes(silent.stderr, "gave an empty answer");
  }),
);

Deno.test(
  "input refuses a message that a session goes by, unless a session is chosen",
  inHome(async (home) => {
    const first = await session(home, ["--name", "worker"]);
    const newest = await session(home);
    for (const word of ["worker", first, first.slice(0, 8)]) {
      const ran = await home.zag(["input", word], { stdin: "fix it\n" });
      assertEquals([ran.code, ran.stdout], [64, ""], word);
      assertStringIncludes(ran.stderr, `Cannot send "${word}" as a message`);
      assertStringIncludes(
        ran.stderr,
        `zag input ${word === "worker" ? "--name" : "--session"} "${word}" MESSAGE`,
      );
      assertStringIncludes(ran.stderr, `zag input --latest "${word}"`);
    }
    assertEquals((await home.zag(["input", "--latest", "worker"])).stdout, "worker\n");
    assertEquals((await said(home, newest)).at(-1), "assistant: worker");
    const two = await home.zag(["input", "worker", "hello"]);
    assertEquals(two.code, 64);
    assertStringIncludes(two.stderr, "--name");
  }),
);

Deno.test(
  "input starts a session anew whose agent failed before it began",
  inHome(async (home) => {
    const spawned = await home.zag(["spawn", "-p", "mock", "hello"], {
      env: { ZAG_MOCK_SCRIPT: "/no/such/script.json" },
    });
    const id = spawned.stdout.trim();
    assertEquals((await home.zag(["wait", id])).code, 1);
    const ran = await home.zag(["input", "--session", id, "next"], {
      env: script([{ do: "say", text: "begun" }]),
    });
    assertEquals([ran.code, ran.stdout], [0, "begun\n"], ran.stderr);
    assertStringIncludes(ran.stderr, "it starts anew");
    const again = await home.zag(["input", "--session", id, "again"]);
    assertEquals([again.stdout, again.stderr], ["again\n", sendsTo(id)]);
  }),
);
