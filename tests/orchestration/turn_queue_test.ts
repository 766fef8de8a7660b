import { zagPaths } from "../../src/config/paths.ts";
import { Ticket } from "../../src/orchestration/turn_queue.ts";
import { assertEquals } from "../support/assert.ts";

const [A, B] = ["session-a", "session-b"] as const;

async function inHome(test: (paths: ReturnType<typeof zagPaths>) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    await test(zagPaths({ get: (name) => name === "ZAG_HOME" ? home : undefined }));
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

/** Entries of a directory, if there is one. */
function entries(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  } catch {
    return [];
  }
}

Deno.test("Ticket.take() gives places in the order of the calls, one queue for each session", () =>
  inHome(async (paths) => {
    const tickets = [];
    for (let index = 0; index < 12; index++) tickets.push(await Ticket.take(paths, A, undefined));
    using other = await Ticket.take(paths, B, undefined);
    assertEquals(other.isFirst(), true);
    while (tickets.length > 0) {
      assertEquals(
        tickets.map((ticket) => ticket.isFirst()),
        tickets.map((_, index) => index === 0),
      );
      tickets.shift()![Symbol.dispose]();
    }
  }));

Deno.test("Ticket.take() never gives a number twice, also when nobody has one any more", () =>
  inHome(async (paths) => {
    const first = await Ticket.take(paths, A, undefined);
    const [number] = entries(paths.queue(A));
    first[Symbol.dispose]();
    assertEquals(entries(paths.queue(A)), []);
    assertEquals(entries(paths.queues), ["lock", "next"], "nothing of the session is left");
    using _again = await Ticket.take(paths, A, undefined);
    assertEquals(entries(paths.queue(A)).every((name) => name > number!), true);
  }));

Deno.test("Ticket.isFirst() passes over tickets of processes that are gone, and removes them", () =>
  inHome(async (paths) => {
    Deno.mkdirSync(paths.queue(A), { recursive: true });
    const dead = { pid: 2 ** 22 + 1, start: "proc:00000000:1", from: null };
    Deno.writeTextFileSync(`${paths.queue(A)}/000000000001`, JSON.stringify(dead));
    Deno.writeTextFileSync(`${paths.queue(A)}/000000000002`, "");
    // This number belongs to another process now.
    const reused = { pid: Deno.pid, start: "proc:00000000:1", from: null };
    Deno.writeTextFileSync(`${paths.queue(A)}/000000000003`, JSON.stringify(reused));
    using ticket = await Ticket.take(paths, A, undefined);
    assertEquals(ticket.isFirst(), true);
    assertEquals(entries(paths.queue(A)), ["000000000004"]);
  }));
