/** What the first page shows is run as it stands. */
import { envelope } from "../src/agent/envelope.ts";
import { waitFor } from "./support/living.ts";
import { fromFileUrl } from "./support/paths.ts";
import { TestHome, ZAG } from "./support/zag.ts";
import { assert, assertEquals } from "./support/assert.ts";

const ROOT = fromFileUrl(new URL("../", import.meta.url));
const README = await Deno.readTextFile(`${ROOT}README.md`);

function blocks(language: string, text = README): string[] {
  return [...text.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map((
    match,
  ) => match[1] ?? "");
}

/** A home where the agent that is used by default is the built-in one, and answers with JSON. */
async function readyHome(): Promise<{ home: TestHome; env: Record<string, string> }> {
  const home = await TestHome.create();
  await home.program("zag", `#!/bin/sh\nexec ${ZAG.shell} "$@"\n`);
  await Deno.mkdir(`${home.path}/.zag`, { mode: 0o700 });
  await Deno.writeTextFile(`${home.path}/.zag/zag.jsonc`, '{"defaults": {"provider": "mock"}}');
  await Deno.writeTextFile(`${home.work}/schema.json`, '{"type": "array"}');
  const script = { turns: [{ steps: [{ do: "json", value: ["red"] }] }], after: "repeat-last" };
  const env = home.env({ ZAG_MOCK_SCRIPT: JSON.stringify(script) });
  await new Deno.Command("git", { args: ["init", "-q"], cwd: home.work, env, clearEnv: true })
    .output();
  return { home, env };
}

/** Runs a line that a page shows. */
async function shell(
  home: TestHome,
  env: Record<string, string>,
  line: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", line],
    cwd: home.work,
    env,
    clearEnv: true,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Runs a line that must not fail, and returns what it printed. */
async function runs(home: TestHome, env: Record<string, string>, line: string): Promise<string> {
  const { code, stdout, stderr } = await shell(home, env, line);
  assertEquals(code, 0, `${line}\n${stderr}`);
  return stdout;
}

Deno.test("README: every zag exec line works", async () => {
  const { home, env } = await readyHome();
  await using _ = home;
  const lines = blocks("sh").join("\n").split("\n").filter((line) =>
    /^(zag|git .*\| zag) exec/.test(line)
  );
  assert(lines.length >= 6);
  for (const line of lines) {
    const { code, stdout, stderr } = await shell(home, env, line);
    assertEquals([code, stderr], [0, ""], line);
    assert(stdout.includes("red"), line);
  }
});

Deno.test("docs/sessions.md: every line works, in its order", async () => {
  const { home, env } = await readyHome();
  await using _ = home;
  const page = await Deno.readTextFile(`${ROOT}docs/sessions.md`);
  const [person, agent, processes, several] = blocks("sh", page).map((block) =>
    block.trim().split("\n")
  );
  assert(person && agent && processes && several && person.length > 10);
  const last = person.at(-1)!;
  for (const line of person.slice(0, -1)) {
    const said = await runs(home, env, line);
    assert(said !== "" || line.includes("--type"), line);
  }
  const id = String(home.rows("sessions")[0]?.session_id);
  for (const line of agent) await runs(home, { ...env, ZAG_SESSION_ID: id }, line);
  assert((await runs(home, env, "zag events build --type user_event")).includes("tests pass"));
  for (const line of several) assert(await runs(home, env, line) !== "", line);
  for (const line of processes) {
    await using _agent = /ps (stop|kill)/.test(line) ? await atWork(home, env, id) : undefined;
    assert(await runs(home, env, line) !== "", line);
  }
  await runs(home, env, last);
  const left = await runs(home, env, "zag session list --json --name build");
  assertEquals(left.trim(), "[]");
});

/** An agent that goes on with a session until it is ended. */
async function atWork(
  home: TestHome,
  env: Record<string, string>,
  id: string,
): Promise<AsyncDisposable> {
  // The first turns were played when the session began.
  const script = { turns: Array(9).fill({ steps: [{ do: "hang" }] }) };
  const child = new Deno.Command("sh", {
    args: ["-c", `exec zag exec --resume ${id} "go on"`],
    cwd: home.work,
    env: { ...env, ZAG_MOCK_SCRIPT: JSON.stringify(script) },
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await waitFor(
    "the agent",
    () =>
      home.rows("processes").some(({ status, agent_pid }) => status === "running" && agent_pid)
        ? true
        : undefined,
  );
  return { [Symbol.asyncDispose]: async () => void await child.status };
}

Deno.test("docs/messages.md: every line works, in its order", async () => {
  const { home, env } = await readyHome();
  await using _ = home;
  await Deno.writeTextFile(`${home.work}/notes.txt`, "a note\n");
  await runs(home, env, 'zag exec --name build --tag ci "hello"');
  const page = await Deno.readTextFile(`${ROOT}docs/messages.md`);
  const [one, interactive] = blocks("sh", page).map((block) => block.trim().split("\n"));
  assert(one && one.length > 6 && interactive?.length === 4);
  for (const line of one) {
    const said = await runs(home, env, line);
    if (line.startsWith("zag broadcast")) assertEquals(JSON.parse(said).summary.sent, 1, line);
    else assert(said.includes("red"), line);
  }
  for (const line of interactive) {
    const said = await runs(home, env, line);
    if (line.includes("-o text")) assertEquals(said, '["red"]\n');
    if (line.includes("at once")) assertEquals(said, "");
  }
});

Deno.test("docs/messages.md: the envelope is the one that arrives", async () => {
  const page = await Deno.readTextFile(`${ROOT}docs/messages.md`);
  const sender = {
    sessionId: "1d0f2a44-5c9e-4b7e-9d3a-0f6c2b8e7a11",
    name: "front end",
    provider: "claude",
    model: "opus",
    nameLeadsBack: true,
  };
  assertEquals(blocks("xml", page), [envelope(sender, "is a < b here?") + "\n"]);
});

Deno.test("docs/background.md: every line works, and fails as it says", async () => {
  const { home, env } = await readyHome();
  await using _ = home;
  const page = await Deno.readTextFile(`${ROOT}docs/background.md`);
  const [fine, failing, chained] = blocks("sh", page).map((block) => block.trim().split("\n"));
  assert(fine && fine.length > 10 && failing?.length === 3 && chained);
  for (const line of fine) assert(await runs(home, env, line) !== "", line);
  const hangs = JSON.stringify({ turns: [{ steps: [{ do: "hang" }] }] });
  for (const line of failing.slice(0, 2)) {
    await runs(home, { ...env, ZAG_MOCK_SCRIPT: hangs }, line);
  }
  const { code, stdout } = await shell(home, env, failing[2]!);
  assertEquals(code, 1);
  assert(stdout.includes('"broken"') && stdout.includes("which it depends on"), stdout);
  for (const line of chained) assert(await runs(home, env, line) !== "", line);
});

Deno.test("docs/json.md: every line works, and fails as it says", async () => {
  const { home, env } = await readyHome();
  await using _ = home;
  const page = await Deno.readTextFile(`${ROOT}docs/json.md`);
  const [fine, bad] = blocks("sh", page).map((block) => block.trim().split("\n"));
  const [message] = blocks("text", page);
  assert(fine && fine.length > 5 && bad?.length === 1 && message !== undefined);
  for (const line of [...fine, ...bad]) {
    const { code, stdout: out, stderr: err } = await shell(home, env, line);
    if (bad.includes(line)) assertEquals([code, out, err], [1, "", message]);
    else if (line.includes("-o json")) assertEquals(JSON.parse(out).result, '["red"]');
    else assertEquals([code, out, err], [0, '["red"]\n', ""], line);
  }
});

for (const page of ["docs/skills.md", "docs/mcp.md"]) {
  Deno.test(`${page}: every line works, in its order`, async () => {
    const { home, env } = await readyHome();
    await using _ = home;
    const [lines] = blocks("sh", await Deno.readTextFile(`${ROOT}${page}`));
    assert(lines);
    for (const line of lines.trim().split("\n")) {
      assert(await runs(home, env, line) !== "", line);
    }
  });
}

Deno.test("docs/skills.md: the file that it shows is the one that is made", async () => {
  const { home, env } = await readyHome();
  await using _ = home;
  const page = await Deno.readTextFile(`${ROOT}docs/skills.md`);
  const [first] = blocks("sh", page)[0]!.split("\n");
  const path = (await runs(home, env, first!)).split("\n")[1]!;
  assertEquals(await Deno.readTextFile(path), blocks("markdown", page)[0]);
});

Deno.test("README: the program for the library runs", async () => {
  const { home, env } = await readyHome();
  await using _ = home;
  const [program] = blocks("ts");
  assert(program);
  const path = `${home.work}/program.ts`;
  await Deno.writeTextFile(
    path,
    program.replace('"@zag/cli/agent"', JSON.stringify(new URL("../src/mod.ts", import.meta.url))),
  );
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--config", `${ROOT}deno.json`, path],
    cwd: home.work,
    env: { ...env, ZAG_MOCK_SCRIPT: "" },
    clearEnv: true,
  }).output();
  assertEquals(new TextDecoder().decode(stdout), "hello\n");
});

Deno.test("README: the first command and the test command are what CI and the tasks know", async () => {
  const tasks = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`)).tasks;
  const [first, second] = (blocks("sh")[0] ?? "").trim().split("\n").map((line) =>
    line.split("#")[0]?.trim()
  );
  assertEquals(first, 'npx -y deno@2.9.6 run -A main.ts -p mock exec "hello"');
  assertEquals(second, "npx -y deno@2.9.6 task test");
  assert("test" in tasks);
  const ci = await Deno.readTextFile(`${ROOT}.ci/run`);
  assert(ci.includes("npx -y deno@2.9.6") && ci.includes("task test"));
});
