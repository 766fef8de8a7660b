import { zagPaths } from "../../src/config/paths.ts";
import { Ticket } from "../../src/orchestration/turn_queue.ts";
import { announceWaiting, isHeldUpBy, untilHeldUpBy } from "../../src/sessions/waiting.ts";
import { assertEquals } from "../support/assert.ts";

const [A, B, C] = ["session-a", "session-b", "session-c"] as const;

async function inHome(test: (paths: ReturnType<typeof zagPaths>) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    await test(zagPaths({ get: (name) => name === "ZAG_HOME" ? home : undefined }));
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("isHeldUpBy() follows who sends to whom through all queues", () =>
  inHome(async (paths) => {
    assertEquals(isHeldUpBy(paths, A, B), false);
    using _one = await Ticket.take(paths, B, A);
    assertEquals(isHeldUpBy(paths, A, B), true);
    assertEquals(isHeldUpBy(paths, B, A), false);
    {
      using _two = await Ticket.take(paths, C, B);
      assertEquals(isHeldUpBy(paths, A, C), true);
      using _three = await Ticket.take(paths, A, C);
      assertEquals(isHeldUpBy(paths, B, A), true, "also around in a circle");
      assertEquals(isHeldUpBy(paths, "nobody", A), false);
    }
    assertEquals(isHeldUpBy(paths, A, C), false, "what is given up does not count");
    using _person = await Ticket.take(paths, A, undefined);
    assertEquals(isHeldUpBy(paths, B, A), false);
  }));

Deno.test("announceWaiting() counts as long as it is not disposed, together with the queues", () =>
  inHome(async (paths) => {
    using _ticket = await Ticket.take(paths, C, B);
    {
      using _waiting = announceWaiting(paths, A, [A, B]);
      assertEquals(isHeldUpBy(paths, A, B), true);
      assertEquals(isHeldUpBy(paths, A, C), true);
      assertEquals(isHeldUpBy(paths, B, A), false);
    }
    assertEquals(isHeldUpBy(paths, A, B), false);
    assertEquals(announceWaiting(paths, undefined, [B]), undefined, "a person");
    assertEquals(announceWaiting(paths, A, [A]), undefined, "nobody waits for itself");
  }));

Deno.test("isHeldUpBy() passes over those whose process is gone, and removes what they left", () =>
  inHome(async (paths) => {
    Deno.mkdirSync(paths.queues, { recursive: true });
    const path = `${paths.queues}/waits-${crypto.randomUUID()}`;
    const dead = { pid: 2 ** 22 + 1, start: "proc:00000000:1", from: A, to: [B] };
    Deno.writeTextFileSync(path, JSON.stringify(dead));
    assertEquals(isHeldUpBy(paths, A, B), false);
    assertEquals([...Deno.readDirSync(paths.queues)], []);
    await Promise.resolve();
  }));

Deno.test("untilHeldUpBy() hears of whoever begins to wait, and ends when it is told to", () =>
  inHome(async (paths) => {
    const ending = new AbortController();
    const found = untilHeldUpBy(paths, A, B, ending);
    using _waiting = announceWaiting(paths, A, [B]);
    assertEquals(await found, true);
    const never = untilHeldUpBy(paths, B, A, ending);
    ending.abort();
    assertEquals(await never, false);
  }));
