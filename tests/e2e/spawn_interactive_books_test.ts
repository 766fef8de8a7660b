/** Sessions that take messages, when what they keep on the disk is in the way or was left behind. */
import { DatabaseSync } from "node:sqlite";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import {
  echo,
  held,
  HOLD,
  nothingLeft,
  release,
  said,
  send,
  spawnInteractive,
} from "./interactive_support.ts";
import { lastSent, withOllama } from "./ollama_support.ts";
import { endOf, inCharge, kill9, runOf } from "./spawn_support.ts";
import { inHome, leftovers, waitFor } from "./support.ts";

/** Makes the index refuse some changes from now on. */
function refuse(home: TestHome, change: string): void {
  using db = new DatabaseSync(`${home.path}/.zag/zag.db`, { timeout: 10_000 });
  const raise = "BEGIN SELECT RAISE(ABORT, 'no room'); END";
  db.exec(`CREATE TRIGGER refusal BEFORE UPDATE OF ${change} ${raise}`);
}

function allow(home: TestHome): void {
  using db = new DatabaseSync(`${home.path}/.zag/zag.db`, { timeout: 10_000 });
  db.exec("DROP TRIGGER refusal");
}

async function spawnLog(home: TestHome, id: string): Promise<string> {
  return await Deno.readTextFile(`${home.path}/.zag/logs/spawn/${id}.log`);
}

Deno.test(
  "spawn --interactive answers although the index does not take that it is at work, and says so once",
  inHome(async (home) => {
    const id = await spawnInteractive(home);
    await send(home, id, "one");
    refuse(home, "heartbeat_at ON sessions");
    for (const text of ["two", "three"]) {
      assertEquals((await send(home, id, text)).answer?.result, text);
    }
    allow(home);
    const warnings = (await spawnLog(home, id)).match(/not fully recorded: .*no room/g);
    assertEquals(warnings?.length, 1);
    await home.zag(["cancel", id]);
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "spawn --interactive gives a turn's answer although the index does not take that its agent is gone",
  withOllama({
    answer: (body) => ({ text: [body.messages.at(-1).content] }),
  }, async ({ home, server, zag }) => {
    const id = (await zag(["spawn", "-I", "one"])).stdout.trim();
    assertEquals((await send(home, id, "two")).answer?.result, "two");
    refuse(home, "agent_pid ON processes WHEN NEW.agent_pid IS NULL");
    assertEquals((await send(home, id, "three")).answer?.result, "three");
    assertEquals((await send(home, id, "four")).answer?.result, "four");
    allow(home);
    assertEquals(lastSent(server).filter((line) => line.startsWith("user")).length, 4);
    assertEquals(await said(home, id, ["user_event"]), []);
    await home.zag(["cancel", id]);
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "spawn --interactive goes on when it cannot log what it does not take",
  inHome(async (home) => {
    const id = await spawnInteractive(home);
    await send(home, id, "one");
    const [path] = await home.logPaths();
    await Deno.rename(path!, `${path}.aside`);
    await Deno.mkdir(path!);
    await echo(home, id, '{"content":7}\n');
    assertEquals((await send(home, id, "two")).answer?.result, "two");
    await Deno.remove(path!);
    await Deno.rename(`${path}.aside`, path!);
    assertMatch(await spawnLog(home, id), /not fully recorded[^]*A message was not taken/);
    assertEquals((await send(home, id, "three")).answer?.result, "three");
    await home.zag(["cancel", id]);
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "spawn --interactive goes on when a message that waits for its turn is lost, and names it",
  inHome(async (home) => {
    const id = await spawnInteractive(home, ["first"], [HOLD, { do: "echo" }]);
    await held(home);
    await send(home, id, "lost", { awaitAnswer: false });
    await Deno.remove(`${home.path}/.zag/temp/${runOf(home, id).id}/queue/000000001`);
    await release(home);
    assertEquals((await send(home, id, "next")).answer?.result, "next");
    assertMatch((await said(home, id, ["user_event"])).join(), /not taken: .*000000001/);
    await home.zag(["cancel", id]);
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "spawn --interactive whose zag is killed leaves the messages that it took, and the next zag logs them",
  inHome(async (home) => {
    const id = await spawnInteractive(home, ["first"], [HOLD]);
    await held(home);
    await send(home, id, "one", { awaitAnswer: false });
    await send(home, id, "two ".repeat(1000), { awaitAnswer: false });
    await echo(home, id, "from a shell\n");
    const queue = `${home.path}/.zag/temp/${runOf(home, id).id}/queue`;
    await waitFor("the third", () => [...Deno.readDirSync(queue)].length === 3 || undefined);
    await kill9(await inCharge(home, id));
    assertEquals((await home.zag(["status", id])).stdout, "dead\n");
    const notes = await said(home, id, ["user_event"]);
    const why = "user: Not answered, because its zag was killed: ";
    assertEquals([notes[0], notes[2]], [`${why}one`, `${why}from a shell`]);
    assert(notes[1]!.startsWith(`${why}two two`) && notes[1]!.endsWith("..."), notes[1]);
    assertEquals(notes.length, 3);
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "spawn --interactive names the message first in whose turn it was cancelled",
  inHome(async (home) => {
    const id = await spawnInteractive(home, [], [HOLD]);
    await send(home, id, "in its turn", { awaitAnswer: false });
    await held(home);
    await send(home, id, "behind", { awaitAnswer: false });
    await home.zag(["cancel", id]);
    const why = "user: Not answered, because the session has ended: ";
    assertEquals(await said(home, id, ["user_event"]), [`${why}in its turn`, `${why}behind`]);
    await nothingLeft(home, id);
    assertEquals(await leftovers(home), []);
  }),
);

Deno.test(
  "spawn --interactive keeps messages that wait on the disk, not in memory",
  inHome(async (home) => {
    const id = await spawnInteractive(home, ["first"], [HOLD, { do: "echo" }]);
    await held(home);
    const zag = await inCharge(home, id);
    const large = "x".repeat(15 * 1024 * 1024);
    const before = peakOf(zag);
    for (let n = 0; n < 8; n++) await send(home, id, large, { awaitAnswer: false });
    const grown = peakOf(zag) - before;
    assert(grown < 60, `${grown} MiB for 120 MiB of messages`);
    await home.zag(["cancel", id]);
    await nothingLeft(home, id);
  }),
);

/** The most memory that a process has had, in MiB. */
function peakOf(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmHWM:\s*(\d+)/m.exec(status)![1]) / 1024;
}

Deno.test(
  "spawn --interactive is cancelled although somebody has put another pipe in the place of its own",
  inHome(async (home) => {
    const id = await spawnInteractive(home);
    await send(home, id, "one");
    const pipe = `${home.path}/.zag/fifos/${id}`;
    await Deno.remove(pipe);
    await new Deno.Command("mkfifo", { args: [pipe] }).output();
    const { stdout } = await home.zag(["cancel", id]);
    assertStringIncludes(stdout, "cancelled");
    assertEquals(endOf(home, id)[0], "killed");
    await nothingLeft(home, id);
    assertEquals(await leftovers(home), []);
  }),
);

Deno.test(
  "spawn --interactive takes messages although somebody holds a lock beside them",
  inHome(async (home) => {
    const id = await spawnInteractive(home);
    const path = `${home.path}/.zag/temp/${runOf(home, id).id}/writers.lock`;
    using file = await Deno.open(path, { write: true, create: true });
    await file.lock(true);
    assertEquals((await send(home, id, "one")).answer?.result, "one");
    await home.zag(["cancel", id]);
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "spawn --interactive says of a line of blanks that it is empty, and nothing of one without anything",
  inHome(async (home) => {
    const id = await spawnInteractive(home);
    await echo(home, id, "\n  \n");
    await send(home, id, "one");
    assertEquals(await said(home, id, ["user_event"]), [
      "user: A message was not taken: it is empty",
    ]);
    await home.zag(["cancel", id]);
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "cancel and ps kill end a session that takes messages, or waits for others, though its zag is suspended",
  inHome(async (home) => {
    const worker = await spawnInteractive(home);
    await send(home, worker, "one");
    const waits = await home.zag(["spawn", "-p", "mock", "--depends-on", worker, "next"]);
    const waiting = waits.stdout.trim();
    for (const [id, ...how] of [[waiting, "cancel"], [worker, "ps", "kill"]]) {
      Deno.kill(await inCharge(home, id!), "SIGSTOP");
      const { code, stderr } = await home.zag([...how, id!]);
      assertEquals([code, stderr], [0, ""]);
      assertEquals(endOf(home, id!)[0], "killed");
    }
    await nothingLeft(home, worker);
    assertEquals(await leftovers(home), []);
  }),
);
