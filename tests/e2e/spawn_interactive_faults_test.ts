/** Sessions that take messages, when their zag is killed or does nothing. */
import { DatabaseSync } from "node:sqlite";
import { SendError } from "../../src/orchestration/send_message.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import {
  held,
  HOLD,
  listens,
  nothingLeft,
  pipeOf,
  release,
  said as saidIn,
  send,
  sender,
  spawnInteractive,
} from "./interactive_support.ts";
import { Output } from "./follow_support.ts";
import { endOf, exists, inCharge, kill9, runOf } from "./spawn_support.ts";
import { inHome, isAlive, leftovers, waitFor } from "./support.ts";

Deno.test(
  "spawn --interactive whose zag is killed in a turn fails its senders, and the next zag tidies up",
  inHome(async (home) => {
    const id = await spawnInteractive(home, ["first"], [HOLD]);
    await held(home);
    const agent = Number(runOf(home, id).agent_pid);
    const { promise: isTaken, resolve: taken } = Promise.withResolvers<void>();
    const awaited = assertRejects(
      () => send(home, id, "one", { taken }),
      SendError,
      "ended before",
    );
    await isTaken;
    await send(home, id, "two", { awaitAnswer: false });
    await kill9(await inCharge(home, id));
    await awaited;
    assertEquals(listens(home, id), false);
    const error = await assertRejects(() => send(home, id, "three"), SendError, "zag is gone");
    assertStringIncludes(error.hint!, "zag exec --resume");
    assertEquals(exists(pipeOf(home, id)), false);
    assertEquals((await home.zag(["status", id])).stdout, "dead\n");
    assertEquals(await isAlive(agent), false);
    assertEquals(endOf(home, id)[0], "dead");
    await nothingLeft(home, id);
    assertEquals(await leftovers(home), []);
  }),
);

Deno.test(
  "spawn --interactive whose zag is killed between turns is tidied up with its agent and its pipe",
  inHome(async (home) => {
    const id = await spawnInteractive(home, []);
    await send(home, id, "one");
    const agent = Number(runOf(home, id).agent_pid);
    await kill9(await inCharge(home, id));
    assertEquals(exists(pipeOf(home, id)), true);
    assertEquals((await home.zag(["status", id])).stdout, "dead\n");
    assertEquals([exists(pipeOf(home, id)), await isAlive(agent)], [false, false]);
    const resumed = await home.zag(["exec", "--resume", id, "two"]);
    assertEquals([resumed.code, resumed.stdout], [0, "two\n"]);
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "spawn --interactive whose zag is killed before it takes a message fails the sender",
  inHome(async (home) => {
    const id = await spawnInteractive(home, []);
    await send(home, id, "one");
    const zag = await inCharge(home, id);
    Deno.kill(zag, "SIGSTOP");
    const sending = assertRejects(() => send(home, id, "two"), SendError, "its zag is gone");
    const temp = `${home.path}/.zag/temp`;
    await waitFor("the message", () => {
      const names = [...Deno.readDirSync(temp)].map(({ name }) => name);
      return names.some((name) => exists(`${temp}/${name}/message`)) || undefined;
    });
    await kill9(zag);
    await sending;
    assertEquals(await saidIn(home, id, ["user_message"]), ["user: one"]);
    await home.zag(["status", id]);
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "spawn --interactive whose zag is suspended does not let its senders wait for ever",
  inHome(async (home) => {
    const id = await spawnInteractive(home, []);
    await send(home, id, "one");
    const zag = await inCharge(home, id);
    Deno.kill(zag, "SIGSTOP");
    const error = await assertRejects(() => send(home, id, "two"), SendError, "suspended");
    assertStringIncludes(error.hint!, `kill -CONT ${zag}`);
    const over = new AbortController();
    const stopped = assertRejects(() => send(home, id, "three", { signal: over.signal }));
    const temp = `${home.path}/.zag/temp`;
    await waitFor("the message", () => [...Deno.readDirSync(temp)].length > 1 || undefined);
    over.abort(new Error("given up"));
    assertStringIncludes((await stopped as Error).message, "given up");
    Deno.kill(zag, "SIGCONT");
    assertEquals((await send(home, id, "four")).answer?.result, "four");
    assertEquals(await saidIn(home, id, ["user_message"]), ["user: one", "user: four"]);
    await home.zag(["cancel", id]);
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "spawn --interactive says while an answer is awaited that its zag is suspended",
  inHome(async (home) => {
    const id = await spawnInteractive(home, [], [HOLD]);
    const noted = Promise.withResolvers<string>();
    const over = new AbortController();
    const sending = assertRejects(() =>
      send(home, id, "one", { note: noted.resolve, signal: over.signal })
    );
    await held(home);
    const zag = await inCharge(home, id);
    Deno.kill(zag, "SIGSTOP");
    assertStringIncludes(await noted.promise, `kill -CONT ${zag}`);
    over.abort(new Error("given up"));
    await sending;
    Deno.kill(zag, "SIGCONT");
    await home.zag(["cancel", id]);
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "spawn --interactive answers a message whose sender was killed, and tidies up behind it",
  inHome(async (home) => {
    const id = await spawnInteractive(home, ["first"], [HOLD]);
    await held(home);
    const client = sender(home, id, ["orphan"], { SEND_DEBUG: "1" });
    const err = new Output(client.stderr);
    await err.waitFor("has taken the message");
    await kill9(client.pid);
    await Promise.all([err.rest(), client.stdout.cancel(), client.status]);
    await release(home);
    assertEquals((await send(home, id, "next")).answer?.result, "next");
    const said = ["user: orphan", "assistant: orphan", "user: next", "assistant: next"];
    assertEquals((await saidIn(home, id)).slice(-4), said);
    const files = () => [...Deno.readDirSync(`${home.path}/.zag/temp`)].length;
    await waitFor("the end of its files", () => files() === 1 || undefined);
    await home.zag(["cancel", id]);
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "spawn --interactive is idle between turns, running in one, and ended by an agent that is silent",
  inHome(async (home) => {
    const id = await spawnInteractive(home, ["--idle-timeout", "10s"], [{ do: "echo" }], [
      { do: "hang" },
    ]);
    await send(home, id, "one");
    const long = new Date(Date.now() - 60_000).toISOString();
    {
      using db = new DatabaseSync(`${home.path}/.zag/zag.db`, { timeout: 10_000 });
      db.prepare("UPDATE sessions SET heartbeat_at = ?, started_at = ?").run(long, long);
    }
    assertEquals((await home.zag(["status", id])).stdout, "idle\n");
    const hanging = assertRejects(() => send(home, id, "two"), SendError, "was silent for 10s");
    await waitFor(
      "the turn",
      async () => (await home.zag(["status", id])).stdout === "running\n" || undefined,
    );
    await hanging;
    assertEquals(endOf(home, id)[0], "timeout");
    await nothingLeft(home, id);
  }),
);
