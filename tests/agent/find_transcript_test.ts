import {
  allTranscripts,
  expectedPath,
  findNewTranscript,
  findTranscript,
} from "../../src/agent/find_transcript.ts";
import type { Transcript, TranscriptRequest } from "../../src/providers/transcript.ts";
import { assertEquals } from "../support/assert.ts";

const ID = "0199a213-81c0-7800-8aa1-bbab2a035a53";

/** Files `YEAR/session-ID.jsonl` whose first line is `{"id":...,"cwd":...}`. */
function transcriptIn(directory: string): Transcript {
  return {
    places: ({ sessionId }) => [{
      directory,
      path: [/^\d{4}$/, new RegExp(`^session-.*${(sessionId ?? "").slice(0, 8)}.*\\.jsonl$`)],
    }],
    parser: () => {
      const state = {
        answer: undefined,
        finished: false,
        sessionId: undefined as string | undefined,
        cwd: undefined as string | undefined,
      };
      return {
        state,
        line: (text) => {
          if (!text.startsWith("{")) return;
          const { id, cwd } = JSON.parse(text);
          state.sessionId ??= id;
          state.cwd ??= cwd;
        },
      };
    },
  };
}

interface Place {
  transcript: Transcript;
  request: TranscriptRequest;
  add(path: string, head: { id?: string; cwd?: string } | string): Promise<string>;
}

async function inTemp(test: (place: Place) => Promise<void>): Promise<void> {
  const directory = await Deno.realPath(await Deno.makeTempDir());
  const request = { sessionId: ID, cwd: "/project", home: "/", stateDir: "/", env: {} };
  try {
    await test({
      transcript: transcriptIn(directory),
      request,
      add: async (path, head) => {
        const full = `${directory}/${path}`;
        await Deno.mkdir(full.slice(0, full.lastIndexOf("/")), { recursive: true });
        const line = typeof head === "string" ? head : JSON.stringify(head);
        await Deno.writeTextFile(full, `${line}\n`);
        return full;
      },
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("findTranscript() finds the file that holds the session, whatever it is named", () =>
  inTemp(async ({ transcript, request, add }) => {
    assertEquals(await findTranscript(transcript, request), undefined);
    await add("2026/session-c-0199a213.jsonl", { id: "0199a213-other" });
    await add("2026/session-b-0199a213.jsonl", "torn");
    await add("notes/session-d-0199a213.jsonl", { id: ID });
    const path = await add("2025/session-a-0199a213.jsonl", { id: ID });
    assertEquals(await findTranscript(transcript, request), path);
  }));

Deno.test("findTranscript() prefers what sorts last", () =>
  inTemp(async ({ transcript, request, add }) => {
    await add("2025/session-1-0199a213.jsonl", { id: ID });
    const path = await add("2026/session-1-0199a213.jsonl", { id: ID });
    assertEquals(await findTranscript(transcript, request), path);
  }));

Deno.test("expectedPath() is known only where every name is", () => {
  const request = { sessionId: ID, cwd: "/", home: "/", stateDir: "/", env: {} };
  const at = (path: (string | RegExp)[]): Transcript => ({
    places: () => [{ directory: "/d", path }],
    parser: () => ({ state: { answer: undefined, finished: false, sessionId: ID }, line() {} }),
  });
  assertEquals(expectedPath(at(["a", "b"]), request), "/d/a/b");
  assertEquals(expectedPath(at(["a", /b/]), request), undefined);
});

Deno.test("findNewTranscript() takes the one new file of the directory, and never guesses", () =>
  inTemp(async ({ transcript, request, add }) => {
    const unknown = { ...request, sessionId: undefined };
    await add("2026/session-old.jsonl", { id: "old", cwd: "/project" });
    const before = await allTranscripts(transcript, unknown);
    assertEquals(before.size, 1);
    assertEquals(await findNewTranscript(transcript, unknown, before), undefined);
    await add("2026/session-other.jsonl", { id: "other", cwd: "/other" });
    const path = await add("2026/session-new.jsonl", { id: "new", cwd: "/project" });
    assertEquals(await findNewTranscript(transcript, unknown, before), path);
    await add("2026/session-twin.jsonl", { id: "twin", cwd: "/project" });
    assertEquals(await findNewTranscript(transcript, unknown, before), undefined);
  }));

Deno.test("findNewTranscript() tells sessions apart by the mark of their run", () =>
  inTemp(async ({ transcript, request, add }) => {
    const unknown = { ...request, sessionId: undefined };
    const marked: Transcript = {
      ...transcript,
      isMarked: (mark, text) => text.includes(mark.trim()),
    };
    const mark = await add("mark", "twin");
    const find = (mark: string) => findNewTranscript(marked, unknown, new Set(), mark);
    assertEquals(await find(mark), undefined);
    await add("2026/session-new.jsonl", { id: "new", cwd: "/project" });
    assertEquals(await find(mark), undefined);
    const path = await add("2026/session-twin.jsonl", { id: "twin", cwd: "/project" });
    assertEquals(await find(mark), path);
    assertEquals(await find("/nonexistent/mark"), undefined);
  }));
