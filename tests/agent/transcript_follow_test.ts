import { followTranscript, readTranscript } from "../../src/agent/transcript_follow.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import type { TranscriptParser } from "../../src/providers/transcript.ts";
import { assertEquals } from "../support/assert.ts";
import { waitFor } from "../support/living.ts";

/** Each line becomes a message. */
function lineParser(): TranscriptParser {
  return {
    state: { answer: undefined, finished: false, sessionId: undefined },
    line: (content, out) => out({ type: "assistant_message", content, message_id: null }),
  };
}

async function inTemp(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.realPath(await Deno.makeTempDir());
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** What a follower has logged so far. */
class Sink {
  readonly texts: string[] = [];
  readonly log = (kinds: readonly LogKind[]): void => {
    for (const kind of kinds) if (kind.type === "assistant_message") this.texts.push(kind.content);
  };

  async reads(count: number): Promise<void> {
    await waitFor(`${count} lines`, () => this.texts.length >= count ? true : undefined);
  }
}

async function append(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(path, text, { append: true });
}

Deno.test("followTranscript() follows a file that grows, a line at a time", () =>
  inTemp(async (dir) => {
    const path = `${dir}/session.jsonl`;
    await append(path, "one\n");
    const sink = new Sink();
    const follower = followTranscript({ path, parser: lineParser(), offset: 0, log: sink.log });
    await sink.reads(1);
    await append(path, "two\nthr");
    await sink.reads(2);
    await append(path, "ee\n");
    await sink.reads(3);
    await follower.stop();
    assertEquals(sink.texts, ["one", "two", "three"]);
  }));

Deno.test("followTranscript() waits for a file, and for the directories above it", () =>
  inTemp(async (dir) => {
    const path = `${dir}/a/b/c/session.jsonl`;
    const sink = new Sink();
    const follower = followTranscript({ path, parser: lineParser(), offset: 0, log: sink.log });
    await Deno.mkdir(`${dir}/a`);
    await Deno.mkdir(`${dir}/a/b/c`, { recursive: true });
    await append(path, "one\n");
    await sink.reads(1);
    await append(path, "two\n");
    await sink.reads(2);
    await follower.stop();
    assertEquals(sink.texts, ["one", "two"]);
  }));

Deno.test("followTranscript() reads what came last when it is stopped, a torn line included", () =>
  inTemp(async (dir) => {
    const path = `${dir}/session.jsonl`;
    const sink = new Sink();
    const follower = followTranscript({ path, parser: lineParser(), offset: 0, log: sink.log });
    await append(path, "one\ntwo");
    await follower.stop();
    assertEquals(sink.texts, ["one", "two"]);
    await append(path, "\nthree\n");
    await follower.stop();
    assertEquals(sink.texts.includes("one"), true);
  }));

Deno.test("followTranscript() stops where there never was a file", () =>
  inTemp(async (dir) => {
    const sink = new Sink();
    const request = { path: `${dir}/no/where`, parser: lineParser(), offset: 0, log: sink.log };
    await followTranscript(request).stop();
    assertEquals(sink.texts, []);
  }));

Deno.test("followTranscript() skips what an earlier run has read", () =>
  inTemp(async (dir) => {
    const path = `${dir}/session.jsonl`;
    await append(path, "old\u00fc\n");
    const { size } = await Deno.stat(path);
    await append(path, "new\n");
    const sink = new Sink();
    const follower = followTranscript({ path, parser: lineParser(), offset: size, log: sink.log });
    await sink.reads(1);
    await follower.stop();
    assertEquals(sink.texts, ["new"]);
  }));

Deno.test("followTranscript() loses no line of a writer in a hurry", () =>
  inTemp(async (dir) => {
    const path = `${dir}/session.jsonl`;
    const sink = new Sink();
    const follower = followTranscript({ path, parser: lineParser(), offset: 0, log: sink.log });
    const wanted = Array.from({ length: 500 }, (_, index) => `${index} ${"x".repeat(index * 7)}`);
    const file = await Deno.open(path, { create: true, append: true });
    const bytes = new TextEncoder().encode(wanted.join("\n") + "\n");
    for (let at = 0; at < bytes.length; at += 9973) {
      await file.write(bytes.subarray(at, at + 9973));
    }
    file.close();
    await follower.stop();
    assertEquals(sink.texts, wanted);
  }));

Deno.test("readTranscript() reads once what lies beyond an offset", () =>
  inTemp(async (dir) => {
    const path = `${dir}/session.jsonl`;
    await append(path, "one\ntwo\nthree");
    const sink = new Sink();
    await readTranscript({ path, parser: lineParser(), offset: 4, log: sink.log });
    assertEquals(sink.texts, ["two", "three"]);
    await readTranscript({ path: `${dir}/none`, parser: lineParser(), offset: 0, log: sink.log });
    assertEquals(sink.texts.length, 2);
  }));

Deno.test("followTranscript() looks for a file whose name nobody knew", () =>
  inTemp(async (dir) => {
    const sink = new Sink();
    const path = `${dir}/late.jsonl`;
    const follower = followTranscript({
      path: undefined,
      find: () => Deno.stat(path).then(() => path, () => undefined),
      parser: lineParser(),
      offset: 0,
      log: sink.log,
    });
    await append(path, "one\n");
    await sink.reads(1);
    await append(path, "two\n");
    await sink.reads(2);
    await follower.stop();
    assertEquals(sink.texts, ["one", "two"]);
  }));

Deno.test("followTranscript() looks for the file once more when it is stopped", () =>
  inTemp(async (dir) => {
    const sink = new Sink();
    const found: string[] = [];
    const follower = followTranscript({
      path: undefined,
      find: () => Promise.resolve(found[0]),
      parser: lineParser(),
      offset: 0,
      log: sink.log,
    });
    await append(`${dir}/late.jsonl`, "one\n");
    found.push(`${dir}/late.jsonl`);
    await follower.stop();
    assertEquals(sink.texts, ["one"]);
  }));

Deno.test("readTranscript() shows a parser that rereads what it may not log", () =>
  inTemp(async (dir) => {
    const path = `${dir}/session.jsonl`;
    await append(path, "one\ntwo\nthree\n");
    const sink = new Sink();
    const seen: string[] = [];
    const parser: TranscriptParser = {
      ...lineParser(),
      line: (text, out) => {
        seen.push(text);
        out({ type: "assistant_message", content: text, message_id: null });
      },
      end: (out) => out({ type: "assistant_message", content: "held back", message_id: null }),
    };
    await readTranscript({ path, parser, offset: 8, rereads: true, log: sink.log });
    assertEquals(seen, ["one", "two", "three"]);
    assertEquals(sink.texts, ["three", "held back"]);
  }));

Deno.test("followTranscript() goes on in another file, with all that the first one had", () =>
  inTemp(async (dir) => {
    const sink = new Sink();
    const [first, second] = [`${dir}/first.jsonl`, `${dir}/second.jsonl`];
    await append(first, "old\none\n");
    let changed = false;
    const follower = followTranscript({
      path: first,
      parser: lineParser(),
      offset: 4,
      log: sink.log,
      next: () => {
        if (changed || !sink.texts.includes("two")) return Promise.resolve(undefined);
        changed = true;
        return Promise.resolve({
          path: second,
          parser: lineParser(),
          entry: { type: "assistant_message", content: "changed", message_id: null },
        });
      },
    });
    await sink.reads(1);
    await append(first, "two\nlast");
    await sink.reads(4);
    await append(second, "three\n");
    await sink.reads(5);
    await append(second, "four");
    await follower.stop();
    assertEquals(sink.texts, ["one", "two", "last", "changed", "three", "four"]);
  }));
