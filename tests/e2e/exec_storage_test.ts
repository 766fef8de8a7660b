import { DatabaseSync } from "node:sqlite";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { type TestHome, ZAG } from "../support/zag.ts";
import { claude, inHome, jsonLines, replay, standIn } from "./support.ts";

/** Runs a shell script in which `"$@"` is `zag exec hi` with a stand-in for claude. */
async function inShell(home: TestHome, shell: string[], script: string) {
  await standIn(home, replay("simple"));
  const [program, ...args] = [...shell, "sh", "-c", script, "sh", ZAG.program];
  const { code, stdout, stderr } = await new Deno.Command(program!, {
    args: [...args, ...ZAG.args, "exec", "hi"],
    env: home.env({ ZAG_CLAUDE_ALLOW_PRINT: "1", STATE: `${home.path}/.zag` }),
    clearEnv: true,
    cwd: home.work,
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

function assertAnsweredWithOneWarning(run: { code: number; stdout: string; stderr: string }) {
  assertEquals([run.code, run.stdout], [0, "STUB:hello\n"]);
  assertMatch(run.stderr, /^warning: this session is not [^\n]+\n$/);
}

const mountsAllowed = Deno.build.os === "linux" && (await new Deno.Command("unshare", {
  args: ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"],
  stdout: "null",
  stderr: "null",
}).output().catch(() => ({ success: false }))).success;

for (
  const [what, mount, reason] of [
    [
      "is full",
      'mount -t tmpfs -o size=64k none "$STATE"; head -c 65536 /dev/zero > "$STATE/x"',
      /full/,
    ],
    ["has no room for files", 'mount -t tmpfs -o size=1m,nr_inodes=2 none "$STATE"', /./],
    ["gets full after the start", 'mount -t tmpfs -o size=100k none "$STATE"', /full|No space/],
    ["is read-only", 'mount -t tmpfs -o ro none "$STATE"', /Read-only/],
  ] as const
) {
  Deno.test({
    name: `exec answers, with one warning, when the disk of its state ${what} (needs tmpfs mounts)`,
    ignore: !mountsAllowed,
    fn: inHome(async (home) => {
      await Deno.mkdir(`${home.path}/.zag`);
      const run = await inShell(home, ["unshare", "-rm"], `${mount}; "$@"`);
      assertAnsweredWithOneWarning(run);
      assertMatch(run.stderr, reason);
    }),
  });
}

Deno.test({
  name: "exec answers, with one warning, when an index that it had is read-only (needs mounts)",
  ignore: !mountsAllowed,
  fn: inHome(async (home) => {
    await standIn(home, replay("simple"));
    assertEquals((await claude(home, ["hi"])).code, 0);
    const protect = 'mount --bind "$STATE" "$STATE"; mount -o remount,ro,bind "$STATE"';
    const run = await inShell(home, ["unshare", "-rm"], `${protect}; "$@"`);
    assertAnsweredWithOneWarning(run);
  }),
});

Deno.test({
  name: "exec answers, with one warning, when its files may not grow",
  ignore: Deno.build.os === "windows",
  fn: inHome(async (home) => {
    // Everything fits into the limit but the database and the log.
    const run = await inShell(home, [], 'trap "" XFSZ; ulimit -f 2; exec "$@"');
    assertAnsweredWithOneWarning(run);
    for (const path of await home.logPaths()) jsonLines(await Deno.readTextFile(path));
  }),
});

Deno.test(
  "exec answers, with one warning, when its state directory cannot be made",
  inHome(async (home) => {
    await standIn(home, replay("simple"));
    await Deno.writeTextFile(`${home.path}/file`, "");
    const run = await claude(home, ["hi"], { env: { ZAG_HOME: `${home.path}/file/state` } });
    assertAnsweredWithOneWarning(run);
  }),
);

Deno.test(
  "exec puts a damaged index aside, says so once, and makes a new one",
  inHome(async (home) => {
    await standIn(home, replay("simple"));
    await Deno.mkdir(`${home.path}/.zag`);
    const path = `${home.path}/.zag/zag.db`;
    const damaged = "this is no database ".repeat(100);
    await Deno.writeTextFile(path, damaged);
    const run = await claude(home, ["hi"]);
    assertEquals([run.code, run.stdout], [0, "STUB:hello\n"]);
    const said =
      /^warning: the session index was damaged and is made again from the logs; the old one is (.*)\n$/;
    assertMatch(run.stderr, said);
    assertEquals(await Deno.readTextFile(said.exec(run.stderr)![1]!), damaged);
    const [log] = await home.logs();
    assertEquals(log?.at(-1)?.outcome, "success");
    const resumed = await claude(home, ["hi", "--continue"]);
    assertEquals([resumed.code, resumed.stderr], [0, ""]);
  }),
);

Deno.test(
  "exec refuses an index that a newer zag has written, and leaves it alone",
  inHome(async (home) => {
    await standIn(home, replay("simple"));
    assertEquals((await claude(home, ["hi"])).code, 0);
    const path = `${home.path}/.zag/zag.db`;
    const db = new DatabaseSync(path);
    db.exec("PRAGMA user_version = 99");
    db.close();
    const { code, stdout, stderr } = await claude(home, ["hi"]);
    assertEquals([code, stdout], [1, ""]);
    assertStringIncludes(
      stderr,
      `error: Cannot use the session store "${path}": it has version 99`,
    );
    assertStringIncludes(stderr, "Update zag, or set ZAG_HOME to another directory");
    assertEquals((await home.logPaths()).length, 1);
  }),
);

Deno.test(
  "exec says which variable names no state directory",
  inHome(async (home) => {
    for (
      const [env, message] of [
        [{ HOME: undefined }, "Cannot find the home directory: HOME is not set"],
        [{ ZAG_HOME: "relative" }, 'Cannot use ZAG_HOME "relative": the path must be absolute'],
      ] as const
    ) {
      const { code, stderr } = await home.zag(["-p", "mock", "exec", "hi"], { env });
      assertEquals(code, 1);
      assert(stderr.startsWith(`error: ${message}`), stderr);
    }
  }),
);
