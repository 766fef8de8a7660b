/**
 * Sessions that go on. Gemini CLI loses sessions that it resumes, see `src/agent/transcript_guard.ts`;
 * names of its files hold the minute in which they were made, and that minute decides how.
 */
import { join } from "node:path";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { type AgentHome, entries, outputOf } from "./agent_home.ts";
import {
  chatFiles,
  chatsDirectory,
  conversation,
  geminiTest,
  lastBody,
  runBare,
  systemText,
  workFiles,
} from "./gemini_support.ts";

/** Runs a session of one turn and returns its id. */
async function startSession(gemini: AgentHome, answer: string, ...args: string[]): Promise<string> {
  const ran = await gemini.zag(["exec", ...args, "-o", "json", `[[say:${answer}]]`]);
  assertEquals(ran.code, 0, ran.stderr);
  return outputOf(ran).session_id;
}

/** Path of the only file of a session. */
async function fileOf(gemini: AgentHome, id: string): Promise<string> {
  const names = (await chatFiles(gemini)).filter((name) => name.includes(id.slice(0, 8)));
  assertEquals(names.length, 1);
  return join(chatsDirectory(gemini), names[0]!);
}

/** Makes a session one that was started yesterday. */
async function makeOld(gemini: AgentHome, id: string): Promise<string> {
  const path = await fileOf(gemini, id);
  const old = join(chatsDirectory(gemini), `session-2020-01-01T10-00-${id.slice(0, 8)}.jsonl`);
  await Deno.rename(path, old);
  return old;
}

geminiTest(
  ["resume", "resume_with_prompt", "system_prompt"],
  "exec goes on with a session by id, and with the last one",
  async (gemini) => {
    const id = await startSession(gemini, "the first answer", "-m", "small");
    const { model } = gemini.asked.at(-1)!;
    const file = await makeOld(gemini, id);
    const first = await gemini.log();
    await Deno.mkdir(`${gemini.path}/elsewhere`);
    const args = ["exec", "-o", "json", "--system-prompt", "Be brief.", "--resume", id.slice(0, 8)];
    const ran = await gemini.zag([...args, "[[say:the second]]"], {
      cwd: `${gemini.path}/elsewhere`,
    });
    assertEquals([ran.code, ran.stderr], [0, ""]);
    const output = outputOf(ran);
    assertEquals([output.session_id, output.result], [id, "the second"]);
    assertEquals(output.usage?.output_tokens, 5);
    assertEquals(gemini.asked.at(-1)!.model, model);
    const framed = "<system_instructions>\nBe brief.\n</system_instructions>\n\n[[say:the second]]";
    assertEquals(conversation(gemini), ["[[say:the first answer]]", "the first answer", framed]);
    assert(!systemText(gemini).includes("Be brief."));
    assertEquals(await workFiles(gemini), []);

    const again = await gemini.zag(["exec", "--continue", "[[say:the third]]"]);
    assertEquals(again, { code: 0, signal: null, stdout: "the third\n", stderr: "" });
    assertEquals(conversation(gemini).slice(2), [framed, "the second", "[[say:the third]]"]);
    const log = await gemini.log();
    assertEquals(log.slice(0, first.length), first);
    assertEquals(log.map(({ seq }) => seq), log.map((_, index) => index + 1));
    assertEquals(entries(log, "session_started").map(({ resumed }) => resumed), [
      false,
      true,
      true,
    ]);
    assertEquals(entries(log, "assistant_message").map(({ content }) => content), [
      "the first answer",
      "the second",
      "the third",
    ]);
    assertEquals(entries(log, "user_message").at(1)?.content, "[[say:the second]]");
    const session = await gemini.session();
    assertEquals([session.sessionId, session.providerSessionId], [id, id]);
    assertEquals([session.resumed, session.outcome], [true, "success"]);
    assertEquals(await fileOf(gemini, id), file);
  },
);

geminiTest([], "exec goes on with a session of Gemini CLI's own, by its id", async (gemini) => {
  const bare = await runBare(gemini, ["--output-format=json"], "[[say:the first answer]]");
  const { session_id: id } = JSON.parse(bare.stdout);
  const file = await makeOld(gemini, id);
  // The CLI itself leaves an empty file behind, for which its next start would delete both.
  await runBare(gemini, [`--resume=${id}`], "[[say:the second]]");
  assertEquals((await chatFiles(gemini)).length, 2);
  const ran = await gemini.zag(["exec", "--resume", id, "[[say:the third]]"]);
  assertEquals(ran.stdout, "the third\n", ran.stderr);
  assertEquals(conversation(gemini).filter((text) => text.startsWith("the")), [
    "the first answer",
    "the second",
  ]);
  assertEquals((await gemini.session()).providerSessionId, id);
  assertEquals(await fileOf(gemini, id), file);
});

/** Puts a program in front of the CLI that kills it as soon as a condition holds. */
async function killWhen(gemini: AgentHome, condition: string): Promise<void> {
  await gemini.program("gemini", [
    "#!/bin/bash",
    `cd '${chatsDirectory(gemini)}'`,
    `(cd "$OLDPWD"; exec '${gemini.bin}/gemini' "$@") <&0 &`,
    `until ${condition} || ! kill -0 $!; do :; done`,
    "kill -KILL $!; wait $!",
  ]);
}

geminiTest([], "exec --resume loses no session when the CLI dies at its start", async (gemini) => {
  const old = await startSession(gemini, "the old answer");
  const oldFile = await makeOld(gemini, old);
  const oldText = await Deno.readTextFile(oldFile);
  await killWhen(
    gemini,
    `{ files=(session-*-${old.slice(0, 8)}.jsonl); [ \${#files[@]} -gt 1 ]; }`,
  );
  const killed = await gemini.zag(["exec", "--resume", old, "[[say:x]]"]);
  assertEquals(killed.code, 2);
  assertEquals(await chatFiles(gemini), [oldFile.split("/").at(-1)]);
  assertEquals(await Deno.readTextFile(oldFile), oldText);
  await Deno.remove(`${gemini.home.bin}/gemini`);

  const fresh = await startSession(gemini, "the fresh answer");
  const freshFile = await fileOf(gemini, fresh);
  const freshText = await Deno.readTextFile(freshFile);
  // By what the shell can do itself: to start a program for each look would take too long.
  const headers = `{ lines=; for file in session-*-${fresh.slice(0, 8)}.jsonl; do ` +
    `mapfile -t more <"$file"; lines+="\${more[*]}"; done; ` +
    `[[ $lines == *'"kind":"main"'*'"kind":"main"'* ]]; }`;
  await killWhen(gemini, headers);
  assertEquals((await gemini.zag(["exec", "--resume", fresh, "[[say:x]]"])).code, 2);
  assertEquals(await fileOf(gemini, fresh), freshFile);
  const left = await Deno.readTextFile(freshFile);
  assert(left.startsWith(freshText));
  // A beginning alone does no harm; what would follow it, an empty list of messages, would.
  assertMatch(left.slice(freshText.length), /^(\{[^\n]*"kind":"main"\}\n)?$/);
  assertEquals(gemini.asked.length, 2);
  await Deno.remove(`${gemini.home.bin}/gemini`);

  for (const [id, answer] of [[old, "the old answer"], [fresh, "the fresh answer"]] as const) {
    const ran = await gemini.zag(["exec", "--resume", id, "[[say:here again]]"]);
    assertEquals(ran.stdout, "here again\n", ran.stderr);
    assertEquals(conversation(gemini), [`[[say:${answer}]]`, answer, "[[say:here again]]"]);
  }
});

geminiTest([], "exec --resume loses nothing when a tool starts Gemini CLI anew", async (gemini) => {
  const id = await startSession(gemini, "the first answer");
  await makeOld(gemini, id);
  const prompt = "[[bash:zag -p gemini exec inner]][[say:the second]]";
  const ran = await gemini.zag(["exec", "-a", "--resume", id, "-o", "json", prompt]);
  assertEquals(outputOf(ran).result, "the second", ran.stderr);
  assertStringIncludes(JSON.stringify(outputOf(ran).events), "STUB:inner");
  const third = await gemini.zag(["exec", "--resume", id, "[[say:the third]]"]);
  assertEquals(third.stdout, "the third\n", third.stderr);
  const contents = JSON.stringify(lastBody(gemini).contents);
  for (const part of ["the first answer", "STUB:inner", "the second"]) {
    assertStringIncludes(contents, part);
  }
});

geminiTest([], "exec --resume goes on after zag was killed", async (gemini) => {
  const id = await startSession(gemini, "the first answer");
  await makeOld(gemini, id);
  const zag = gemini.spawn(["exec", "--resume", id, "[[slow:600,50]]"]);
  await zag.untilPrints("tick 2 ");
  zag.child.kill("SIGKILL");
  await zag.finished();
  await startSession(gemini, "another answer");
  const ran = await gemini.zag(["exec", "--resume", id, "[[say:here again]]"]);
  assertEquals(ran.stdout, "here again\n", ran.stderr);
  assertEquals(conversation(gemini).slice(0, 2), ["[[say:the first answer]]", "the first answer"]);
  assertEquals(gemini.stored(id).outcome, "success");
});

geminiTest([], "exec --resume does not take an old answer for a new one", async (gemini) => {
  const id = await startSession(gemini, "the first answer");
  await gemini.program("gemini", ["#!/bin/sh", "echo out of order >&2", "exit 7"]);
  for (const format of [[], ["-o", "text"]]) {
    const ran = await gemini.zag(["exec", ...format, "--resume", id, "[[say:x]]"]);
    assertEquals([ran.code, ran.stdout], [2, ""]);
    assertStringIncludes(ran.stderr, "ended without a result (exit code 7): out of order");
  }
  await Deno.remove(`${gemini.home.bin}/gemini`);
  await Deno.remove(await fileOf(gemini, id));
  const lost = await gemini.zag(["exec", "--resume", id, "[[say:x]]"]);
  assertEquals(lost.code, 2);
  assertMatch(lost.stderr, /exit code 42[^]*No previous sessions found|Invalid session identifier/);
  assertEquals(gemini.asked.length, 1);
});
