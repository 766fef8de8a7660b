import { SELECTOR_TAG } from "../../src/sessions/resolve.ts";
import { message } from "../sessions/support.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { Pty } from "../support/pty.ts";
import { type TestHome, ZAG } from "../support/zag.ts";
import { LiveSession, start, tool } from "./follow_support.ts";
import { inHome, jsonLines, script } from "./support.ts";

/** A subscription that sees everything from now on. */
async function subscribe(home: TestHome, args: string[] = [], env?: Record<string, string>) {
  const running = start(home, ["subscribe", ...args], env);
  await running.err.waitFor("> Following ");
  return {
    ...running,
    /** Ends it, and returns what it printed. */
    async stop() {
      running.child.kill("SIGINT");
      const { code, out, err } = await running.end();
      assertEquals([code, err.replace(/^> Following .*\n/, "")], [130, ""]);
      return out;
    },
  };
}

/** `ID SEQ` of each event. */
function seen(out: string): string[] {
  return jsonLines(out).map(({ wrapper_session_id, seq }) => `${wrapper_session_id} ${seq}`);
}

Deno.test(
  "subscribe: prints the lines of all sessions from now on, those that start later included",
  inHome(async (home) => {
    const old = new LiveSession(home);
    old.write(message("old"));
    await using running = await subscribe(home);
    const later = new LiveSession(home);
    await running.out.waitFor(`"wrapper_session_id":"${later.id}"`);
    old.write(message("new"), message("newer"));
    await running.out.waitFor('"newer"');
    later.end();
    await running.out.waitFor('"session_ended"');
    const out = await running.stop();
    const expected = [`${later.id} 1`, `${old.id} 3`, `${old.id} 4`, `${later.id} 2`];
    assertEquals(seen(out), expected);
    const logs = (await Promise.all((await home.logPaths()).map((path) => Deno.readTextFile(path))))
      .join("");
    for (const line of out.trimEnd().split("\n")) assertStringIncludes(logs, line + "\n");
  }),
);

Deno.test(
  "subscribe: --tag and --filter choose; sessions in which zag chose an agent are left out",
  inHome(async (home) => {
    const tagged = new LiveSession(home, { tags: ["Ünit"] });
    const other = new LiveSession(home, { tags: ["x"] });
    const chooser = new LiveSession(home, { tags: [SELECTOR_TAG] });
    const filter = ["--filter", "Tool-Call", "--filter", "session_ended"];
    await using some = await subscribe(home, filter);
    await using few = await subscribe(home, ["--tag", "ünIT", ...filter]);
    await using chosen = await subscribe(home, ["--tag", SELECTOR_TAG]);
    for (const session of [chooser, other, tagged]) {
      session.write(tool("a"), message("b"));
      session.end();
    }
    await some.out.waitFor("session_ended", 2);
    for (const running of [few, chosen]) await running.out.waitFor("session_ended");
    assertEquals(
      seen(await some.stop()).toSorted(),
      [2, 4].flatMap((seq) => [`${tagged.id} ${seq}`, `${other.id} ${seq}`]).toSorted(),
    );
    assertEquals(seen(await few.stop()), [`${tagged.id} 2`, `${tagged.id} 4`]);
    assertEquals(seen(await chosen.stop()), [2, 3, 4].map((seq) => `${chooser.id} ${seq}`));
  }),
);

Deno.test(
  "subscribe: waits for the first session, in a home where there was none",
  inHome(async (home) => {
    await using running = await subscribe(home);
    const { code, stderr } = await home.zag(
      ["-p", "mock", "exec", "hi"],
      { env: script([{ do: "say", text: "hello" }]) },
    );
    assertEquals(code, 0, stderr);
    await running.out.waitFor('"session_ended"');
    const [log] = await home.logPaths();
    const out = await running.stop();
    assertEquals(out, (await Deno.readTextFile(log!)).slice(0, out.length));
    assertStringIncludes(out, '"hello"');
  }),
);

Deno.test(
  "subscribe: stays in the project; --global follows projects that are made later too",
  inHome(async (home) => {
    const project = async (name: string) => {
      const path = `${home.path}/${name}`;
      await Deno.mkdir(`${path}/.git`, { recursive: true });
      await Deno.writeTextFile(`${path}/.git/HEAD`, "ref: refs/heads/main\n");
      return path;
    };
    const [here, there] = [await project("here"), await project("there")];
    await using own = await subscribe(home, ["-r", here]);
    await using all = await subscribe(home, ["--global"]);
    const say = async (cwd: string, text: string) => {
      const env = script([{ do: "say", text }]);
      const { code, stderr } = await home.zag(["-p", "mock", "exec", "hi"], { cwd, env });
      assertEquals(code, 0, stderr);
    };
    await say(there, "outside");
    await say(here, "inside");
    await say(home.work, "nowhere");
    for (const text of ["outside", "inside", "nowhere"]) await all.out.waitFor(`"${text}"`);
    await own.out.waitFor('"session_ended"');
    const ids = new Set(jsonLines(await own.stop()).map(({ cwd }) => cwd).filter(Boolean));
    assertEquals([...ids], [here]);
    await all.stop();
  }),
);

Deno.test(
  "subscribe: nothing twice and nothing lost of many sessions at once, one being written anew",
  inHome(async (home) => {
    const sessions = Array.from({ length: 20 }, () => new LiveSession(home));
    await using running = await subscribe(home);
    for (let round = 0; round < 10; round++) {
      for (const session of sessions) session.write(message("m"), tool("t"));
      await new Promise((resolve) => setTimeout(resolve, round % 3));
    }
    const [first] = await home.logPaths();
    const text = await Deno.readTextFile(first!);
    await Deno.writeTextFile(`${first}.new`, text);
    await Deno.rename(`${first}.new`, first!);
    for (const session of sessions) session.end();
    await running.out.waitFor("session_ended", 20);
    const lines = seen(await running.stop());
    for (const { id } of sessions) {
      const seqs = lines.filter((line) => line.startsWith(id)).map((line) => line.split(" ")[1]);
      assertEquals(seqs, Array.from({ length: 21 }, (_, i) => `${i + 2}`));
    }
  }),
);

Deno.test(
  "subscribe: short lines at a terminal, without what would drive it; --json is JSON there too",
  inHome(async (home) => {
    const session = new LiveSession(home);
    const shown = async (args: string[], text: string) => {
      await using pty = new Pty(
        ZAG.program,
        [...ZAG.args, "subscribe", ...args],
        { cwd: home.work, env: home.env({ TERM: "xterm" }), columns: 200, rows: 30 },
      );
      await pty.waitFor("Ctrl-C ends");
      session.write(message(text));
      await pty.waitFor("and more");
      pty.type("\x03");
      assertEquals((await pty.waitForExit()).code, 130);
      return pty.text;
    };
    const text = await shown([], "two\nlines \x1b[2J\x9b2J and more");
    assertMatch(
      text,
      new RegExp(
        `\\n\\[${
          session.id.slice(0, 8)
        }\\] \\d\\d:\\d\\d:\\d\\d assistant_message: two\\\\nlines +and more`,
      ),
    );
    const json = await shown(["--json"], "c1 \x9b2J and more");
    assertStringIncludes(json, '"content":"c1 \\u009b2J and more"');
  }),
);
