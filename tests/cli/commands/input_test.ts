import { inputCommand } from "../../../src/cli/commands/input.ts";
import { SELECTOR_TAG } from "../../../src/sessions/resolve.ts";
import { assertEquals, assertStringIncludes } from "../../support/assert.ts";
import { capture } from "./capture.ts";
import { ago, ALIVE, Recorded, uuid } from "./session/support.ts";

const [WORKER, OTHER] = [uuid(1), uuid(2)] as const;

Deno.test("input takes its flags and a message", async () => {
  const { flags, operands } = await capture(inputCommand, [
    ...["input", "--name", "w", "--global", "--raw", "--stream", "-o", "json", "-r", "/x"],
    ...["--file", "a", "--file=b", "hi there"],
  ]);
  assertEquals(operands, ["hi there"]);
  assertEquals(
    [
      flags?.name,
      flags?.global,
      flags?.raw,
      flags?.stream,
      flags?.output,
      flags?.root,
      flags?.file,
    ],
    ["w", true, true, true, "json", "/x", ["a", "b"]],
  );
});

Deno.test("input refuses two ways to choose a session, naming both", async () => {
  const ways = [
    ["--session", WORKER],
    ["--latest"],
    ["--active"],
    ["--ps", "123"],
    ["--name", "worker"],
  ];
  await using given = await Recorded.create();
  for (const one of ways) {
    for (const other of ways) {
      if (one === other) continue;
      const { code, err } = await given.zag(["input", ...one, ...other, "x"]);
      assertEquals(code, 64);
      for (const flag of [one[0]!, other[0]!]) assertStringIncludes(err, flag);
    }
  }
});

Deno.test("input refuses what is no message and no format", async () => {
  await using given = await Recorded.create();
  given.add(WORKER, { providerSessionId: WORKER });
  for (const message of ["", " \n"]) {
    const { code, err } = await given.zag(["input", message]);
    assertEquals(code, 64);
    assertStringIncludes(err, "Cannot send an empty message");
  }
  assertEquals((await given.zag(["input"], { stdin: "\n\n" })).code, 64);
  const typed = await given.zag(["input"], { stdinTty: true });
  assertEquals(typed.code, 64);
  assertStringIncludes(typed.err, 'Missing message for "input"');
  assertEquals((await given.zag(["input", "-o", "native-json", "x"])).code, 64);
  const pretty = await given.zag(["input", "--stream", "-o", "json-pretty", "x"]);
  assertEquals(pretty.code, 64);
  assertEquals(given.store.processesOf(WORKER), []);
});

Deno.test("input says that there is no such session, whatever else there is", async () => {
  await using given = await Recorded.create();
  const none = await given.zag(["input", "x"]);
  assertEquals([none.code, none.out], [1, ""]);
  assertStringIncludes(none.err, "Cannot find a session: there is none in this project yet");
  given.add(WORKER, { name: "worker" });
  for (
    const [args, text] of [
      [["--session", "nobody"], 'Cannot find session "nobody"'],
      [["--name", "work"], 'Cannot find a session named "work" in this project'],
      [["--name", "WORKER"], 'Cannot find a session named "WORKER"'],
      [["--ps", "999999999"], 'Cannot find a process "999999999"'],
    ] as const
  ) {
    const { code, out, err } = await given.zag(["input", ...args, "x"]);
    assertEquals([code, out], [1, ""]);
    assertStringIncludes(err, text);
  }
  assertEquals(given.store.processesOf(WORKER), []);
});

Deno.test("input never takes a question of zag's own for a session", async () => {
  await using given = await Recorded.create();
  given.add(OTHER, { tags: [SELECTOR_TAG], createdAt: ago(1), providerSessionId: OTHER });
  for (const args of [[], ["--latest"], ["--active"], ["--session", OTHER]]) {
    const { code, out } = await given.zag(["input", ...args, "x"]);
    assertEquals([code, out], [1, ""], args.join(" "));
  }
  assertEquals(given.store.processesOf(OTHER), []);
});

Deno.test("input refuses a session at a terminal, and names listen", async () => {
  await using given = await Recorded.create();
  const run = { ...ALIVE, status: "running", command: "run" } as const;
  given.add(WORKER, { outcome: null, command: "run" }, run);
  const { code, out, err } = await given.zag(["input", "--session", WORKER, "x"]);
  assertEquals([code, out], [1, ""]);
  assertStringIncludes(err, "somebody works with it at a terminal");
  assertStringIncludes(err, `zag listen ${WORKER}`);
});

Deno.test("input refuses an interactive session whose zag was killed, and says how to go on", async () => {
  await using given = await Recorded.create();
  given.add(WORKER, { outcome: "dead", interactive: true, command: "interactive" });
  const { code, err } = await given.zag(["input", "--session", WORKER, "x"]);
  assertEquals(code, 1);
  assertStringIncludes(err, "its zag was killed");
  assertStringIncludes(err, `zag exec --resume ${WORKER}`);
  assertStringIncludes(err, "zag spawn --interactive");
});

Deno.test("input refuses the session that it was started in", async () => {
  await using given = await Recorded.create();
  given.add(WORKER, { providerSessionId: WORKER });
  const { code, err } = await given.zag(["input", "x"], { env: { ZAG_SESSION_ID: WORKER } });
  assertEquals(code, 1);
  assertStringIncludes(err, "would wait for itself");
});
