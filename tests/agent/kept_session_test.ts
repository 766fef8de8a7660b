import { isKept } from "../../src/agent/kept_session.ts";
import { provider as gemini } from "../../src/providers/gemini/mod.ts";
import { provider as mock } from "../../src/providers/mock/mod.ts";
import { assertEquals } from "../support/assert.ts";
import { inTemp } from "../sessions/support.ts";

const ID = "01234567-89ab-4cde-8f01-23456789abcd";
const HEADER = { sessionId: ID, startTime: "2026-01-01T00:00:00.000Z", kind: "main" };

function said(type: string, text: string) {
  return { id: text, type, content: [{ text }] };
}

const rows: [what: string, lines: unknown[] | undefined, expected: boolean][] = [
  ["is not there", undefined, false],
  ["has no message", [HEADER], false],
  ["holds only what the CLI itself says", [
    HEADER,
    said("user", "hello"),
    { $set: { messages: [said("user", "<session_context>\n</session_context>")] } },
  ], false],
  ["holds a message", [HEADER, said("user", "hello")], true],
];

for (const [what, lines, expected] of rows) {
  Deno.test(`isKept() is ${expected} for a session whose emptied file counts for nothing and ${what}`, () =>
    inTemp(async (dir) => {
      const chats = `${dir}/.gemini/tmp/work/chats`;
      await Deno.mkdir(chats, { recursive: true });
      if (lines) {
        const text = lines.map((line) => JSON.stringify(line) + "\n").join("");
        await Deno.writeTextFile(`${chats}/session-2026-01-01T00-00-01234567.jsonl`, text);
      }
      const request = { sessionId: ID, cwd: dir, home: dir, stateDir: dir, env: {} };
      assertEquals(await isKept(gemini.transcript!, request), expected);
    }));
}

Deno.test("isKept() asks other CLIs for no more than a file", () =>
  inTemp(async (dir) => {
    const request = { sessionId: ID, cwd: dir, home: dir, stateDir: dir, env: {} };
    assertEquals(await isKept(mock.transcript!, request), false);
    await Deno.writeTextFile(`${dir}/${ID}.jsonl`, "");
    assertEquals(await isKept(mock.transcript!, request), true);
  }));
