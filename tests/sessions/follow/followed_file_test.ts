import { join } from "node:path";
import { FollowedFile } from "../../../src/sessions/follow/followed_file.ts";
import type { LogLine } from "../../../src/sessions/log_reader.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { append, said } from "./support.ts";
import { inTemp } from "../support.ts";

/** Numbers of the events that one look gives; a line that cannot be read gives its reason. */
async function look(file: FollowedFile): Promise<(number | string)[]> {
  const lines: LogLine[] = [];
  for await (const batch of file.read()) lines.push(...batch);
  return lines.map((line) => line.event?.seq ?? line.bad!);
}

Deno.test("FollowedFile gives what was appended since the last look", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    using file = new FollowedFile(path);
    assertEquals([await look(file), file.found], [[], false]);
    append(path, said(1), said(2));
    assertEquals([await look(file), file.found], [[1, 2], true]);
    assertEquals(await look(file), []);
    append(path, "\n  \n", said(3));
    assertEquals(await look(file), [3]);
  });
});

Deno.test("FollowedFile keeps half a line until its newline is there", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    const whole = said(2, "täglich 日本");
    for (const at of [1, 30, whole.length - 10, whole.length - 1]) {
      Deno.writeTextFileSync(path, said(1));
      using fresh = new FollowedFile(path);
      assertEquals(await look(fresh), [1]);
      append(path, whole.slice(0, at));
      assertEquals(await look(fresh), []);
      append(path, whole.slice(at));
      assertEquals(await look(fresh), [2]);
    }
  });
});

Deno.test("FollowedFile gives every line once, however the bytes arrive", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    let state = 7;
    const random = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return state % below;
    };
    const texts = Array.from(
      { length: 300 },
      (_, index) => said(index + 1, "ä".repeat(random(90))),
    );
    const bytes = new TextEncoder().encode(texts.join(""));
    using file = new FollowedFile(path);
    const seen: (number | string)[] = [];
    for (let at = 0; at < bytes.length;) {
      const end = at + 1 + random(400);
      Deno.writeFileSync(path, bytes.subarray(at, end), { append: true });
      at = end;
      seen.push(...await look(file));
    }
    assertEquals(seen, texts.map((_, index) => index + 1));
  });
});

Deno.test("FollowedFile begins anew when the file is cut off, overwritten or replaced", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    const changes: Record<string, () => void> = {
      "cut to nothing": () => Deno.truncateSync(path, 0),
      "cut in the middle": () => Deno.truncateSync(path, said(1).length),
      shorter: () => Deno.writeTextFileSync(path, said(8)),
      longer: () => Deno.writeTextFileSync(path, said(7) + said(8) + said(9) + said(10)),
      replaced: () => {
        Deno.writeTextFileSync(`${path}.new`, said(1) + said(2) + said(3));
        Deno.renameSync(`${path}.new`, path);
      },
    };
    const expected: Record<string, number[]> = {
      "cut to nothing": [],
      "cut in the middle": [1],
      shorter: [8],
      longer: [7, 8, 9, 10],
      replaced: [1, 2, 3],
    };
    for (const [name, change] of Object.entries(changes)) {
      Deno.writeTextFileSync(path, said(1) + said(2) + said(3).slice(0, 9));
      let restarts = 0;
      using file = new FollowedFile(path, { onRestart: () => restarts++ });
      assertEquals(await look(file), [1, 2], name);
      change();
      assertEquals([await look(file), restarts], [expected[name]!, 1], name);
      append(path, said(11));
      assertEquals(await look(file), [11], name);
    }
  });
});

Deno.test("FollowedFile gives the end of a file that was moved away, then the new one", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    append(path, said(1));
    using file = new FollowedFile(path);
    assertEquals(await look(file), [1]);
    append(path, said(2));
    Deno.renameSync(path, `${path}.old`);
    assertEquals(await look(file), [2]);
    append(`${path}.old`, said(3));
    append(path, said(4));
    assertEquals(await look(file), [3, 4]);
  });
});

Deno.test("FollowedFile starts where it is told, and notices that this place is gone", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    append(path, said(1), said(2));
    const offset = said(1).length;
    using file = new FollowedFile(path, { offset });
    assertEquals(await look(file), [2]);
    Deno.writeTextFileSync(path, "\n");
    using short = new FollowedFile(path, { offset });
    assertEquals(await look(short), []);
    append(path, said(3));
    assertEquals(await look(short), [3]);
  });
});

Deno.test("FollowedFile says what cannot be read, and goes on behind it", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    append(path, said(1), "nonsense\n", "12\n", said(2));
    using file = new FollowedFile(path);
    const [first, json, shape, second] = await look(file);
    assertEquals([first, shape, second], [1, "not an object", 2]);
    assert(String(json).includes("JSON"), String(json));
  });
});

Deno.test("FollowedFile.rest is the last line without its newline, if it can be read", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    append(path, said(1), said(2).trimEnd());
    using file = new FollowedFile(path);
    assertEquals(await look(file), [1]);
    assertEquals(file.rest()?.event?.seq, 2);
    assertEquals(file.rest(), undefined);
    append(path, "\n", said(3).slice(0, 50));
    using torn = new FollowedFile(path);
    assertEquals([await look(torn), torn.rest()], [[1, 2], undefined]);
  });
});
