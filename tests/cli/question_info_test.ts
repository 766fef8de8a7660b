import { zagPaths } from "../../src/config/paths.ts";
import {
  answerPath,
  type PermissionQuestion,
  writeQuestion,
} from "../../src/sessions/permission_files.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { ago, ALIVE, Recorded, uuid } from "./commands/session/support.ts";

const [ASKING, WORKING] = [uuid(1), uuid(2)];
const RUN = "run-of-";

function question(sessionId: string, more: Partial<PermissionQuestion> = {}): PermissionQuestion {
  return {
    ...{ id: "q1", session_id: sessionId, provider: "mock", tool_name: "shell", kind: "shell" },
    ...{ description: "touch\x07 made", input: { command: "touch made" }, cwd: "/work" },
    asked_at: ago(2),
    ...more,
  };
}

/** What `questions` of the JSON is then. */
const SHOWN = {
  ...{ id: "q1", tool_name: "shell", description: "touch\x07 made", asked_at: ago(2) },
};

/** One session whose agent asks something, and one that is at work. */
async function recorded(...more: PermissionQuestion[]): Promise<Recorded> {
  const given = await Recorded.create();
  const open = { outcome: null, heartbeatAt: ago(0) };
  given.add(ASKING, { ...open, createdAt: ago(4), name: "the tidy one" }, {
    ...ALIVE,
    status: "running",
  });
  given.add(WORKING, { ...open, createdAt: ago(5) }, { ...ALIVE, status: "running" });
  for (const each of [question(ASKING), ...more]) ask(given, each);
  return given;
}

function launchFiles(given: Recorded, sessionId: string): string {
  const env = given.home.env();
  const paths = zagPaths({ get: (name) => env[name] });
  return paths.launchFiles(RUN + sessionId);
}

function ask(given: Recorded, asked: PermissionQuestion): void {
  const directory = launchFiles(given, asked.session_id);
  Deno.mkdirSync(directory, { recursive: true });
  writeQuestion(directory, asked);
}

const WAITS = "waits for an answer: shell: touch made; ";
const ANSWER = `zag permit ${ASKING} allow|deny`;

Deno.test("status says on stderr that an agent waits for an answer, and how to give one", async () => {
  await using given = await recorded();
  const one = await given.zag(["status", ASKING]);
  assertEquals([one.out, one.err], ["idle\n", `> Session ${WAITS}${ANSWER}\n`]);
  assertEquals((await given.zag(["status", ASKING, "-q"])).err, "");
  const { out, err } = await given.zag(["status", ASKING, WORKING]);
  assertEquals(out, `idle       ${ASKING}  the tidy one\nrunning    ${WORKING}\n`);
  assertEquals(err, `> Session ${ASKING} ${WAITS}${ANSWER}\n`);
});

Deno.test("a question that was answered is waited for by nobody", async () => {
  await using given = await recorded();
  await Deno.writeTextFile(answerPath(launchFiles(given, ASKING), "q1"), "{}");
  assertEquals(await given.zag(["status", ASKING]), { code: 0, out: "running\n", err: "" });
});

for (
  const args of [["status", ASKING], ["session", "show", ASKING], ["session", "list"], [
    "ps",
    "list",
  ], ["ps", "show", RUN + ASKING]]
) {
  Deno.test(`${args.slice(0, 2).join(" ")} --json has what an agent asks, of nobody else`, async () => {
    await using given = await recorded();
    const { code, out, err } = await given.zag([...args, "--json"]);
    assertEquals([code, err], [0, ""]);
    const value = JSON.parse(out);
    const all: Record<string, unknown>[] = Array.isArray(value) ? value : [value];
    const of = (id: string) => all.find(({ session_id }) => session_id === id);
    assertEquals(of(ASKING)?.questions, [SHOWN]);
    if (args[0] !== "ps") assertEquals(of(ASKING)?.status, "idle");
    assert(!Object.hasOwn(of(WORKING) ?? {}, "questions"));
  });
}

Deno.test("ps says which agent waits for an answer, and on stderr how to give one", async () => {
  await using given = await recorded();
  const { out, err } = await given.zag(["ps"]);
  const [head, first, second] = out.split("\n");
  assertStringIncludes(head!, "WAITS FOR");
  assertStringIncludes(first!, "an answer: shell: touch made");
  assert(!second!.includes("answer"), second);
  assertEquals(err, `> Session ${ASKING} ${WAITS}${ANSWER}\n`);
  assertEquals((await given.zag(["ps", "-q"])).err, "");
  const shown = await given.out(["ps", "show", RUN + ASKING]);
  assertStringIncludes(shown, "Waits For:    an answer: shell: touch made\n");
  assertStringIncludes(shown, `Answer:       ${ANSWER}\n`);
});

Deno.test("session show says that an agent waits for several answers", async () => {
  await using given = await recorded(question(ASKING, { id: "q2", asked_at: ago(1) }));
  const out = await given.out(["session", "show", ASKING]);
  assertStringIncludes(out, "Waits For:           2 answers: shell: touch made, and 1 more\n");
  assertStringIncludes(out, `Answer:              ${ANSWER} --all\n`);
});

Deno.test("wait says what a session waits for when its own time is over", async () => {
  await using given = await recorded();
  const { code, out, err } = await given.zag(["wait", ASKING, "--timeout", "1", "--json"]);
  assertEquals(code, 124);
  assertEquals(JSON.parse(out), {
    ...{ session_id: ASKING, success: false, error: "timeout" },
    questions: [SHOWN],
  });
  assertStringIncludes(err, `after 1s; it waits for an answer: shell: touch made\n${ANSWER}\n`);
});

Deno.test("permit --list names the sessions, and says so where nobody asks", async () => {
  await using given = await recorded();
  const list = await given.out(["permit", "--list"]);
  assertEquals(list, `${ASKING} (the tidy one) q1 shell: touch made\n`);
  const [asked] = JSON.parse(await given.out(["permit", "--list", "--json"]));
  assertEquals(asked, { ...question(ASKING), session_name: "the tidy one" });
  const nothing = `Session ${WORKING} waits for no answer.\n`;
  assertEquals(await given.out(["permit", "--list", WORKING]), nothing);
});

for (const granted of [true, false]) {
  Deno.test(`permit --json says that it has ${granted ? "allowed" : "denied"}`, async () => {
    await using given = await recorded();
    const args = ["permit", ASKING, granted ? "allow" : "deny", "--json"];
    const [answered] = JSON.parse(await given.out(args));
    assertEquals(answered, { ...question(ASKING), session_name: "the tidy one", granted });
  });
}
