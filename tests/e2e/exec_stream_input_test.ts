import type { Finished, TestHome } from "../support/zag.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { claude, inHome, jsonLines, onlyLog, replay, seen, standIn } from "./support.ts";

/** Runs the echoing mock agent on messages. */
async function stream(home: TestHome, stdin: string, args: string[] = []): Promise<Finished> {
  return await home.zag(["-p", "mock", "exec", "-i", "stream-json", ...args], { stdin });
}

function message(content: unknown): string {
  return JSON.stringify({ type: "user_message", content });
}

Deno.test(
  "exec -i stream-json answers every message, with its text as string or as blocks",
  inHome(async (home) => {
    const blocks = [{ type: "text", text: "two " }, { type: "text", text: "blocks" }];
    const input = `${message("one")}\r\n\n  \n${message(blocks)}\n${message("no newline")}`;
    const { code, stdout, stderr } = await stream(home, input);
    assertEquals([code, stdout, stderr], [0, "one\n\ntwo blocks\n\nno newline\n", ""]);
    const log = await onlyLog(home);
    const texts = (wanted: string) =>
      log.filter(({ type }) => type === wanted).map(({ content }) => content);
    const all = ["one", "two blocks", "no newline"];
    assertEquals([texts("user_message"), texts("assistant_message")], [all, all]);
    assertEquals(log.filter(({ type }) => type === "session_ended").length, 1);
  }),
);

Deno.test(
  "exec -i stream-json sends the positional prompt first, and - means none",
  inHome(async (home) => {
    assertEquals((await stream(home, `${message("b")}\n`, ["a"])).stdout, "a\n\nb\n");
    assertEquals((await stream(home, "", ["a"])).stdout, "a\n");
    assertEquals((await stream(home, "")).code, 2);
    assertEquals((await stream(home, `${message("b")}\n`, ["-"])).stdout, "b\n");
    const empty = await stream(home, message("b"), [""]);
    assertEquals(empty.code, 64);
    assertStringIncludes(empty.stderr, "Cannot run an empty prompt");
  }),
);

Deno.test(
  "exec -i stream-json tells of a turn that a crash cut off behind another's result",
  inHome(async (home) => {
    const script = {
      turns: [{ steps: [{ do: "say", text: "one" }] }, { steps: [{ do: "exit", code: 3 }] }],
    };
    const { code, stdout, stderr } = await home.zag(["-p", "mock", "exec", "-i", "stream-json"], {
      stdin: `${message("a")}\n${message("b")}\n`,
      env: { ZAG_MOCK_SCRIPT: JSON.stringify(script) },
    });
    assertEquals([code, stdout], [2, "one\n"]);
    assertStringIncludes(stderr, "ended without a result (exit code 3)");
    assertEquals((await onlyLog(home)).at(-1)?.outcome, "unknown");
  }),
);

Deno.test(
  "exec -i stream-json keeps the agent for a message that comes after an answer",
  inHome(async (home) => {
    const args = ["-p", "mock", "exec", "-i", "stream-json", "-o", "stream-json"];
    const child = home.spawn([...args, "--idle-timeout", "30s"], { stdin: "open" });
    const writer = child.stdin.getWriter();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    const pids = new Set<unknown>();
    for (const content of ["one", "two"]) {
      await writer.write(new TextEncoder().encode(message(content) + "\n"));
      while (!text.includes(`"message":"${content}"`)) {
        const { done, value } = await reader.read();
        assert(!done, `zag ended after ${text}`);
        text += value;
      }
      pids.add(home.rows("processes").at(-1)?.agent_pid);
    }
    await writer.close();
    while (!(await reader.read()).done);
    assertEquals([(await child.status).code, pids.size], [0, 1]);
    await child.stderr.cancel();
    assertEquals(jsonLines(text).filter(({ type }) => type === "init").length, 1);
  }),
);

for (
  const [line, reason] of [
    ['{"data":"input"}', 'it has no "type"'],
    ['{"type":"data","data":1}', 'its type "data" is unknown'],
    ["[1]", "it is no JSON object"],
    ["hello", "it is no JSON"],
    [message(""), '"content" must be a text that is not empty'],
    [message([{ type: "image" }]), '"content" must be a text that is not empty'],
  ] as const
) {
  Deno.test(
    `exec -i stream-json refuses ${line} with its line number`,
    inHome(async (home) => {
      const { code, stdout, stderr } = await stream(home, `${message("first")}\n\n${line}\n`);
      assertEquals([code, stdout], [1, "first\n"]);
      const [first, hint] = stderr.split("\n");
      assertEquals(first, `error: Cannot read line 3 of the input: ${reason}`);
      assertStringIncludes(hint!, '{"type":"user_message","content":"TEXT"}');
      const ended = (await onlyLog(home)).at(-1);
      assertEquals([ended?.type, ended?.success], ["session_ended", false]);
    }),
  );
}

Deno.test(
  "exec -i stream-json passes the agent's own objects on and translates zag's",
  inHome(async (home) => {
    await standIn(home, replay("stream_input_two_turns"));
    const native = '{ "type":"user", "message":{"role":"user","content":"as it is"} }';
    const control = '{"type":"control_request","request_id":"1","request":{"subtype":"interrupt"}}';
    const { code } = await claude(home, ["-i", "stream-json", "-o", "stream-json"], {
      stdin: `${message("zag's")}\n${native}\n${control}\n`,
    });
    assertEquals(code, 0);
    const [first, ...rest] = (await seen(home, "stdin")).trimEnd().split("\n");
    assertEquals(JSON.parse(first!), {
      type: "user",
      message: { role: "user", content: [{ type: "text", text: "zag's" }] },
    });
    assertEquals(rest, [native, control]);
    const args = await seen(home, "args");
    assertMatch(args, /^--input-format=stream-json$/m);
    assertMatch(args, /^--output-format=stream-json$/m);
    const said = (await onlyLog(home)).filter(({ type }) => type === "user_message");
    assertEquals(said.map(({ content }) => content), ["zag's", "as it is"]);
    const refused = await claude(home, ["-i", "stream-json"], { stdin: '{"data":"input"}\n' });
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, "Cannot read line 1 of the input");
  }),
);

Deno.test(
  "exec --replay-user-messages shows the messages in the stream and logs each once",
  inHome(async (home) => {
    const flags = ["-o", "stream-json", "--replay-user-messages"];
    const { code, stdout } = await stream(home, `${message("b")}\n`, [...flags, "a"]);
    assertEquals(code, 0);
    const shown = jsonLines(stdout).filter(({ type }) => type === "user_message");
    assertEquals(shown.map(({ content }) => content), [
      [{ type: "text", text: "a" }],
      [{ type: "text", text: "b" }],
    ]);
    const said = (await onlyLog(home)).filter(({ type }) => type === "user_message");
    assertEquals(said.map(({ content }) => content), ["a", "b"]);
  }),
);

Deno.test(
  "exec -i stream-json can show text while it is made",
  inHome(async (home) => {
    const { stdout } = await stream(home, `${message("hi")}\n`, [
      "-o",
      "stream-json",
      "--include-partial-messages",
    ]);
    assertEquals(jsonLines(stdout).map(({ type }) => type), [
      "init",
      "assistant_delta",
      "assistant_message",
      "turn_complete",
      "result",
    ]);
  }),
);

Deno.test(
  "exec -i stream-json is refused with formats that cannot tell one answer from the next",
  inHome(async (home) => {
    for (const format of ["text", "native-json"]) {
      const { code, stderr } = await stream(home, message("hi"), ["-o", format]);
      assertEquals(code, 64);
      assertMatch(stderr, /^error: Cannot use -i stream-json together with -o /);
    }
  }),
);
