import { SendError } from "../../src/orchestration/send_message.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import {
  echo,
  held,
  HOLD,
  listens,
  nothingLeft,
  pipeOf,
  release,
  said,
  send,
  sender,
  spawnInteractive,
} from "./interactive_support.ts";
import { ended, endOf, rowOf, runOf } from "./spawn_support.ts";
import { inHome, leftovers, waitFor } from "./support.ts";

/** What somebody says and is answered, when the agent repeats it. */
function exchange(...texts: string[]): string[] {
  return texts.flatMap((text) => [`user: ${text}`, `assistant: ${text}`]);
}

Deno.test(
  "spawn --interactive answers the prompt, then each message in a turn of its own, until cancel",
  inHome(async (home) => {
    const id = await spawnInteractive(home, ["--name", "w", "first"]);
    const { mode, isFifo } = Deno.statSync(pipeOf(home, id));
    assertEquals([isFifo, mode! & 0o777], [true, 0o600]);
    assert(listens(home, id));
    const { answer } = await send(home, id, "second");
    assertEquals([answer?.result, answer?.is_error, answer?.provider], ["second", false, "mock"]);
    assertEquals(answer?.events.map(({ type }) => type), [
      "assistant_message",
      "turn_complete",
      "result",
    ]);
    assertEquals((await send(home, id, "third", { awaitAnswer: false })).answer, undefined);
    assertEquals((await send(home, id, "fourth")).answer?.result, "fourth");
    assertEquals(await said(home, id), exchange("first", "second", "third", "fourth"));
    const waiting = home.zag(["wait", id]);
    assertEquals((await home.zag(["cancel", "w", "--reason", "enough"])).code, 0);
    assertEquals((await waiting).code, 1);
    assertEquals(endOf(home, id), ["killed", "cancelled: enough"]);
    assertEquals([rowOf(home, id).command, runOf(home, id).status], ["interactive", "killed"]);
    await nothingLeft(home, id);
    assertEquals(await leftovers(home), []);
    assertEquals(listens(home, id), false);
    const error = await assertRejects(() => send(home, id, "late"), SendError);
    assertStringIncludes(error.message, "cancelled: enough");
    assertStringIncludes(error.hint!, `zag exec --resume ${id}`);
    assertStringIncludes(error.hint!, "zag spawn --interactive");
  }),
);

Deno.test(
  "spawn --interactive answers three senders at once in the order of their messages, each in a turn",
  inHome(async (home) => {
    const id = await spawnInteractive(home);
    const texts = ["a", "b", "c"].map((name) => [1, 2, 3, 4, 5].map((n) => `${name}${n}`));
    const ran = await Promise.all(texts.map((each) => sender(home, id, each).output()));
    const decoder = new TextDecoder();
    for (const [index, { code, stdout, stderr }] of ran.entries()) {
      assertEquals([code, decoder.decode(stderr)], [0, ""]);
      assertEquals(decoder.decode(stdout).trim().split("\n"), texts[index]);
    }
    const order = (await said(home, id, ["user_message"])).map((line) => line.slice(6));
    assertEquals([...order].sort(), texts.flat());
    for (const each of texts) assertEquals(order.filter((text) => each.includes(text)), each);
    assertEquals(await said(home, id), exchange(...order));
    await home.zag(["cancel", id]);
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "spawn --interactive keeps messages that come during a turn for turns of their own",
  inHome(async (home) => {
    const id = await spawnInteractive(home, ["first"], [HOLD, { do: "echo" }]);
    await held(home);
    for (const text of ["one", "two"]) await send(home, id, text, { awaitAnswer: false });
    const third = send(home, id, "three");
    await echo(home, id, "four\n");
    assertEquals(await said(home, id, ["user_message"]), ["user: first"]);
    await release(home);
    assertEquals((await third).answer?.result, "three");
    await waitFor("the last answer", async () => (await said(home, id)).length === 10 || undefined);
    const all = await said(home, id);
    assertEquals(all.filter((line) => line.startsWith("user")).length, 5);
    assertEquals(all.slice(-8).sort(), exchange("one", "two", "three", "four").sort());
    for (const [index, line] of all.entries()) {
      if (index % 2 === 1) assertEquals(line.slice(11), all[index - 1]!.slice(6));
    }
    await home.zag(["cancel", id]);
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "spawn --interactive takes messages of any kind and length whole",
  inHome(async (home) => {
    const id = await spawnInteractive(home);
    const texts = [
      "line one\nline two\r\n\n  end\n",
      `"quotes", 'more', \\ and {"type":"user_message"}`,
      '{"type":"user_message","content":"no message in a message"}',
      "\u{1f600} \u4e2d\u6587 \u0000".replace("\u0000", "\u0001") + "\ud83d\ude00 e\u0301",
      "x".repeat(1024 * 1024) + "\nend",
      "$(touch pwned) `touch pwned` $HOME",
    ];
    for (const text of texts) {
      const { answer } = await send(home, id, text);
      assert(answer?.result === text, `changed: ${answer?.result?.slice(0, 80)}`);
    }
    for (const text of ["", " \n", "a\0b"]) {
      await assertRejects(() => send(home, id, text), SendError, "Cannot send this message");
    }
    await assertRejects(() => send(home, id, "x".repeat(17 * 1024 * 1024)), SendError, "bytes");
    assertEquals((await said(home, id, ["user_message"])).length, texts.length);
    await home.zag(["cancel", id]);
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "spawn --interactive takes lines that a shell writes into its pipe, and says which it does not take",
  inHome(async (home) => {
    const id = await spawnInteractive(home);
    await echo(home, id, "raw text\n\n");
    await echo(
      home,
      id,
      '{"type":"user_message","content":"from JSON"}\n{"any":1,"content":"x"}\n',
    );
    await echo(home, id, '{"content":7}\n{"content":" "}\n42\n["a"]\n{broken\n');
    await echo(home, id, "without an end");
    assertEquals((await send(home, id, "last")).answer?.result, "last");
    const taken = ["raw text", "from JSON", "x", "42", '["a"]', "{broken", "without an end"];
    assertEquals(await said(home, id), exchange(...taken, "last"));
    const notes = await said(home, id, ["user_event"]);
    assertEquals(notes.length, 2);
    assertStringIncludes(notes[0]!, 'has no "content"');
    assertStringIncludes(notes[1]!, "it is empty");
    await home.zag(["cancel", id]);
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "spawn --interactive goes on after a turn that failed",
  inHome(async (home) => {
    const id = await spawnInteractive(
      home,
      ["--no-auto-resume", "first"],
      [{ do: "error", message: "no luck", fatal: true }],
      [{ do: "limit", scope: "weekly", message: "weekly limit" }],
      [{ do: "say", text: "well" }],
    );
    const failed = (await send(home, id, "second")).answer;
    assertEquals([failed?.is_error, failed?.error_message], [true, "weekly limit"]);
    const good = (await send(home, id, "third")).answer;
    assertEquals([good?.is_error, good?.result], [false, "well"]);
    assertEquals(rowOf(home, id).outcome, null);
    await home.zag(["cancel", id]);
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "spawn --interactive fails when its agent ends by itself, and says why",
  inHome(async (home) => {
    const id = await spawnInteractive(home, [], [{ do: "stderr", text: "out of coffee" }, {
      do: "exit",
      code: 3,
    }]);
    const error = await assertRejects(() => send(home, id, "go"), SendError, "ended before");
    assertStringIncludes(error.message, "exit code 3");
    assertStringIncludes(error.message, "out of coffee");
    assertEquals(await ended(home, id), 1);
    assertEquals(endOf(home, id)[0], "failure");
    await nothingLeft(home, id);
    const clean = await spawnInteractive(home, ["go"], [{ do: "exit", code: 0, result: true }]);
    assertEquals(await ended(home, clean), 1);
    assertMatch(String(endOf(home, clean)[1]), /ended although it could still be asked/);
    await nothingLeft(home, clean);
  }),
);

Deno.test(
  "spawn --interactive leaves nothing behind, however it is ended",
  inHome(async (home) => {
    const ways: [string, (id: string) => unknown, string[], [string, RegExp]][] = [
      ["ps kill", (id) => home.zag(["ps", "kill", String(runOf(home, id).id)]), [], [
        "killed",
        /zag ps kill/,
      ]],
      ["a result", (id) => home.zag(["ps", "kill", String(runOf(home, id).id), "done"]), [], [
        "success",
        /^null$/,
      ]],
      ["ps stop", (id) => home.zag(["ps", "stop", String(runOf(home, id).id)]), [], [
        "killed",
        /zag ps stop/,
      ]],
      ["SIGTERM", (id) => Deno.kill(Number(runOf(home, id).owner_pid), "SIGTERM"), [], [
        "interrupted",
        /SIGTERM/,
      ]],
      ["--timeout", () => {}, ["--timeout", "10s"], ["timeout", /10s/]],
    ];
    for (const [what, end, args, [outcome, error]] of ways) {
      const id = await spawnInteractive(home, ["hello", ...args]);
      await waitFor("the answer", async () => (await said(home, id)).length === 2 || undefined);
      await end(id);
      await ended(home, id);
      const [was, why] = endOf(home, id);
      assertEquals([what, was], [what, outcome]);
      assertMatch(String(why), error);
      await nothingLeft(home, id);
    }
  }),
);

Deno.test(
  "spawn --interactive says which messages were not answered when it is cancelled in a turn",
  inHome(async (home) => {
    const id = await spawnInteractive(home, ["first"], [HOLD]);
    await held(home);
    await send(home, id, "queued", { awaitAnswer: false });
    const waiting = assertRejects(() => send(home, id, "awaited"), SendError, "cancelled: stop");
    await waitFor("both", () => {
      const names = [...Deno.readDirSync(`${home.path}/.zag/temp`)];
      const taken = (name: string) => !Deno.statSync(`${home.path}/.zag/temp/${name}`).isFile;
      return names.filter(({ name }) => taken(name)).length === 2 || undefined;
    });
    assertEquals((await home.zag(["cancel", id, "--reason", "stop"])).code, 0);
    await waiting;
    const notes = await said(home, id, ["user_event"]);
    assertStringIncludes(notes[0]!, "Not answered, because the session has ended: queued");
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "spawn --interactive is gone on with by exec --resume when it has ended",
  inHome(async (home) => {
    const id = await spawnInteractive(home, ["first"]);
    await send(home, id, "second");
    await home.zag(["cancel", id]);
    const resumed = await home.zag(["exec", "--resume", id, "third"]);
    assertEquals([resumed.code, resumed.stdout, resumed.stderr], [0, "third\n", ""]);
    assertEquals(await said(home, id), exchange("first", "second", "third"));
    assertEquals(listens(home, id), false);
    await assertRejects(() => send(home, id, "fourth"), SendError, "it has completed");
  }),
);

Deno.test(
  "spawn --interactive says so where no pipe can be made, and leaves nothing behind",
  inHome(async (home) => {
    const env = { PATH: home.bin };
    const refused = await home.zag(["spawn", "-I", "-p", "mock", "hi"], { env });
    assertEquals([refused.code, refused.stdout], [1, ""]);
    assertStringIncludes(refused.stderr, "there is no program mkfifo");
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["failure"]);
    await nothingLeft(home, String(home.rows("sessions")[0]!.session_id));
  }),
);

Deno.test(
  "spawn --interactive -m auto has the model chosen for the first message",
  inHome(async (home) => {
    await Deno.mkdir(`${home.path}/.zag`);
    await Deno.writeTextFile(`${home.path}/.zag/zag.jsonc`, '{"auto":{"provider":"mock"}}');
    const text = '{"provider":"mock","model":"large","reason":"x"}';
    const turns = [{ match: "<task>", steps: [{ do: "say", text }] }];
    const ran = await home.zag(["spawn", "-I", "-p", "mock", "-m", "auto"], {
      env: { ZAG_MOCK_SCRIPT: JSON.stringify({ turns }) },
    });
    const id = ran.stdout.trim();
    assertEquals((await send(home, id, "one")).answer?.model, "mock-large");
    assertEquals((await send(home, id, "two")).answer?.result, "two");
    assertEquals(rowOf(home, id).model, "mock-large");
    await home.zag(["cancel", id]);
    await nothingLeft(home, id);
  }),
);
