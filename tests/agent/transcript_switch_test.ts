import { SessionSwitch } from "../../src/agent/transcript_switch.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import { claudeTranscript } from "../../src/providers/claude/transcript.ts";
import { codexTranscript } from "../../src/providers/codex/transcript.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { writeFile } from "../support/native_sessions.ts";

async function inHome(test: (home: string) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    await test(home);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

const request = (home: string) => ({
  sessionId: "a",
  cwd: "/w",
  home,
  stateDir: "/s",
  env: {},
});

Deno.test("SessionSwitch.next() tells when the CLI's note names another session", () =>
  inHome(async (home) => {
    const note = (name: string, text: string) =>
      writeFile(`${home}/.claude/sessions/${name}.json`, text);
    const switches = new SessionSwitch(claudeTranscript, request(home));
    assertEquals(await switches.next("a"), undefined);
    await note("1", '{"sessionId":"other"}');
    await note("2", '{"sessionId":"a"}');
    await note("3", "torn {");
    assertEquals(await switches.next("a"), undefined);
    // Only the note that named this session counts.
    await note("1", '{"sessionId":"third"}');
    await note("2", '{"sess');
    assertEquals(await switches.next("a"), undefined);
    await note("2", '{"sessionId":"b"}');
    const next = await switches.next("a");
    assertEquals([next?.id, next?.path], ["b", `${home}/.claude/projects/-w/b.jsonl`]);
    assertEquals(await switches.next("b"), undefined);
    await note("2", '{"sessionId":"a"}');
    assertEquals((await switches.next("b"))?.id, "a");
    await Deno.remove(`${home}/.claude/sessions`, { recursive: true });
    assertEquals(await switches.next("a"), undefined);
  }));

Deno.test("SessionSwitch.next() leaves out what the other session was before", () =>
  inHome(async (home) => {
    const path = `${home}/.claude/sessions/1.json`;
    await writeFile(path, '{"sessionId":"a"}');
    const switches = new SessionSwitch(claudeTranscript, request(home));
    await switches.next("a");
    await writeFile(path, '{"sessionId":"b"}');
    const next = await switches.next("a");
    assert(next);
    const kinds: LogKind[] = [];
    for (const timestamp of ["2020-01-01T00:00:00Z", new Date(Date.now() + 1000).toISOString()]) {
      next.parser.line(
        JSON.stringify({ type: "user", timestamp, message: { content: timestamp } }),
        (kind) => kinds.push(kind),
      );
    }
    assertEquals(kinds.map((kind) => kind.type === "user_message" && kind.content), [
      next.parser.state.time!,
    ]);
  }));

Deno.test("SessionSwitch.next() knows nothing of CLIs without notes", async () => {
  assertEquals(await new SessionSwitch(codexTranscript, request("/none")).next("a"), undefined);
});
