import { commands } from "../../../src/cli/commands.ts";
import { run } from "../../../src/cli/app.ts";
import { topicsOf } from "../../../src/cli/man_page.ts";
import { TOPICS } from "../../../src/man/pages.ts";
import { inHome } from "../../e2e/support.ts";
import { fakeContext, type FakeContextOptions } from "../../fakes/context.ts";
import { Pty } from "../../support/pty.ts";
import { ZAG } from "../../support/zag.ts";
import { assert, assertEquals, assertStringIncludes } from "../../support/assert.ts";

async function man(args: readonly string[], options: FakeContextOptions = {}) {
  const ctx = fakeContext(options);
  const code = await run(["man", ...args], ctx);
  return { code, out: ctx.out, err: ctx.err };
}

const LISTED = commands.filter(({ hidden }) => !hidden).map(({ name }) => name);

Deno.test("man prints a page as Markdown where stdout is no terminal", async () => {
  const { code, out, err } = await man(["exec"], { env: { PAGER: "no-such-pager" } });
  assertEquals([code, err], [0, ""]);
  assert(out.startsWith("# zag exec\n"));
  assertStringIncludes(out, "\n```text\nzag [flags] exec [prompt]\n```\n");
  assertStringIncludes(out, "\n    --exit-on-failure ");
  assert(!out.includes("<!--") && !out.includes("\x1b"));
  assert(out.endsWith("\n") && !out.endsWith("\n\n"));
});

Deno.test("man without a topic is the overview, which names every page", async () => {
  const { out } = await man([]);
  assertEquals(out, (await man(["zag"])).out);
  for (const name of [...LISTED, "orchestration", "agents", "worktrees", "mock"]) {
    assert(new RegExp(`^${name} {2,}\\S`, "m").test(out), name);
  }
});

Deno.test("man takes a subcommand, and the program's name before a topic", async () => {
  const { out } = await man(["ps"]);
  assertEquals((await man(["ps", "kill"])).out, out);
  assertEquals((await man(["zag", "ps"])).out, out);
});

Deno.test("man refuses what has no page, with what is near and a list", async () => {
  const { code, out, err } = await man(["exce"]);
  assertEquals([code, out], [64, ""]);
  assertStringIncludes(err, 'error: Cannot show the manual of "exce": there is no such topic\n');
  assertStringIncludes(err, 'Did you mean "exec"?\n');
  assertStringIncludes(err, `Topics: ${[...LISTED, ...Object.keys(TOPICS)].join(", ")}\n`);
  assertStringIncludes((await man(["ps", "kil"])).err, 'Did you mean "kill"?');
  assertEquals((await man(["exec", "more"])).code, 64);
  assertEquals((await man(["background"])).code, 64);
});

Deno.test("man fits a page to the terminal, code excepted", async () => {
  for (const columns of [40, 60, 80, 200]) {
    const { out } = await man(["zag"], { stdoutTty: true, columns });
    // deno-lint-ignore no-control-regex
    const plain = out.replace(/\x1b\[[\d;]*m/g, "");
    const prose = plain.split("\n").filter((line) => line !== "" && !line.startsWith("  "));
    assert(prose.length > 20);
    // Prose is filled up to the width, and not beyond.
    const longest = Math.max(...prose.map((line) => line.length));
    const width = Math.min(columns, 100);
    assert(longest <= width && longest > width - 15, `${longest} of ${columns}`);
    for (const [index, line] of prose.slice(0, -1).entries()) {
      // A line ends where the next word has no room, or the paragraph ends.
      const next = plain.split("\n")[plain.split("\n").indexOf(line) + 1] ?? "";
      const word = prose[index + 1] === next ? next.split(" ")[0]! : "";
      assert(word === "" || line.length + 1 + word.length > width, `${line}|${next}`);
    }
    assert(!/^```|\|---/m.test(plain));
  }
});

Deno.test("man marks headings, flags and commands at a terminal", async () => {
  const { out } = await man(["exec"], { stdoutTty: true });
  assertStringIncludes(out, "\x1b[1;4mzag exec\x1b[0m");
  assertStringIncludes(out, "\x1b[1m    --exit-on-failure\x1b[0m ");
  assertStringIncludes(
    out,
    '  $ \x1b[36mzag exec --json "two colours"\x1b[0m\n  ["red","green"]\n',
  );
  assertStringIncludes(out, "\x1b[2m # a model chooses agent and model\x1b[0m");
  const plain = await man(["exec"], { stdoutTty: true, env: { NO_COLOR: "1" } });
  assert(!plain.out.includes("\x1b"));
});

Deno.test("man -k finds pages by name, by description and by text, in this order", async () => {
  const names = async (word: string) => {
    const { code, out, err } = await man(["-k", word]);
    assertEquals([code, err], [0, ""]);
    return out.split("\n").filter((line) => /^\w/.test(line)).map((line) => line.split(" ")[0]);
  };
  assertEquals((await names("retry"))[0], "retry");
  const found = await names("BACKGROUND");
  assertEquals(found.slice(0, 2), ["spawn", "retry"]);
  assert(found.includes("orchestration"));
  const { out } = await man(["-k", "reply-with"]);
  assertStringIncludes(out, "agents ");
  assertStringIncludes(out.replace(/\s+/g, " "), "`<reply-with>`");
});

Deno.test("man -k says when nothing is found, and takes no topic", async () => {
  const { code, out, err } = await man(["-k", "zyzzyva"]);
  assertEquals([code, out], [1, ""]);
  assertStringIncludes(err, 'error: Cannot find "zyzzyva" in the manual\n');
  assertEquals((await man(["-k", "json", "exec"])).code, 64);
  assertEquals((await man(["-k", " "])).code, 64);
});

Deno.test(
  "man shows a page through PAGER at a terminal, and without a shell",
  inHome(async (home) => {
    await home.program("my-pager", '#!/bin/sh\necho "pager: $LESS, $*"\nhead -1\nexit $STATUS\n');
    const show = async (changes: Record<string, string>) => {
      const env = home.env({ STATUS: "0", ...changes });
      await using pty = new Pty(ZAG.program, [...ZAG.args, "man", "exec"], {
        cwd: home.work,
        env,
      });
      const { code } = await pty.waitForExit();
      return [code, pty.text] as const;
    };
    assertEquals(await show({ PAGER: " my-pager  -a $(b) " }), [
      0,
      "pager: FRX, -a $(b)\nzag exec\n",
    ]);
    assertEquals((await show({ PAGER: "my-pager", LESS: "i" }))[1], "pager: i, \nzag exec\n");
    assertEquals(
      (await show({ PAGER: `my-pager -R "x y" 'a "b'\\ c ''` }))[1],
      'pager: FRX, -R x y a "b c \nzag exec\n',
    );
    for (
      const [PAGER, reason] of [["my-pager", "it ended with exit code 3"], [
        "my-pager 'x",
        "a quote",
      ]]
    ) {
      const [code, text] = await show({ PAGER: PAGER!, STATUS: "3" });
      assertEquals(code, 0);
      assertStringIncludes(text, `warning: PAGER is not used: ${reason}`);
      assertStringIncludes(text, "See also zag man run");
    }
    const [code, text] = await show({ PAGER: "no-such-pager" });
    assertEquals(code, 0);
    assertStringIncludes(text, "warning: PAGER is not used: ");
    assertStringIncludes(text, "See also zag man run");
  }),
);

Deno.test(
  "man leaves Ctrl-C to the pager, and ends when the pager has ended",
  inHome(async (home) => {
    await home.program(
      "my-pager",
      "#!/bin/sh\ntrap 'echo interrupted' INT\ncat >/dev/null\necho ready\n" +
        'read -r line </dev/tty || read -r line </dev/tty\necho "left by $line"\n',
    );
    await using pty = new Pty(ZAG.program, [...ZAG.args, "man", "exec"], {
      cwd: home.work,
      env: home.env({ PAGER: "my-pager" }),
    });
    await pty.waitFor("ready");
    pty.type("\x03");
    await pty.waitFor("interrupted");
    pty.type("q\r");
    assertEquals(await pty.waitForExit(), { code: 0, signal: 0 });
    assertStringIncludes(pty.text, "left by q\n");
  }),
);

Deno.test("man breaks the tables of every page for a terminal of 80 columns", async () => {
  for (const { name } of topicsOf(commands)) {
    const { out } = await man([name], { stdoutTty: true, columns: 80 });
    // deno-lint-ignore no-control-regex
    const wide = out.replace(/\x1b\[[\d;]*m/g, "").split("\n").filter((line) =>
      [...line].length > 80 && /\S {2,}\S/.test(line)
    )
      // A line that is to be typed stays whole.
      .filter((line) => !/^ *(?:\$ |zag |\w+=\$)| # /.test(line));
    assertEquals(wide, [], name);
  }
});

Deno.test("man prints no mark of a dash where stdout is no terminal", async () => {
  for (const { name } of topicsOf(commands)) {
    const { out } = await man([name]);
    assert(!/\\[-+>#](?=\s)/.test(out), name);
  }
});

Deno.test("man shows the documents about its topics, without links that lead nowhere", async () => {
  for (const topic of ["worktrees", "sandbox", "models", "mock"]) {
    const { code, out } = await man([topic]);
    assertEquals(code, 0);
    assert(/^# \w/.test(out) && out.length > 1000, topic);
    assert(!/\]\([^h]/.test(out), topic);
  }
});
