/** The index where the disk takes nothing more. */
import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { type Finished, type TestHome, ZAG } from "../support/zag.ts";
import { inHome, mock } from "./support.ts";

const mountsAllowed = Deno.build.os === "linux" && (await new Deno.Command("unshare", {
  args: ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"],
  stdout: "null",
  stderr: "null",
}).output().catch(() => ({ success: false }))).success;

/** Runs zag behind a mount of its own. */
async function mounted(home: TestHome, mount: string, args: string[]): Promise<Finished> {
  const script = `${mount}; exec "$@"`;
  const { code, signal, stdout, stderr } = await new Deno.Command("unshare", {
    args: ["-rm", "sh", "-c", script, "sh", ZAG.program, ...ZAG.args, ...args],
    env: home.env({ STATE: `${home.path}/.zag` }),
    clearEnv: true,
    cwd: home.work,
  }).output();
  const text = new TextDecoder();
  return { code, signal, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

const READ_ONLY = 'mount --bind "$STATE" "$STATE"; mount -o remount,ro,bind "$STATE"';
const LIST = ["session", "list", "--json"];

Deno.test({
  name: "commands read an index that cannot be written (needs mounts)",
  ignore: !mountsAllowed,
  fn: inHome(async (home) => {
    await mock(home, [{ do: "say", text: "kept" }], ["hi", "--name", "n"]);
    const listed = await home.zag(LIST);
    const readOnly = await mounted(home, READ_ONLY, LIST);
    assertEquals([readOnly.code, readOnly.stdout], [0, listed.stdout]);
    assertMatch(readOnly.stderr, /^(warning: what is shown may be out of date: .*\n)?$/);
    assertEquals((await mounted(home, READ_ONLY, ["output", "n"])).stdout, "kept\n");
    const changed = await mounted(home, READ_ONLY, ["session", "update", "n", "--name", "m"]);
    assertEquals([changed.code, changed.stdout], [1, ""]);
    assertMatch(changed.stderr, /error: Cannot use the session store .*readonly database/);
    assertEquals(home.rows("sessions").map(({ name }) => name), ["n"]);
  }),
});

Deno.test({
  name: "session update and delete change no log when the index takes no changes (needs mounts)",
  ignore: !mountsAllowed,
  fn: inHome(async (home) => {
    await mock(home, [{ do: "say", text: "kept" }], ["hi", "--name", "n"]);
    const [log] = await home.logPaths();
    const before = await Deno.readTextFile(log!);
    // The database as a file that cannot be written, in a directory that can.
    const fixed = 'mount --bind "$STATE/zag.db" "$STATE/zag.db"; ' +
      'mount -o remount,ro,bind "$STATE/zag.db"';
    for (const args of [["delete", "n"], ["update", "n", "--tag", "t"]]) {
      const { code, stdout, stderr } = await mounted(home, fixed, ["session", ...args]);
      assertEquals([code, stdout], [1, ""]);
      assertMatch(stderr, /error: Cannot use the session store .*readonly database/);
    }
    assertEquals(await Deno.readTextFile(log!), before);
    assertEquals(home.rows("sessions").map(({ name, tags }) => [name, tags]), [["n", "[]"]]);
  }),
});

Deno.test({
  name: "commands read an index on a disk that is full (needs mounts)",
  ignore: !mountsAllowed,
  fn: inHome(async (home) => {
    await mock(home, [{ do: "say", text: "kept" }], ["hi", "--name", "n"]);
    const listed = await home.zag(LIST);
    const full = 'cp -a "$STATE" "$STATE.copy"; mount -t tmpfs -o size=2m none "$STATE"; ' +
      'cp -a "$STATE.copy/." "$STATE"; cat /dev/zero > "$STATE/x" 2> "$STATE.copy/why"';
    const { code, stdout } = await mounted(home, full, LIST);
    assertEquals([code, stdout], [0, listed.stdout]);
    assertStringIncludes(await Deno.readTextFile(`${home.path}/.zag.copy/why`), "No space");
  }),
});

for (
  const [what, mount, reason, advice] of [
    ["is read-only", 'mount -t tmpfs -o ro none "$STATE"', /Read-only/, "directory writable"],
    [
      "is full",
      'mount -t tmpfs -o size=64k none "$STATE"; head -c 65536 /dev/zero > "$STATE/x"',
      /full|No space/,
      "Make room on the disk",
    ],
  ] as const
) {
  Deno.test({
    name: `commands say what to do where there is no index yet and the disk ${what} (needs mounts)`,
    ignore: !mountsAllowed,
    fn: inHome(async (home) => {
      await Deno.mkdir(`${home.path}/.zag`);
      const { code, stdout, stderr } = await mounted(home, mount, LIST);
      assertEquals([code, stdout], [1, ""]);
      assertMatch(stderr, /^error: Cannot use the session store ".*zag\.db": /);
      assertMatch(stderr, reason);
      assertStringIncludes(stderr, advice);
    }),
  });
}

Deno.test(
  "commands say what to do when the state directory cannot be made",
  inHome(async (home) => {
    await Deno.writeTextFile(`${home.path}/file`, "");
    const { code, stderr } = await home.zag(LIST, { env: { ZAG_HOME: `${home.path}/file/state` } });
    assertEquals(code, 1);
    assertMatch(stderr, /^error: Cannot create directory "/);
    assertStringIncludes(stderr, "Move the file away, or set ZAG_HOME to a directory");
  }),
);
