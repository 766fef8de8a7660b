/** `zag input --close`: the good end of sessions that take messages. */
import { assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import {
  echo,
  held,
  HOLD,
  listens,
  nothingLeft,
  release,
  said,
  send,
  spawnInteractive,
} from "./interactive_support.ts";
import { lastSent, withOllama } from "./ollama_support.ts";
import { ended, endOf, runOf } from "./spawn_support.ts";
import { inHome, leftovers, waitFor } from "./support.ts";

Deno.test(
  "input --close ends a session when it has answered what was sent before, as a success",
  inHome(async (home) => {
    const id = await spawnInteractive(home, ["first"], [HOLD, { do: "echo" }]);
    await held(home);
    await send(home, id, "second", { awaitAnswer: false });
    const closed = await home.zag(["input", "--session", id, "--close"]);
    assertEquals([closed.code, closed.stdout, closed.stderr], [0, "", ""]);
    await assertRejects(() => send(home, id, "late"), Error, "asked to end");
    await echo(home, id, "late, too\n");
    await waitFor(
      "the note",
      async () => (await said(home, id, ["user_event"])).length === 2 || undefined,
    );
    assertEquals((await home.zag(["input", "--session", id, "--close"])).code, 0);
    assertEquals(listens(home, id), true);
    await release(home);
    assertEquals(await ended(home, id), 0);
    assertEquals([endOf(home, id), runOf(home, id).status], [["success", null], "exited"]);
    assertEquals(await said(home, id), [
      "user: first",
      "assistant: first",
      "user: second",
      "assistant: second",
    ]);
    assertEquals((await home.zag(["output", id])).stdout, "second\n");
    await nothingLeft(home, id);
    assertEquals(await leftovers(home), []);
    const again = await home.zag(["input", "--session", id, "--close"]);
    assertEquals(again.code, 1);
    assertStringIncludes(again.stderr, `Cannot close session "${id}"`);
  }),
);

Deno.test(
  "input --close MESSAGE sends the last message, and a session that depends on this one begins then",
  inHome(async (home) => {
    const id = await spawnInteractive(home, ["--name", "w"]);
    const args = ["spawn", "-p", "mock", "--depends-on", "w", "--inject-context", "go"];
    const after = (await home.zag(args)).stdout.trim();
    const last = await home.zag(["input", "--name", "w", "-o", "text", "--close", "last"]);
    assertEquals([last.code, last.stdout], [0, "last\n"]);
    assertEquals(await ended(home, id, after), 0);
    assertStringIncludes((await home.zag(["output", after])).stdout, "last");
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "a line that says close ends a session well that never got a message, or whose agent is started anew",
  withOllama({
    answer: (body) => ({ text: [body.messages.at(-1).content] }),
  }, async ({ home, server, zag }) => {
    for (const messages of [[], ["one", "two"]]) {
      const id = (await zag(["spawn", "-I"])).stdout.trim();
      for (const text of messages) await send(home, id, text);
      await echo(home, id, '{"type":"close"}\n');
      assertEquals(await ended(home, id), 0);
      assertEquals(endOf(home, id), ["success", null]);
      await nothingLeft(home, id);
    }
    assertEquals(lastSent(server).at(-1), "user: two");
  }),
);
