import { join } from "node:path";
import {
  followLog,
  type FollowOptions,
  type SeenLog,
  type Writer,
} from "../../../src/sessions/follow/follow_log.ts";
import { LogNotFoundError } from "../../../src/sessions/log_reader.ts";
import { assertEquals, assertRejects } from "../../support/assert.ts";
import { AT, inTemp } from "../support.ts";
import { append, ended, said, started } from "./support.ts";

/** Ends a log as soon as the newest run in it has ended. */
const untilEnd = ({ endedAt }: SeenLog): Writer => endedAt === undefined ? "working" : "ended";

interface Followed {
  /** The next events' numbers, as soon as there are any; at the end, why it ended. */
  next(): Promise<number[] | Writer>;
  /** All numbers that are still to come, and why it ended. */
  rest(): Promise<{ seqs: number[]; end: Writer }>;
}

function follow(path: string, options: Partial<FollowOptions> = {}): Followed {
  const lines = followLog({ path, writer: untilEnd, ...options });
  const next = async () => {
    const { done, value } = await lines.next();
    return done ? value : value.map(({ event }) => event?.seq ?? -1);
  };
  return {
    next,
    async rest() {
      const seqs: number[] = [];
      for (;;) {
        const value = await next();
        if (typeof value === "string") return { seqs, end: value };
        seqs.push(...value);
      }
    },
  };
}

Deno.test("followLog gives a log that has ended, also when it was gone on with", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    append(path, started(1), said(2), ended(3), started(4), said(5), ended(6));
    assertEquals(await follow(path).rest(), { seqs: [1, 2, 3, 4, 5, 6], end: "ended" });
  });
});

Deno.test("followLog gives what comes behind the end, if it is there", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    append(path, started(1), ended(2), said(3));
    assertEquals(await follow(path).rest(), { seqs: [1, 2, 3], end: "ended" });
  });
});

Deno.test("followLog gives lines as they are written", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    append(path, started(1));
    const followed = follow(path);
    assertEquals(await followed.next(), [1]);
    for (let seq = 2; seq < 20; seq++) {
      const next = followed.next();
      append(path, said(seq));
      assertEquals(await next, [seq]);
    }
    append(path, ended(20));
    assertEquals(await followed.rest(), { seqs: [20], end: "ended" });
  });
});

Deno.test("followLog gives a line that arrives in two halves once, and whole", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    append(path, started(1));
    const followed = follow(path);
    assertEquals(await followed.next(), [1]);
    const next = followed.next();
    append(path, said(2).slice(0, 60));
    append(path, said(2).slice(60));
    assertEquals(await next, [2]);
    append(path, ended(3).slice(0, 60));
    append(path, ended(3).slice(60));
    assertEquals(await followed.rest(), { seqs: [3], end: "ended" });
  });
});

Deno.test("followLog waits for a log whose directory is not there yet", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "a", "b", "log.jsonl");
    const asked = Promise.withResolvers<void>();
    const followed = follow(path, {
      writer(seen) {
        asked.resolve();
        return untilEnd(seen);
      },
    });
    const next = followed.next();
    await asked.promise;
    Deno.mkdirSync(join(dir, "a", "b"), { recursive: true });
    append(path, started(1));
    assertEquals(await next, [1]);
    append(path, ended(2));
    assertEquals(await followed.rest(), { seqs: [2], end: "ended" });
  });
});

Deno.test("followLog gives nothing twice when the log is cut off, replaced or begun anew", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    append(path, started(1), said(2));
    const followed = follow(path);
    assertEquals(await followed.next(), [1, 2]);
    let next = followed.next();
    Deno.writeTextFileSync(path, started(1) + said(2) + said(3));
    assertEquals(await next, [3]);
    next = followed.next();
    Deno.writeTextFileSync(`${path}.new`, started(1) + said(2) + said(3) + said(4));
    Deno.renameSync(`${path}.new`, path);
    assertEquals(await next, [4]);
    next = followed.next();
    const later = Date.parse(AT) + 1000;
    Deno.writeTextFileSync(path, said(1, "anew", later));
    assertEquals(await next, [1]);
    append(path, said(2, "on", later + 1), ended(5));
    assertEquals(await followed.rest(), { seqs: [2, 5], end: "ended" });
  });
});

Deno.test("followLog waits for a run that is known to begin behind the end of the last", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    append(path, started(1), ended(2));
    const seen: (string | undefined)[] = [];
    const asked = Promise.withResolvers<void>();
    const followed = follow(path, {
      writer({ endedAt }) {
        seen.push(endedAt);
        asked.resolve();
        return endedAt !== undefined && seen.length > 1 ? "ended" : "working";
      },
    });
    assertEquals(await followed.next(), [1, 2]);
    const next = followed.next();
    await asked.promise;
    append(path, started(3));
    assertEquals(await next, [3]);
    append(path, ended(4));
    assertEquals(await followed.rest(), { seqs: [4], end: "ended" });
    assertEquals(seen[0], new Date(Date.parse(AT) + 2).toISOString());
  });
});

Deno.test("followLog still gives what is written while it is told that nobody writes", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    append(path, started(1));
    let asked = 0;
    const followed = follow(path, {
      writer() {
        if (asked++ === 0) append(path, ended(2, false));
        return "dead";
      },
    });
    assertEquals(await followed.rest(), { seqs: [1, 2], end: "dead" });
  });
});

Deno.test("followLog ends without an end in the log, with a last line that lacks its newline", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    append(path, started(1), said(2).trimEnd());
    const followed = follow(path, { writer: () => "ended" });
    assertEquals(await followed.rest(), { seqs: [1, 2], end: "ended" });
  });
});

Deno.test("followLog refuses a log that is not there and that nobody writes", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    await assertRejects(() => follow(path, { writer: () => "ended" }).rest(), LogNotFoundError);
    assertEquals(await follow(path, { writer: () => "deleted" }).rest(), {
      seqs: [],
      end: "deleted",
    });
  });
});

Deno.test("followLog ends with its signal while it waits", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    append(path, started(1));
    const abort = new AbortController();
    const followed = follow(path, { signal: abort.signal });
    assertEquals(await followed.next(), [1]);
    const next = followed.next();
    abort.abort();
    assertEquals(await next, "working");
  });
});

Deno.test("followLog begins with the last events that count, and follows from there", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    append(path, started(1), said(2), ended(3), started(4), said(5), said(6), said(7).slice(0, 20));
    const counts = (type: string) => type === "assistant_message";
    const followed = follow(path, { tail: { count: 3, counts } });
    assertEquals(await followed.next(), [2, 3, 4, 5, 6]);
    const next = followed.next();
    append(path, said(7).slice(20));
    assertEquals(await next, [7]);
    append(path, ended(8));
    assertEquals(await followed.rest(), { seqs: [8], end: "ended" });
    assertEquals((await follow(path, { tail: { count: 1, counts } }).rest()).seqs, [7, 8]);
  });
});

Deno.test("followLog with a tail of 0 gives only what is still to come", async () => {
  await inTemp(async (dir) => {
    const path = join(dir, "log.jsonl");
    append(path, started(1), said(2));
    const asked = Promise.withResolvers<void>();
    const tail = { count: 0, counts: () => true };
    const followed = follow(path, {
      tail,
      writer(seen) {
        asked.resolve();
        return untilEnd(seen);
      },
    });
    const next = followed.next();
    await asked.promise;
    append(path, ended(3));
    assertEquals(await next, [3]);
    assertEquals(await followed.next(), "ended");
    assertEquals(await follow(path, { tail }).rest(), { seqs: [], end: "ended" });
  });
});
