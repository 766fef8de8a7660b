/** Messages to sessions of `zag spawn --interactive`. */
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { start } from "./follow_support.ts";
import { gate, open, said, sendsTo } from "./input_support.ts";
import { kill9 } from "./spawn_support.ts";
import { inHome, jsonLines, script, waitFor } from "./support.ts";

/** Starts an interactive session in the background; returns its id. */
async function spawned(home: TestHome, ...args: string[]): Promise<string> {
  const ran = await home.zag(["spawn", "--interactive", "-p", "mock", ...args]);
  assertEquals([ran.code, ran.stderr], [0, ""]);
  return ran.stdout.trim();
}

/** Waits until this was said last in a session. */
async function untilSaid(home: TestHome, id: string, text: string): Promise<void> {
  await waitFor(text, async () => (await said(home, id)).at(-1) === text || undefined);
}

/** The zag that looks after a session. */
function ownerOf(home: TestHome, id: string): number {
  const row = home.rows("processes").find(({ session_id }) => session_id === id);
  return Number(row?.owner_pid);
}

Deno.test(
  "input to an interactive session hands the message over, says so and prints nothing",
  inHome(async (home) => {
    const id = await spawned(home, "--name", "worker");
    await Deno.writeTextFile(`${home.work}/notes.txt`, "noted\n");
    for (const text of ["one", "two"]) {
      const ran = await home.zag(["input", "--name", "worker", text]);
      const stderr = sendsTo(id, "worker");
      assertEquals(ran, { code: 0, signal: null, stdout: "", stderr });
      await untilSaid(home, id, `assistant: ${text}`);
    }
    const large = "x".repeat(200_000);
    const file = ["-q", "input", "--session", id, "--file", "notes.txt"];
    const ran = await home.zag(file, { stdin: large });
    assertEquals([ran.code, ran.stdout, ran.stderr], [0, "", ""]);
    await waitFor("the file", async () => {
      const text = (await said(home, id)).at(-1)!;
      return text.startsWith("assistant: <attached-files>") && text.endsWith(large) || undefined;
    });
    assertEquals(home.rows("processes").length, 1, "it is one agent all the time");
    assertEquals((await home.zag(["cancel", id])).code, 0);
  }),
);

Deno.test(
  "input -o waits for the answer of an interactive session",
  inHome(async (home) => {
    const id = await spawned(home);
    const text = await home.zag(["input", "-o", "text", "one"]);
    assertEquals([text.code, text.stdout, text.stderr], [0, "one\n", sendsTo(id)]);
    const json = await home.zag(["input", "-o", "json", "two"]);
    assertEquals(JSON.parse(json.stdout).result, "two");
    const pretty = await home.zag(["input", "-o", "json-pretty", "three"]);
    assertEquals(JSON.parse(pretty.stdout).result, "three");
    assert(pretty.stdout.split("\n").length > 10);
    const stream = await home.zag(["input", "-o", "stream-json", "four"]);
    const results = jsonLines(stream.stdout).filter(({ type }) => type === "result");
    assertEquals(results.map(({ message }) => message), ["four"]);
    const lines = await home.zag(["input", "--stream", "five"], { stdin: "six\n\nseven" });
    assertEquals([lines.code, lines.stdout], [0, "five\nsix\nseven\n"]);
    assertEquals((await said(home, id)).filter((line) => line.startsWith("user")).length, 7);
    assertEquals((await home.zag(["cancel", id])).code, 0);
  }),
);

Deno.test(
  "input --stream to an interactive session ends when it is interrupted, and the session goes on",
  inHome(async (home) => {
    const id = await spawned(home);
    const child = home.spawn(["input", "--stream", "one"], { stdin: "open" });
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    assertEquals((await reader.read()).value, "one\n");
    child.kill("SIGINT");
    assertEquals((await child.status).code, 130);
    await reader.cancel();
    await child.stderr.cancel();
    await child.stdin.abort().catch(() => {});
    assertEquals((await home.zag(["input", "-o", "text", "two"])).stdout, "two\n");
    assertEquals((await home.zag(["cancel", id])).code, 0);
  }),
);

Deno.test(
  "input to an interactive session whose zag was killed says how to go on",
  inHome(async (home) => {
    const id = await spawned(home);
    assertEquals((await home.zag(["input", "-o", "text", "one"])).stdout, "one\n");
    await kill9(ownerOf(home, id));
    const ran = await home.zag(["input", "two"]);
    assertEquals([ran.code, ran.stdout], [1, ""]);
    assertStringIncludes(ran.stderr, `zag exec --resume ${id}`);
    assertStringIncludes(ran.stderr, "zag spawn --interactive");
    assertEquals((await said(home, id)).length, 2);
  }),
);

Deno.test(
  "input goes on with an interactive session that was cancelled",
  inHome(async (home) => {
    const id = await spawned(home);
    assertEquals((await home.zag(["input", "-o", "text", "one"])).stdout, "one\n");
    assertEquals((await home.zag(["cancel", id])).code, 0);
    const ran = await home.zag(["input", "two"]);
    assertEquals([ran.code, ran.stdout, ran.stderr], [0, "two\n", sendsTo(id)]);
  }),
);

Deno.test(
  "broadcast reaches interactive sessions through their pipes, and all others by going on",
  inHome(async (home) => {
    const interactive = await spawned(home, "--tag", "t");
    assertEquals((await home.zag(["exec", "-p", "mock", "--tag", "t", "x"])).code, 0);
    const ran = await home.zag(["broadcast", "--tag", "t", "to all"]);
    assertEquals([ran.code, ran.stderr], [0, "> Sent to 2 sessions\n"]);
    await untilSaid(home, interactive, "assistant: to all");
    assertEquals(home.rows("processes").length, 3);
    assertEquals((await home.zag(["cancel", interactive])).code, 0);
  }),
);

Deno.test(
  "input to an interactive session that is interrupted says that the message stays sent",
  inHome(async (home) => {
    const { stdout } = await home.zag(["spawn", "-I", "-p", "mock"], {
      env: script([gate(), { do: "say", text: "held" }]),
    });
    const id = stdout.trim();
    await using input = start(home, ["input", "-o", "text", "one"]);
    await waitFor(
      "the message",
      async () => (await said(home, id))[0] === "user: one" || undefined,
    );
    input.child.kill("SIGINT");
    const { code, out, err } = await input.end();
    assertEquals([code, out], [130, ""]);
    const sent = `> The message has been sent: session ${id.slice(0, 8)} goes on with it\n`;
    assertEquals(err, sendsTo(id) + sent);
    await open(home);
    await untilSaid(home, id, "assistant: held");
    assertEquals((await home.zag(["cancel", id])).code, 0);
  }),
);

Deno.test(
  "input --exit-on-failure waits for the answer of an interactive session",
  inHome(async (home) => {
    const { stdout } = await home.zag(["spawn", "-I", "-p", "mock"], {
      env: script([{ do: "error", message: "no luck", fatal: true }]),
    });
    const failed = await home.zag(["input", "--exit-on-failure", "one"]);
    assertEquals([failed.code, failed.stdout], [1, ""]);
    assertStringIncludes(failed.stderr, "Mock agent reported a failure: no luck");
    const empty = await home.zag(["input", "--stream"], { stdin: "\n" });
    assertEquals([empty.code, empty.stdout], [64, ""]);
    await home.zag(["cancel", stdout.trim()]);
  }),
);
