import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "../../../support/assert.ts";
import { NATIVE_SESSIONS, nativeLines, writeFile } from "../../../support/native_sessions.ts";
import { Recorded } from "./support.ts";

/** A home with the recordings of these providers, or of all. */
async function planted(...providers: string[]): Promise<Recorded> {
  const given = await Recorded.create();
  for (const session of NATIVE_SESSIONS) {
    if (providers.length > 0 && !providers.includes(session.provider)) continue;
    const lines = await nativeLines(session, given.home.work);
    await writeFile(`${given.home.path}/${session.file}`, lines.join("\n") + "\n");
  }
  return given;
}

const IMPORT = ["session", "import"];

Deno.test("session import says what it did, in words and in numbers", async () => {
  await using given = await planted();
  assertMatch(await given.out([...IMPORT, "--dry-run"]), /^Would import 13 sessions\nPROVIDER /);
  assertEquals(given.store.listSessions(), []);
  assertEquals(
    await given.out([...IMPORT, "-p", "gemini", "--provider=Claude"]),
    "Imported 4 sessions\n",
  );
  assertEquals(await given.out(IMPORT), "Imported 9 sessions (4 unchanged)\n");
  assertEquals(
    await given.out([...IMPORT, "--json"]),
    '{"imported":0,"updated":0,"unchanged":13,"skipped":0,"failed":0}\n',
  );
});

Deno.test("session import goes on behind a file that it cannot import, and ends with 1", async () => {
  await using given = await planted("codex");
  const path = `${given.home.path}/.claude/projects/x/${"a".repeat(36)}.jsonl`;
  await writeFile(path, "no json\n");
  const { code, out, err } = await given.zag(IMPORT);
  assertEquals([code, out], [1, "Imported 6 sessions (1 failed)\n"]);
  assertEquals(
    err,
    `error: Cannot import ${JSON.stringify(path)}: it is damaged\n` +
      "It is left out; remove or repair it\n",
  );
  assertEquals(await given.zag(IMPORT), {
    code: 0,
    out: "Imported 0 sessions (6 unchanged, 1 skipped)\n",
    err: "",
  });
  assertStringIncludes(
    (await given.zag([...IMPORT, "-v"])).err,
    `> Skipped ${JSON.stringify(path)}: it is damaged, as was said before\n`,
  );
});

Deno.test("session import --dry-run lists what it would import", async () => {
  await using given = await planted("claude");
  const { home } = given;
  const [first, second] = NATIVE_SESSIONS.filter(({ provider }) => provider === "claude");
  const grown = `${home.path}/${first!.file}`;
  const lines = await nativeLines(first!, home.work);
  await writeFile(grown, lines.slice(0, -3).join("\n") + "\n");
  assertEquals(await given.out([...IMPORT, "-q"]), "Imported 2 sessions\n");
  await writeFile(`${home.path}/.codex/sessions/2026/01/01/rollout-x.jsonl`, "");
  await given.zag(["session", "delete", second!.id]);
  await writeFile(grown, lines.join("\n") + "\n");
  for (let index = 10; index < 35; index++) {
    const id = `aa${index}1111-1111-4111-8111-111111111111`;
    const text = (await nativeLines(second!, home.work)).join("\n").replaceAll(second!.id, id);
    await writeFile(`${home.path}/.claude/projects/x/${id}.jsonl`, text + "\n");
  }
  const dry = [...IMPORT, "--dry-run"];
  const short = (await given.out(dry)).split("\n");
  assertMatch(short[0]!, /^Would import 25 sessions \(1 updated, 2 skipped\)$/);
  assertMatch(short[1]!, /^PROVIDER {2}SESSION ID +DIRECTORY +SIZE$/);
  assertEquals(short.length, 2 + 20 + 2);
  assertEquals(short.at(-2), "... and 6 more; -v lists them");
  const { out, err } = await given.zag([...dry, "-v"]);
  const rows = out.split("\n").slice(2, -1);
  assertEquals(rows.length, 26);
  assertEquals(rows.filter((row) => row.endsWith("has grown")).length, 1);
  assertMatch(
    rows.find((row) => !row.endsWith("has grown"))!,
    /^claude {4}\S{36} {2}~\/work +10 kB$/,
  );
  assertMatch(err, /> Skipped ".*": its session was deleted from zag\n/);
  assertMatch(err, /> Skipped ".*rollout-x.jsonl": it holds no conversation\n/);
  const { sessions, imported, updated } = JSON.parse(await given.out([...dry, "--json"]));
  assertEquals([imported, updated, sessions.length], [25, 1, 26]);
  assertEquals(sessions.find((each: { new: boolean }) => !each.new), {
    provider: "claude",
    id: first!.id,
    directory: home.work,
    path: grown,
    size: (await Deno.stat(grown)).size,
    new: false,
  });
  const narrow = await given.zag([...dry, "-v"], { stdoutTty: true, columns: 50 });
  for (const row of narrow.out.split("\n")) assert(row.length <= 50, row);
  assertEquals(given.store.listSessions().length, 1, "nothing is imported");
});

Deno.test("session import names --global where the project has no session", async () => {
  await using given = await planted("gemini");
  const elsewhere = { cwd: given.home.path };
  const { code, out, err } = await given.zag(IMPORT, elsewhere);
  assertEquals([code, out], [0, "Imported 0 sessions\n"]);
  assertStringIncludes(err, "--global");
  assertEquals((await given.zag([...IMPORT, "-q"], elsewhere)).err, "");
  assertEquals(await given.out([...IMPORT, "--global"], elsewhere), "Imported 2 sessions\n");
});

Deno.test("session import -r takes the sessions of another directory", async () => {
  await using given = await planted("gemini");
  const { home } = given;
  assertEquals(
    await given.out([...IMPORT, "-r", home.work], { cwd: home.path }),
    "Imported 2 sessions\n",
  );
  const listed = await given.out(["session", "list", "-r", home.work, "--json"]);
  assertEquals(JSON.parse(listed).length, 2);
});

Deno.test("session import refuses a provider whose sessions are zag's own", async () => {
  await using given = await planted("gemini");
  for (const name of ["mock", "nobody"]) {
    const { code, err } = await given.zag([...IMPORT, "-p", name]);
    assertEquals(code, 64);
    assertStringIncludes(err, `Cannot import sessions of "${name}"`);
    assertStringIncludes(err, "Choose from claude, codex, gemini, copilot");
  }
});

Deno.test("session import shows how far it is, at a terminal and only when it takes long", async () => {
  await using given = await planted();
  let time = 0;
  const slow = () => new Date(time += 200);
  const { err } = await given.zag(IMPORT, { stderrTty: true, columns: 40, now: slow });
  assertMatch(err, /\rImporting \d+\/13, 0\/0 MB: c.*…/);
  assert(err.endsWith("\r\x1b[K"), "the line is taken away");
  for (const line of err.replaceAll("\x1b[K", "").split("\r")) assert(line.length < 40, line);
  for (const options of [{ now: slow }, { stderrTty: true }]) {
    assertEquals((await given.zag([...IMPORT, "--dry-run"], options)).err, "");
  }
  assertEquals((await given.zag([...IMPORT, "-q"], { stderrTty: true, now: slow })).err, "");
});
