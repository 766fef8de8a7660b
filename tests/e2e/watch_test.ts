import type { Step } from "../../src/providers/mock/script.ts";
import { message } from "../sessions/support.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { record } from "../support/recorded.ts";
import type { TestHome } from "../support/zag.ts";
import { LiveSession, type Running, start, tool, toolResult } from "./follow_support.ts";
import { inHome, isAlive, jsonLines, script, waitFor } from "./support.ts";

/** A watch that sees everything from now on. */
async function watch(home: TestHome, args: string[], env?: Record<string, string>) {
  const running = start(home, ["watch", ...args], env);
  await running.err.waitFor("> Watching ");
  return running;
}

/** What a watch printed that has ended well, without its first line on stderr. */
async function ended(running: Running) {
  const { code, out, err } = await running.end();
  return { code, out, err: err.replace(/^> Watching .*\n/, "") };
}

Deno.test(
  "watch: runs the command for each matching event from now on, in order",
  inHome(async (home) => {
    const session = new LiveSession(home, { name: "it" });
    session.write(tool("Old"));
    await using running = await watch(home, [
      "it",
      "--on",
      "Tool-Call",
      "--",
      "echo",
      "{session_id}|{provider}|{event_type}|{seq}|{other}",
      "{seq}{seq}",
    ]);
    session.write(tool("a"), message("no"), tool("b"));
    session.write(tool("c"));
    session.end();
    const line = (seq: number) => `${session.id}|mock|tool_call|${seq}|{other} ${seq}${seq}\n`;
    assertEquals(await ended(running), { code: 0, out: line(3) + line(5) + line(6), err: "" });
  }),
);

Deno.test(
  "watch: one command at a time",
  inHome(async (home) => {
    const session = new LiveSession(home);
    const body = 'mkdir busy && echo "$ZAG_EVENT_SEQ" && sleep 0.05 && rmdir busy';
    const args = [session.id, "--on", "tool_call", "--", "sh", "-c", body];
    await using running = await watch(home, args);
    session.write(...Array.from({ length: 8 }, () => tool("x")));
    session.end();
    const out = "2\n3\n4\n5\n6\n7\n8\n9\n";
    assertEquals(await ended(running), { code: 0, out, err: "" });
  }),
);

Deno.test(
  "watch: nothing goes through a shell, and the event is in the environment",
  inHome(async (home) => {
    const session = new LiveSession(home);
    const text = 'a "quote" $(touch pwned) \u0000 é';
    const program = await home.program(
      "show",
      '#!/bin/sh\nprintf "%s\\n" "$#" "$@" "$ZAG_EVENT" "$ZAG_EVENT_TYPE $ZAG_EVENT_SEQ ' +
        '$ZAG_EVENT_SESSION_ID $ZAG_EVENT_PROVIDER $ZAG_EVENT_TS"\n',
    );
    const args = [session.id, "--on", "assistant_message", "--once", "--"];
    await using running = await watch(home, [...args, program, "$(touch x);", "", "--on", "{ts}"]);
    session.write(message(text));
    const { code, out, err } = await ended(running);
    assertEquals([code, err], [0, ""]);
    const [count, first, second, third, ts, event, rest] = out.split("\n");
    assertEquals([count, first, second, third], ["4", "$(touch x);", "", "--on"]);
    const { seq, content } = JSON.parse(event!);
    assertEquals([seq, content], [2, text]);
    assertEquals(rest, `assistant_message 2 ${session.id} mock ${ts}`);
    assertMatch(ts!, /^\d{4}-\d\d-\d\dT/);
    assertEquals([...Deno.readDirSync(home.work)], []);
  }),
);

Deno.test(
  "watch: an event of any size reaches the command",
  inHome(async (home) => {
    const session = new LiveSession(home);
    const args = [session.id, "--on", "assistant_message", "--on", "tool_result", "--"];
    await using running = await watch(home, [...args, "sh", "-c", 'printf "%s\\n" "$ZAG_EVENT"']);
    session.write(message("é".repeat(400_000)), {
      ...toolResult("x", true),
      data: Array.from({ length: 60_000 }, () => "abc"),
    } as never);
    session.end();
    const { code, out, err } = await ended(running);
    assertEquals([code, err], [0, ""]);
    const [long, wide] = jsonLines(out);
    assertEquals([long!.seq, long!.truncated], [2, true]);
    assertMatch(String(long!.content), /^é{4000,}\.\.\.$/);
    assertEquals([wide!.seq, wide!.truncated, wide!.wrapper_session_id], [3, true, session.id]);
  }),
);

Deno.test(
  "watch: filters by success and by tool; what an event lacks does not match",
  inHome(async (home) => {
    const session = new LiveSession(home);
    const on = ["--on", "tool_call", "--on", "tool_result", "--on", "session_ended"];
    const seen = async (filters: string[]) => {
      const flags = filters.flatMap((filter) => ["--filter", filter]);
      return await watch(home, [session.id, ...on, ...flags, "--", "echo", "{seq}"]);
    };
    await using good = await seen(["success=true"]);
    await using bad = await seen(["success=false"]);
    await using shell = await seen(["tool=bash"]);
    await using both = await seen(["tool_name=Ba,tool=sh", "success=true"]);
    session.write(
      tool("Bash"),
      toolResult("Bash", true),
      toolResult("Bash", false),
      toolResult("Read", true),
      toolResult(null, null),
    );
    session.end(false);
    assertEquals(await ended(good), { code: 0, out: "3\n5\n", err: "" });
    assertEquals(await ended(bad), { code: 0, out: "4\n7\n", err: "" });
    assertEquals(await ended(shell), { code: 0, out: "2\n3\n4\n", err: "" });
    assertEquals(await ended(both), { code: 0, out: "3\n", err: "" });
  }),
);

Deno.test(
  "watch: --json prints the event as the log has it, with and without a command",
  inHome(async (home) => {
    const session = new LiveSession(home);
    const on = ["--on", "tool_call"];
    await using alone = await watch(home, [session.id, ...on, "--json"]);
    await using implied = await watch(home, [session.id, ...on]);
    await using both = await watch(home, [session.id, ...on, "--json", "--", "echo", "ran"]);
    session.write(tool("a"));
    session.end();
    const [log] = await home.logPaths();
    const line = (await Deno.readTextFile(log!)).split("\n")[1] + "\n";
    assertEquals(await ended(alone), { code: 0, out: line, err: "" });
    assertEquals(await ended(implied), { code: 0, out: line, err: "" });
    assertEquals(await ended(both), { code: 0, out: `${line}ran\n`, err: "" });
  }),
);

Deno.test(
  "watch: a command that fails or cannot be started is a warning, and watching goes on",
  inHome(async (home) => {
    const session = new LiveSession(home);
    const on = [session.id, "--on", "tool_call", "--"];
    await using failing = await watch(home, [...on, "sh", "-c", "echo $ZAG_EVENT_SEQ; exit 7"]);
    await using missing = await watch(home, [...on, "no-such-program"]);
    session.write(tool("a"), tool("b"));
    session.end();
    assertEquals(await ended(failing), {
      code: 0,
      out: "2\n3\n",
      err: 'warning: "sh" ended with exit code 7 (tool_call 2)\n' +
        'warning: "sh" ended with exit code 7 (tool_call 3)\n',
    });
    const warning = 'warning: Cannot start "no-such-program": there is no such program\n';
    assertEquals(await ended(missing), { code: 0, out: "", err: warning + warning });
  }),
);

Deno.test(
  "watch: --quiet says nothing, neither that it watches nor what failed",
  inHome(async (home) => {
    const session = new LiveSession(home);
    const args = ["-q", session.id, "--on", "tool_call", "--", "sh", "-c", "echo ran; exit 7"];
    await using running = start(home, ["watch", ...args]);
    // It does not tell when it begins.
    const timer = setInterval(() => session.write(tool("a")), 50);
    await running.out.waitFor("ran\n").finally(() => clearInterval(timer));
    session.end();
    const { code, err } = await running.end();
    assertEquals([code, err], [0, ""]);
  }),
);

Deno.test(
  "watch: --once ends with the command's exit code after the first event",
  inHome(async (home) => {
    const session = new LiveSession(home);
    const once = [session.id, "--on", "tool_call", "--once"];
    await using fails = await watch(home, [...once, "--", "sh", "-c", "echo one; exit 7"]);
    await using dies = await watch(home, [...once, "--", "sh", "-c", "kill -9 $$"]);
    await using missing = await watch(home, [...once, "--", "no-such-program"]);
    await using json = await watch(home, once);
    session.write(tool("a"), tool("b"));
    assertEquals(await ended(fails), { code: 7, out: "one\n", err: "" });
    assertEquals(await ended(dies), { code: 137, out: "", err: "" });
    const { code, err } = await ended(missing);
    assertEquals(code, 1);
    assertStringIncludes(err, 'error: Cannot start "no-such-program": there is no such program\n');
    const printed = await ended(json);
    assertEquals([printed.code, jsonLines(printed.out).length], [0, 1]);
  }),
);

Deno.test(
  "watch: --once without an event until the end is a failure",
  inHome(async (home) => {
    const session = new LiveSession(home);
    const once = ["--on", "permission", "--once", "--", "echo", "ran"];
    await using running = await watch(home, [session.id, ...once]);
    session.end();
    const err =
      "error: Cannot wait for permission: the session ended without such an event since the watch began\n";
    assertEquals(await ended(running), { code: 1, out: "", err });
    await using again = await watch(home, [session.id, ...once]);
    assertEquals(await ended(again), { code: 1, out: "", err });
  }),
);

Deno.test(
  "watch: --once sees an end that has happened already, without it nothing is past",
  inHome(async (home) => {
    const session = new LiveSession(home, { name: "it", tags: ["t"] });
    session.write(tool("a"));
    session.end(false);
    const zag = async (...args: string[]) => {
      const { code, stdout } = await home.zag(["watch", ...args, "--", "echo", "{seq}"]);
      return [code, stdout];
    };
    const on = ["--on", "session_ended"];
    for (const which of [["it"], ["--latest"], ["--tag", "T"]]) {
      assertEquals(await zag(...which, ...on, "--once"), [0, "3\n"], which.join(" "));
      assertEquals(await zag(...which, ...on), [0, ""], which.join(" "));
    }
    assertEquals(await zag("it", ...on, "--once", "--filter", "success=true"), [1, ""]);
    assertEquals(await zag("it", "--on", "tool_call", "--once"), [1, ""]);
  }),
);

Deno.test(
  "watch: --tag watches all sessions with the tag, and ends with the last of them",
  inHome(async (home) => {
    const over = new LiveSession(home, { tags: ["t"] });
    over.end();
    const first = new LiveSession(home, { tags: ["T", "u"] });
    const second = new LiveSession(home, { tags: ["t"] });
    const other = new LiveSession(home, { tags: ["u"] });
    const args = ["--tag", "t", "--on", "tool_call", "--", "echo", "{session_id}"];
    await using running = await watch(home, args);
    first.write(tool("a"));
    await running.out.waitFor(`${first.id}\n`);
    other.write(tool("b"));
    first.end();
    const later = new LiveSession(home, { tags: ["t"] });
    later.write(tool("c"));
    await running.out.waitFor(`${later.id}\n`);
    second.write(tool("d"));
    await running.out.waitFor(`${second.id}\n`);
    second.end();
    later.end();
    const out = `${first.id}\n${later.id}\n${second.id}\n`;
    assertEquals(await ended(running), { code: 0, out, err: "" });
  }),
);

Deno.test(
  "watch: SIGTERM ends it and the command that runs, with all that it has started",
  inHome(async (home) => {
    const session = new LiveSession(home);
    const body = 'trap "echo told >&2; exit" TERM; sleep 703 & echo $!; wait';
    const args = [session.id, "--on", "tool_call", "--", "sh", "-c", body];
    await using running = await watch(home, args);
    session.write(tool("a"), tool("b"));
    await running.out.waitFor("\n");
    running.child.kill("SIGTERM");
    const { code, out, err } = await ended(running);
    assertEquals([code, err], [143, "told\n"]);
    assertEquals(await isAlive(Number(out)), false);
  }),
);

Deno.test(
  "watch: a second signal kills a command that does not end",
  inHome(async (home) => {
    const session = new LiveSession(home);
    const body = 'trap "echo told" INT; echo up; while :; do sleep 0.05; done';
    const args = [session.id, "--on", "tool_call", "--", "sh", "-c", body];
    await using running = await watch(home, args);
    session.write(tool("a"));
    await running.out.waitFor("up\n");
    running.child.kill("SIGINT");
    await running.out.waitFor("told\n");
    running.child.kill("SIGINT");
    assertEquals(await ended(running), { code: 130, out: "up\ntold\n", err: "" });
  }),
);

Deno.test(
  "watch: Ctrl-C ends it while nothing happens",
  inHome(async (home) => {
    const session = new LiveSession(home);
    await using running = await watch(home, [session.id, "--on", "tool_call"]);
    running.child.kill("SIGINT");
    assertEquals(await ended(running), { code: 130, out: "", err: "" });
  }),
);

Deno.test(
  "watch: an agent at work, to its end",
  inHome(async (home) => {
    const steps: Step[] = [
      { do: "run", command: ["sh", "-c", "until [ -e go ]; do sleep 0.02; done"] },
      { do: "tool", name: "Bash", input: { command: "ls" }, output: "a" },
    ];
    await using agent = start(home, ["-p", "mock", "exec", "--name", "it", "hi"], script(steps));
    await waitFor("the session", async () => (await home.logPaths())[0]);
    const on = ["--on", "tool_call", "--on", "session_ended"];
    await using running = await watch(home, ["it", ...on, "--", "echo", "{event_type}"]);
    await Deno.writeTextFile(`${home.work}/go`, "");
    assertEquals((await agent.end()).code, 0);
    const { code, out } = await ended(running);
    assertEquals([code, out.endsWith("tool_call\nsession_ended\n")], [0, true]);
  }),
);

Deno.test(
  "watch: sees the end of an agent whose zag was killed",
  inHome(async (home) => {
    const steps: Step[] = [{ do: "run", command: ["sleep", "705"] }];
    await using agent = start(home, ["-p", "mock", "exec", "--name", "it", "hi"], script(steps));
    await waitFor("the session", async () => (await home.logPaths())[0]);
    const args = ["it", "--on", "session_ended", "--once", "--", "echo", "{event_type}"];
    await using running = await watch(home, args);
    agent.child.kill("SIGKILL");
    assertEquals(await ended(running), { code: 0, out: "session_ended\n", err: "" });
  }),
);

Deno.test(
  "watch: says how many of a tag's sessions it watches, and that --once saw nothing since then",
  inHome(async (home) => {
    record(home, "s-over", { tags: ["t"] });
    const live = new LiveSession(home, { tags: ["t"] });
    live.write(message("before"));
    await using running = await watch(home, ["--tag", "t", "--on", "assistant_message", "--once"]);
    live.end();
    const { code, err } = await running.end();
    assertEquals(code, 1);
    assertStringIncludes(err, "> Watching 1 session for assistant_message;");
    assertStringIncludes(err, "all sessions ended without such an event since the watch began");
  }),
);

Deno.test(
  "watch --once of sessions that have all ended says how many it looks at",
  inHome(async (home) => {
    for (const id of ["s-1", "s-2"]) {
      record(home, id, {
        tags: ["t"],
        kinds: [{ type: "session_ended", success: true, error: null }],
      });
    }
    const args = ["--tag", "t", "--on", "session_ended", "--once", "--", "echo", "{event_type}"];
    await using running = await watch(home, args);
    const { code, out, err } = await running.end();
    assertEquals([code, out], [0, "session_ended\n"]);
    assertEquals(
      err,
      "> Watching 2 sessions, which have all ended, for session_ended; Ctrl-C ends\n",
    );
  }),
);
