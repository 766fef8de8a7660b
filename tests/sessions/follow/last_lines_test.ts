import { join } from "node:path";
import { chosenLines, lastLines } from "../../../src/sessions/follow/last_lines.ts";
import { LogNotFoundError } from "../../../src/sessions/log_reader.ts";
import { assertEquals, assertRejects } from "../../support/assert.ts";
import { append, ended, said, started } from "./support.ts";
import { inTemp } from "../support.ts";

const all = () => true;

async function last(path: string, count: number, wants = (_: string, __: number) => true) {
  const { lines, offset } = await lastLines(path, count, { wants });
  return { seqs: lines.map(({ event }) => event!.seq), offset };
}

Deno.test("lastLines gives the last events in their order, and where the log goes on", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    append(path, started(1), said(2), "nonsense\n\n", said(3), ended(4));
    const { size } = Deno.statSync(path);
    assertEquals(await last(path, 2), { seqs: [3, 4], offset: size });
    assertEquals(await last(path, 3), { seqs: [2, 3, 4], offset: size });
    assertEquals(await last(path, 99), { seqs: [1, 2, 3, 4], offset: size });
    assertEquals(await last(path, 0), { seqs: [], offset: size });
    assertEquals((await last(path, 1, (type) => type === "assistant_message")).seqs, [3]);
    assertEquals((await last(path, 9, (_, seq) => seq > 1 && seq < 4)).seqs, [2, 3]);
  });
});

Deno.test("lastLines gives what is wanted besides those that count", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    append(path, started(1), said(2), ended(3), started(4), said(5), ended(6));
    const counts = (type: string) => type === "assistant_message";
    const { lines } = await lastLines(path, 2, { wants: all, counts });
    assertEquals(lines.map(({ event }) => event!.seq), [2, 3, 4, 5, 6]);
  });
});

Deno.test("lastLines leaves half a line to whoever goes on", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    append(path, said(1), said(2), said(3).slice(0, 40));
    assertEquals(await last(path, 1), { seqs: [2], offset: said(1).length * 2 });
    Deno.writeTextFileSync(path, said(1) + said(2).trimEnd());
    assertEquals(await last(path, 1), { seqs: [2], offset: said(1).length * 2 - 1 });
    Deno.writeTextFileSync(path, said(1).slice(0, 10));
    assertEquals(await last(path, 1), { seqs: [], offset: 0 });
    Deno.writeTextFileSync(path, "");
    assertEquals(await last(path, 1), { seqs: [], offset: 0 });
  });
});

Deno.test("lastLines finds the same as reading the whole log, lines longer than a read included", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    const lengths = [10, 70_000, 5, 200_000, 64 * 1024, 3, 3, 65_400, 12, 130_000, 1, 1];
    append(path, ...lengths.map((length, index) => said(index + 1, "ü".repeat(length))));
    const { size } = Deno.statSync(path);
    for (let count = 0; count <= lengths.length + 1; count++) {
      const seqs = lengths.map((_, index) => index + 1).slice(Math.max(0, lengths.length - count));
      assertEquals(await last(path, count), { seqs: count === 0 ? [] : seqs, offset: size });
    }
  });
});

Deno.test("chosenLines gives what is wanted and what cannot be read, or the last of it", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    append(path, started(1), said(2), "nonsense\n", said(3), ended(4).trimEnd());
    const chosen = async (wants: (type: string, seq: number) => boolean, last?: number) => {
      const lines = [];
      for await (const batch of chosenLines(path, { wants, last })) lines.push(...batch);
      return lines.map(({ event }) => event?.seq);
    };
    assertEquals(await chosen(all), [1, 2, undefined, 3, 4]);
    assertEquals(await chosen((type) => type === "session_ended"), [undefined, 4]);
    assertEquals(await chosen((_, seq) => seq < 3, 1), [2]);
  });
});

Deno.test("lastLines and chosenLines refuse a log that is not there", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    await assertRejects(() => last(path, 1), LogNotFoundError);
    await assertRejects(() => chosenLines(path, { wants: all }).next(), LogNotFoundError);
  });
});
