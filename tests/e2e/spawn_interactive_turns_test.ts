/** Sessions that take messages, with an agent that is started anew for each of them. */
import { assertEquals, assertMatch, assertRejects } from "../support/assert.ts";
import type { OllamaRequest } from "../support/ollama_server.ts";
import { nothingLeft, said, send } from "./interactive_support.ts";
import { lastSent, type OllamaHome, withOllama } from "./ollama_support.ts";
import { ended, endOf, inCharge, kill9, rowOf, runOf } from "./spawn_support.ts";
import { isAlive, leftovers, waitFor } from "./support.ts";

async function spawnOllama({ zag }: OllamaHome, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await zag(["spawn", "-I", ...args]);
  assertEquals([code, stderr], [0, ""]);
  return stdout.trim();
}

/** What the person said last, and how it is answered. */
function lastOf(body: OllamaRequest["body"]): string {
  return body.messages.at(-1).content;
}

Deno.test(
  "spawn --interactive with an agent that takes one message remembers what was said before",
  withOllama({ answer: (body) => ({ text: [lastOf(body)] }) }, async (ollama) => {
    const { home, server } = ollama;
    const id = await spawnOllama(ollama, "one");
    assertEquals((await send(home, id, "two")).answer?.result, "two");
    assertEquals((await send(home, id, "three")).answer?.events.at(-1)?.type, "result");
    const before = ["user: one", "assistant: one", "user: two", "assistant: two"];
    assertEquals(lastSent(server), [...before, "user: three"]);
    assertEquals(await said(home, id), [...before, "user: three", "assistant: three"]);
    const { agent_pid, owner_pid, status } = runOf(home, id);
    assertEquals([agent_pid, status], [null, "running"]);
    const list = await home.zag(["ps", "list", "--json"]);
    assertEquals(JSON.parse(list.stdout).map(({ pid }: { pid: number }) => pid), [owner_pid]);
    assertEquals((await leftovers(home, 0)).length, 1);
    await home.zag(["cancel", id, "--reason", "enough"]);
    assertEquals(endOf(home, id), ["killed", "cancelled: enough"]);
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "spawn --interactive sends files with the first message only, and goes on after one that failed",
  withOllama({
    answer: (body, index) =>
      index === 1 ? { status: 500, error: "boom" } : { text: [lastOf(body)] },
  }, async (ollama) => {
    const { home, server } = ollama;
    await Deno.writeTextFile(`${home.work}/notes.md`, "CONTENT-OF-NOTES");
    const id = await spawnOllama(ollama, "--file", "notes.md", "--name", "n", "--tag", "t");
    assertMatch((await send(home, id, "one")).answer!.result!, /CONTENT-OF-NOTES[^]*one/);
    assertEquals(await said(home, id, ["user_message"]), ["user: one"]);
    assertEquals((await home.zag(["session", "update", id, "--name", "other"])).code, 0);
    assertEquals((await send(home, id, "two")).answer?.is_error, true);
    assertEquals((await send(home, id, "three")).answer?.result, "three");
    assertEquals(lastSent(server).at(-1), "user: three");
    assertEquals([rowOf(home, id).name, rowOf(home, id).tags], ["other", '["t"]']);
    await home.zag(["cancel", id]);
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "spawn --interactive ends between turns for a signal, ps kill, a result, ps stop and --timeout",
  withOllama({ answer: (body) => ({ text: [lastOf(body)] }) }, async (ollama) => {
    const { home } = ollama;
    const ps = (...args: string[]) => (id: string) =>
      home.zag(["ps", args[0]!, String(runOf(home, id).id), ...args.slice(1)]);
    const ways: [(id: string) => unknown, string[], string, RegExp][] = [
      [async (id) => Deno.kill(await inCharge(home, id), "SIGTERM"), [], "interrupted", /SIGTERM/],
      [ps("kill"), [], "killed", /zag ps kill/],
      [ps("kill", "the result"), [], "success", /^null$/],
      [ps("stop"), [], "killed", /zag ps stop/],
      [() => {}, ["--timeout", "10s"], "timeout", /10s/],
    ];
    for (const [end, args, outcome, error] of ways) {
      const id = await spawnOllama(ollama, ...args);
      assertEquals((await send(home, id, "one")).answer?.result, "one");
      await end(id);
      await ended(home, id);
      const [was, why] = endOf(home, id);
      assertEquals(was, outcome);
      assertMatch(String(why), error);
      await nothingLeft(home, id);
    }
  }),
);

Deno.test(
  "spawn --interactive that is killed in a turn or cancelled in one leaves no agent",
  withOllama({ answer: () => ({ text: ["never "], then: "hang" }) }, async (ollama) => {
    const { home } = ollama;
    for (const end of ["kill -9", "cancel", "--timeout"]) {
      const id = await spawnOllama(ollama, ...end === "--timeout" ? [end, "10s"] : []);
      const failing = assertRejects(() => send(home, id, "one"), Error, "ended before");
      const agent = await waitFor("the agent", () => runOf(home, id).agent_pid ?? undefined);
      if (end === "kill -9") await kill9(await inCharge(home, id));
      if (end === "cancel") await home.zag(["cancel", id]);
      await failing;
      await ended(home, id);
      assertEquals(endOf(home, id)[0], { "kill -9": "dead", cancel: "killed" }[end] ?? "timeout");
      assertEquals(await isAlive(Number(agent)), false);
      await nothingLeft(home, id);
    }
  }),
);
