import { runOllamaAgent } from "../../src/providers/ollama/agent.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import type { OllamaServer } from "../support/ollama_server.ts";
import { failureOf, resultOf, withBench } from "./run_agent.ts";

/** What the last request sent, as `role: content`. */
function sent({ asked }: OllamaServer): string[] {
  return asked.at(-1).messages.map(({ role, content }: Record<string, string>) =>
    `${role}: ${content}`
  );
}

Deno.test("Conversation keeps what was said, for its owner only", () =>
  withBench({
    answer: () => ({ thinking: ["Hm"], text: ["Hel", "lo"] }),
  }, async ({ run, file, state }) => {
    await Deno.writeTextFile(`${state}/system`, "Be brief.");
    await run("hi\nyou", ["--session=s", `--system-prompt-file=${state}/system`]);
    const lines = (await file("s")).trimEnd().split("\n").map((line) => JSON.parse(line));
    assertEquals(lines, [
      { type: "session", version: 1, session_id: "s", model: "qwen3.5:9b", cwd: "/project" },
      { type: "system", text: "Be brief." },
      { type: "user", text: "hi\nyou" },
      { type: "thinking", text: "Hm" },
      { type: "assistant", text: "Hello", model: "qwen3.5:9b" },
    ]);
    if (Deno.build.os !== "windows") {
      assertEquals((await Deno.stat(`${state}/s.jsonl`)).mode! & 0o777, 0o600);
    }
  }));

Deno.test("Conversation is complete before the result is told", () =>
  withBench({}, async ({ server, state }) => {
    const kept: Record<string, string> = {};
    await runOllamaAgent(["--session=s"], {
      stdin: new Blob(["hi"]).stream(),
      env: { OLLAMA_HOST: server.host, ZAG_OLLAMA_STATE: state },
      cwd: "/project",
      write(text) {
        kept[JSON.parse(text).type] = Deno.readTextFileSync(`${state}/s.jsonl`);
      },
      writeErr() {},
    });
    assertStringIncludes(kept.result!, '"type":"assistant"');
    assertEquals(kept.text!.includes('"type":"assistant"'), false);
  }));

Deno.test("Conversation.resume sends everything again, in order, without thoughts", () =>
  withBench({
    answer: (_, index) => ({ thinking: ["Hm"], text: [`answer ${index}`] }),
  }, async ({ run, server, state }) => {
    await Deno.writeTextFile(`${state}/system`, "Be brief.");
    await run("one", ["--session=s", `--system-prompt-file=${state}/system`]);
    await run("two", ["--resume=s"]);
    const third = await run("three", ["--resume=s"]);
    assertEquals(sent(server), [
      "system: Be brief.",
      "user: one",
      "assistant: answer 0",
      "user: two",
      "assistant: answer 1",
      "user: three",
    ]);
    assertEquals(resultOf(third).session_id, "s");
  }));

Deno.test("Conversation.resume takes a new system prompt for this turn and those after it", () =>
  withBench({}, async ({ run, server, state }) => {
    await Deno.writeTextFile(`${state}/system`, "Be brief.");
    await Deno.writeTextFile(`${state}/other`, "Be kind.");
    await run("one", ["--session=s", `--system-prompt-file=${state}/system`]);
    await run("two", ["--resume=s", `--system-prompt-file=${state}/other`]);
    assertEquals(sent(server)[0], "system: Be kind.");
    await run("three", ["--resume=s"]);
    assertEquals(sent(server).filter((text) => text.startsWith("system")), ["system: Be kind."]);
  }));

Deno.test("Conversation.resume goes on with the model of the last answer", () =>
  withBench({
    models: [{ name: "qwen3.5:9b" }, { name: "a:1b" }, { name: "b:1b" }],
  }, async ({ run, server }) => {
    await run("one", ["--session=s", "--model=a:1b"]);
    await run("two", ["--resume=s"]);
    await run("three", ["--resume=s", "--model=b:1b"]);
    await run("four", ["--resume=s"]);
    assertEquals(server.asked.map(({ model }) => model), ["a:1b", "a:1b", "b:1b", "b:1b"]);
  }));

Deno.test("Conversation forgets a turn that failed", () =>
  withBench({
    answer: (_, index) => index === 1 ? { text: ["half"], error: "boom" } : { text: ["whole"] },
  }, async ({ run, server }) => {
    await run("one", ["--session=s"]);
    failureOf(await run("two", ["--resume=s"]));
    await run("two", ["--resume=s"]);
    assertEquals(sent(server), ["user: one", "assistant: whole", "user: two"]);
    await run("three", ["--resume=s"]);
    assertEquals(sent(server).slice(2), ["user: two", "assistant: whole", "user: three"]);
  }));

Deno.test("Conversation can be resumed when already the first turn failed", () =>
  withBench({
    answer: (_, index) => index === 0 ? { status: 500, error: "boom" } : { text: ["whole"] },
  }, async ({ run, server }) => {
    failureOf(await run("one", ["--session=s"]));
    assertEquals((await run("two", ["--resume=s"])).code, 0);
    assertEquals(sent(server), ["user: two"]);
  }));

Deno.test("Conversation.resume stands a torn last line, and mends it", () =>
  withBench({}, async ({ run, server, file, state }) => {
    await run("one", ["--session=s"]);
    const whole = await file("s");
    const lines = whole.trimEnd().split("\n");
    const answer = lines.pop()!;
    for (const length of [1, Math.floor(answer.length / 2), answer.length - 1]) {
      const torn = [...lines, answer.slice(0, length)].join("\n");
      await Deno.writeTextFile(`${state}/s.jsonl`, torn);
      await run("two", ["--resume=s"]);
      assertEquals(sent(server), ["user: two"], `${length} characters`);
      await run("three", ["--resume=s"]);
      assertEquals(sent(server).slice(0, -1), ["user: two", "assistant: You said: two"]);
    }
    // Whole but for its newline.
    await Deno.writeTextFile(`${state}/s.jsonl`, whole.trimEnd());
    await run("two", ["--resume=s"]);
    assertEquals(sent(server), ["user: one", "assistant: You said: one", "user: two"]);
  }));

Deno.test("Conversation.resume passes over lines that it does not know", () =>
  withBench({}, async ({ run, server, file, state }) => {
    await run("one", ["--session=s"]);
    const odd = ["null", "[]", '"x"', '{"type":"user"}', '{"type":"assistant","text":"who?"}', "{"];
    await Deno.writeTextFile(`${state}/s.jsonl`, `${await file("s")}${odd.join("\n")}\n`);
    assertEquals((await run("two", ["--resume=s"])).code, 0);
    assertEquals(sent(server), ["user: one", "assistant: You said: one", "user: two"]);
  }));

Deno.test("Conversation.resume refuses an id that nobody knows", () =>
  withBench({}, async ({ run, server, state }) => {
    const failure = failureOf(await run("hi", ["--resume=none"]));
    assertStringIncludes(failure, 'Cannot resume session "none": there is no conversation');
    const nowhere = failureOf(await run("hi", ["--resume=none"], { ZAG_OLLAMA_STATE: "" }));
    assertStringIncludes(nowhere, "ZAG_OLLAMA_STATE");
    assertEquals(server.requests, []);
    assertEquals(Array.from(Deno.readDirSync(state)), []);
  }));

Deno.test("Conversation.create refuses an id that is in use", () =>
  withBench({}, async ({ run, file }) => {
    await run("one", ["--session=s"]);
    const before = await file("s");
    assertStringIncludes(failureOf(await run("two", ["--session=s"])), "the id is in use");
    assertEquals(await file("s"), before);
  }));

Deno.test("Conversation answers also where nothing can be kept, and says so", () =>
  withBench({}, async ({ run, state }) => {
    await Deno.writeTextFile(`${state}/file`, "");
    for (const directory of [`${state}/file`, `${state}/file/x`]) {
      const done = await run("hi", ["--session=s"], { ZAG_OLLAMA_STATE: directory });
      assert(resultOf(done).success, done.out);
      const status = done.lines.find((line) => line.type === "status");
      assertStringIncludes(status!.message, "Cannot keep the conversation for --resume: ");
    }
    const unkept = await run("hi", ["--session=s"], { ZAG_OLLAMA_STATE: "" });
    assertEquals(unkept.lines.some((line) => line.type === "status"), false);
  }));

Deno.test("Conversation says so when the disk is full, and answers", () =>
  withBench({}, async ({ run, file }) => {
    await run("one", ["--session=s"]);
    const before = await file("s");
    const { write } = Deno.FsFile.prototype;
    Deno.FsFile.prototype.write = () => Promise.reject(new Error("No space left on device"));
    try {
      const done = await run("two", ["--resume=s"]);
      assert(resultOf(done).success, done.out);
      const status = done.lines.find((line) => line.type === "status");
      assertStringIncludes(status!.message, "--resume: No space left on device");
    } finally {
      Deno.FsFile.prototype.write = write;
    }
    assertEquals(await file("s"), before);
  }));
