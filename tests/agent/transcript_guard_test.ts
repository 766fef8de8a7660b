import { join } from "node:path";
import { guardTranscript, recoverTranscript } from "../../src/agent/transcript_guard.ts";
import type { Transcript } from "../../src/providers/transcript.ts";
import { assertEquals } from "../support/assert.ts";
import { waitFor } from "../support/living.ts";

/** A file of such sessions: a beginning `begin`, messages, and `clear`, which takes them back. */
const TRANSCRIPT: Transcript = {
  places: ({ sessionId }) => [{ directory: "/", path: [new RegExp(`-${sessionId}$`)] }],
  parser() {
    const state = {
      answer: undefined,
      finished: undefined,
      sessionId: undefined as string | undefined,
      messages: 0,
    };
    return {
      state,
      line(text) {
        if (text === "begin") state.sessionId = "me";
        else if (text === "clear") state.messages = 0;
        else if (text !== "") state.messages++;
      },
    };
  },
  fragile: true,
};

const SESSION = "begin\nhello\nhi there\n";

/** Two directories, one with the file of a session, and one for what is kept of it. */
class Place implements AsyncDisposable {
  readonly #path: string;
  readonly chats: string;
  readonly kept: string;
  /** The session's file. */
  readonly file: string;

  private constructor(path: string) {
    this.#path = path;
    this.chats = join(path, "chats");
    this.kept = join(path, "kept");
    this.file = join(this.chats, "monday-me");
  }

  static async create(text = SESSION): Promise<Place> {
    const place = new Place(await Deno.makeTempDir());
    await Deno.mkdir(place.chats);
    await Deno.mkdir(place.kept);
    await Deno.writeTextFile(place.file, text);
    return place;
  }

  guard() {
    return guardTranscript(TRANSCRIPT, this.file, this.kept);
  }

  async write(name: string, text: string): Promise<void> {
    await Deno.writeTextFile(join(this.chats, name), text);
  }

  async append(text: string): Promise<void> {
    await Deno.writeTextFile(this.file, text, { append: true });
  }

  /** Names and contents of the files beside the session's. */
  async all(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const { name } of Deno.readDirSync(this.chats)) {
      found[name] = await Deno.readTextFile(join(this.chats, name));
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#path, { recursive: true });
  }
}

Deno.test("guardTranscript() leaves a session alone that went on", async () => {
  await using place = await Place.create();
  const guard = await place.guard();
  await place.append("and then\n");
  assertEquals(await guard.restoreIfLost(), false);
  assertEquals(await place.all(), { "monday-me": `${SESSION}and then\n` });
});

Deno.test("guardTranscript() puts back a file that is gone, with its directory", async () => {
  await using place = await Place.create();
  const guard = await place.guard();
  await Deno.remove(place.chats, { recursive: true });
  assertEquals(await guard.restoreIfLost(), true);
  assertEquals(await place.all(), { "monday-me": SESSION });
});

Deno.test("guardTranscript() puts back a file that holds no message any more", async () => {
  await using place = await Place.create();
  const guard = await place.guard();
  await place.append("begin\nclear\n");
  assertEquals(await guard.restoreIfLost(), true);
  assertEquals(await place.all(), { "monday-me": SESSION });
});

Deno.test("guardTranscript() keeps what was written after the file was deleted", async () => {
  await using place = await Place.create();
  const guard = await place.guard();
  await Deno.remove(place.file);
  await place.append("and then\n");
  assertEquals(await guard.restoreIfLost(), true);
  assertEquals(await place.all(), { "monday-me": `${SESSION}and then\n` });
});

Deno.test("guardTranscript() removes empty files of the session, and no others", async () => {
  await using place = await Place.create();
  const others = {
    "tuesday-you": "begin\n",
    "wednesday-me": "begin\nanother part\n",
    "thursday-me-too": "",
  };
  for (const [name, text] of Object.entries(others)) await place.write(name, text);
  const guard = await place.guard();
  await place.write("friday-me", "begin\n");
  assertEquals(await guard.restoreIfLost(), false);
  assertEquals(await place.all(), { "monday-me": SESSION, ...others });
});

Deno.test("guardTranscript() removes an empty file when the session goes on without it", async () => {
  await using place = await Place.create();
  const guard = await place.guard();
  await place.write("friday-me", "begin\n");
  await place.append("and then\n");
  await waitFor(
    "the empty file to go",
    async () => "friday-me" in await place.all() ? undefined : true,
  );
  assertEquals(await guard.restoreIfLost(), false);
});

Deno.test("guardTranscript() has nothing to do for a file that is no session", async () => {
  for (const text of [undefined, "", "begin\n", "no beginning\n"]) {
    await using place = await Place.create(text ?? "");
    if (text === undefined) await Deno.remove(place.file);
    const guard = await place.guard();
    await Deno.remove(place.file).catch(() => {});
    assertEquals(await guard.restoreIfLost(), false);
    assertEquals(await place.all(), {});
    assertEquals([...Deno.readDirSync(place.kept)], []);
  }
});

Deno.test("guardTranscript() keeps its copy to itself", async () => {
  await using place = await Place.create();
  await Deno.chmod(place.file, 0o644);
  const guard = await place.guard();
  for (const { name } of Deno.readDirSync(place.kept)) {
    assertEquals(Deno.statSync(join(place.kept, name)).mode! & 0o777, 0o600, name);
  }
  await guard.restoreIfLost();
});

Deno.test("recoverTranscript() does what a killed zag could not do", async () => {
  await using place = await Place.create();
  const guard = await place.guard();
  await place.write("friday-me", "begin\n");
  await Deno.remove(place.file);
  assertEquals(await recoverTranscript(TRANSCRIPT, place.kept), true);
  assertEquals(await place.all(), { "monday-me": SESSION });
  assertEquals(await recoverTranscript(TRANSCRIPT, place.kept), false);
  assertEquals(await recoverTranscript(TRANSCRIPT, place.chats), false);
  await guard.restoreIfLost();
});
