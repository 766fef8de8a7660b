import { LogAppender } from "../../src/sessions/log.ts";
import {
  recoverUnfinished,
  unfinishedPath,
  UnfinishedText,
  unfinishedText,
} from "../../src/sessions/unfinished.ts";
import { assertEquals } from "../support/assert.ts";
import { inTemp, message, wholeLines } from "./support.ts";

/** Runs a test with a log that has two entries. */
async function withLog(test: (log: LogAppender) => Promise<void>): Promise<void> {
  await inTemp(async (dir) => {
    using log = LogAppender.create({ path: `${dir}/s.jsonl`, provider: "mock", sessionId: "s" });
    log.append([message("one"), message("two")]);
    await test(log);
  });
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

Deno.test("UnfinishedText.add() keeps text that no entry has, and the last of it is found", () =>
  withLog(async (log) => {
    const text = new UnfinishedText(log.path);
    assertEquals([text.empty, exists(unfinishedPath(log.path))], [true, false]);
    text.add("a\nb", log.seq);
    text.add(new TextEncoder().encode("ä"), log.seq);
    assertEquals(text.empty, false);
    assertEquals(await unfinishedText(log.path), "a\nbä");
    text.clear();
    assertEquals(await unfinishedText(log.path), undefined);
    text.add("c", log.seq);
    assertEquals(await unfinishedText(log.path), "c");
    text[Symbol.dispose]();
    assertEquals(exists(unfinishedPath(log.path)), false);
  }));

Deno.test("UnfinishedText.add() makes a file for its owner only, and forgets an older one", () =>
  withLog(async (log) => {
    await Deno.writeTextFile(unfinishedPath(log.path), '{"after":1}\nof a run before');
    using text = new UnfinishedText(log.path);
    text.add("new", log.seq);
    assertEquals(await unfinishedText(log.path), "new");
    if (Deno.build.os === "windows") return;
    await Deno.remove(unfinishedPath(log.path));
    using again = new UnfinishedText(log.path);
    again.add("x", log.seq);
    assertEquals(((await Deno.stat(unfinishedPath(log.path))).mode ?? 0) & 0o777, 0o600);
  }));

Deno.test("UnfinishedText.add() does no harm where it cannot write", () =>
  withLog(async (log) => {
    await Deno.mkdir(unfinishedPath(log.path));
    using text = new UnfinishedText(log.path);
    text.add("a", log.seq);
    text.add("b", log.seq);
    text.clear();
    assertEquals(await unfinishedText(log.path), undefined);
  }));

Deno.test("unfinishedText() finds nothing that an entry of the agent has by now", () =>
  withLog(async (log) => {
    using text = new UnfinishedText(log.path);
    text.add("thr", log.seq);
    // Others may write while the message is being made, and sub-agents may speak.
    log.append([
      { type: "user_event", level: "info", message: "beside" },
      { type: "assistant_message", content: "sub", message_id: null, parent_tool_use_id: "t" },
    ]);
    assertEquals(await unfinishedText(log.path), "thr");
    log.append([message("three")]);
    assertEquals(await unfinishedText(log.path), undefined);
  }));

Deno.test("unfinishedText() takes no file for text that this zag did not write", () =>
  withLog(async (log) => {
    for (
      const text of ["", "no head", '{"after":2}', '{"after":2}\n', '{"after":-2}\nx', "\n\nx"]
    ) {
      await Deno.writeTextFile(unfinishedPath(log.path), text);
      assertEquals([text, await unfinishedText(log.path)], [text, undefined]);
    }
  }));

Deno.test("recoverUnfinished() logs the text once, however often it is called", () =>
  withLog(async (log) => {
    const text = new UnfinishedText(log.path);
    text.add("thr", log.seq);
    const kept = await Deno.readFile(unfinishedPath(log.path));
    await recoverUnfinished(log);
    assertEquals(exists(unfinishedPath(log.path)), false);
    // As if zag had been killed between the entry and the removal.
    await Deno.writeFile(unfinishedPath(log.path), kept);
    await recoverUnfinished(log);
    await recoverUnfinished(log);
    const said = wholeLines(log.path).map((line) => "content" in line && line.content);
    assertEquals(said, ["one", "two", "thr"]);
  }));
