import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { type AgentHome, entries, only, outputOf, parseLines } from "./agent_home.ts";
import { assertSameOutput, countersOf, usageOfLastRun } from "./copilot_faithful.ts";
import {
  conversation,
  copilotTest,
  lastBody,
  systemText,
  toolOutput,
  transcriptPath,
} from "./copilot_support.ts";

const FIRST = "[[say:the first answer]]";
const SECOND = "[[say:the second]]";

/** Runs a session of one turn and returns its id. */
async function startSession(copilot: AgentHome, ...args: string[]): Promise<string> {
  const ran = await copilot.zag(["exec", ...args, "-o", "json", FIRST]);
  assertEquals(ran.code, 0, ran.stderr);
  return outputOf(ran).session_id;
}

copilotTest(
  ["resume_with_prompt", "usage", "system_prompt"],
  "exec goes on with a session, wherever it is told to, and counts what is new",
  async (copilot) => {
    await copilot.record();
    const id = await startSession(copilot, "-m", "small");
    const first = await copilot.log();
    await Deno.mkdir(`${copilot.path}/elsewhere`);
    const goOn = async (...args: string[]) => {
      const options = { cwd: `${copilot.path}/elsewhere` };
      const ran = await copilot.zag(["exec", "-a", "-o", "json", "--resume", ...args], options);
      assertEquals([ran.code, ran.stderr], [0, ""]);
      const native = parseLines((await copilot.recorded()).at(-1)!.stdout);
      await assertSameOutput(copilot, outputOf(ran), native);
      const [result] = only(outputOf(ran).events, "result");
      const stated = native.at(-1)!.usage.sessionDurationMs;
      assert(result!.duration_ms! < stated, "the CLI counts from the beginning of the session");
      return ran;
    };
    const ran = await goOn(id.slice(0, 8), "--system-prompt", "Be brief.", `[[bash:pwd]]${SECOND}`);
    assertEquals(toolOutput(ran), copilot.work);
    assertEquals(lastBody(copilot).model, "claude-haiku-5.5");
    assertStringIncludes(systemText(copilot), "Be brief.");
    assertEquals(conversation(copilot).filter((text) => text !== ""), [
      FIRST,
      "the first answer",
      `[[bash:pwd]]${SECOND}`,
    ]);
    await goOn(id, "[[say:the third]]");
    assertEquals(systemText(copilot).includes("Be brief."), false);
    const log = await copilot.log();
    assertEquals(log.slice(0, first.length), first);
    assertEquals(log.map(({ seq }) => seq), log.map((_, index) => index + 1));
    assertEquals(entries(log, "session_started").map(({ resumed }) => resumed), [
      false,
      true,
      true,
    ]);
    assertEquals(entries(log, "session_ended").map(({ success }) => success), [true, true, true]);
    assertEquals(entries(log, "usage").map(({ input_tokens }) => input_tokens), [12, 24, 12]);
    const session = await copilot.session();
    assertEquals([session.sessionId, session.providerSessionId], [id, id]);
  },
);

copilotTest([], "exec goes on with a session that zag did not start, where it is", async (
  copilot,
) => {
  const bare = await copilot.bare(["--output-format=json"], FIRST);
  const id = parseLines(bare.stdout).at(-1)!.sessionId;
  const elsewhere = `${copilot.path}/elsewhere`;
  await Deno.mkdir(elsewhere);
  const args = ["--root", elsewhere, "exec", "-a", "-o", "json", "--resume", id];
  const ran = await copilot.zag([...args, `[[bash:pwd]]${SECOND}`]);
  assertEquals(ran.code, 0, ran.stderr);
  assertEquals(conversation(copilot)[0], FIRST);
  const session = await copilot.session();
  assertEquals([session.providerSessionId, session.cwd], [id, elsewhere]);
  assertEquals(toolOutput(ran), elsewhere);
  assertEquals(countersOf(outputOf(ran).usage), await usageOfLastRun(copilot, id));
});

copilotTest([], "exec --resume does not know the outcome when Copilot has lost the session", async (
  copilot,
) => {
  const id = await startSession(copilot);
  await Deno.remove(transcriptPath(copilot, id).replace("/events.jsonl", ""), { recursive: true });
  const ran = await copilot.zag(["exec", "--resume", id, SECOND]);
  assertEquals([ran.code, ran.stdout], [2, ""]);
  assertMatch(ran.stderr, new RegExp(`ended without a result \\(exit code 1\\): .*"?${id}`, "s"));
  assertEquals([copilot.asked.length, (await copilot.session()).outcome], [1, "unknown"]);
});
