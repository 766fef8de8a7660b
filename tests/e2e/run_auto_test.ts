/** `zag run -p auto` in a real terminal. */
import { Pty } from "../support/pty.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { type TestHome, ZAG } from "../support/zag.ts";
import { inHome, leftovers, script, waitFor } from "./support.ts";

/** Lets `claude` be a program that chooses itself when it is asked, and else waits for a line. */
async function interactiveClaude(home: TestHome): Promise<void> {
  const selection = '{"type":"result","subtype":"success","is_error":false,"session_id":"s",' +
    '"result":"claude small"}';
  await home.program(
    "claude",
    `#!/bin/sh
case "$*" in
  --version) echo "2.1.197 (Claude Code)";;
  *--output-format*) cat > /dev/null; echo '${selection}';;
  *) echo "interactive: $*"; read -r line; echo "got $line";;
esac
`,
  );
}

async function configure(home: TestHome, config: unknown): Promise<void> {
  await Deno.mkdir(`${home.path}/.zag`, { recursive: true });
  await Deno.writeTextFile(`${home.path}/.zag/zag.jsonc`, JSON.stringify(config));
}

function terminal(home: TestHome, env: Record<string, string> = {}): Pty {
  const args = [...ZAG.args, "run", "-p", "auto", "hello there"];
  return new Pty(ZAG.program, args, {
    cwd: home.work,
    env: home.env({ OLLAMA_HOST: "127.0.0.1:1", TERM: "xterm", ...env }),
    columns: 200,
  });
}

Deno.test(
  "run -p auto says what was chosen and hands the terminal to it",
  inHome(async (home) => {
    await interactiveClaude(home);
    await configure(home, { auto: { provider: "mock" } });
    await using pty = terminal(home, script([{ do: "say", text: "claude small" }]));
    await pty.waitFor("interactive:");
    pty.type("a line\r");
    assertEquals((await pty.waitForExit()).code, 0);
    assertMatch(
      pty.text,
      /^> Auto-selected: claude \(haiku\)\n✓ Claude Code initialized with model haiku\n> Session: /,
    );
    assertMatch(pty.text, /\ninteractive: .*--model=haiku/);
    assertStringIncludes(pty.text, "\ngot a line\n");
    assertEquals(home.rows("sessions").map(({ command }) => command), ["exec", "run"]);
  }),
);

Deno.test(
  "run -p auto asks once whether claude may choose, and leaves what is typed later to it",
  inHome(async (home) => {
    await interactiveClaude(home);
    await using pty = terminal(home);
    await pty.waitFor("Allow it from now on? [y/N] ");
    pty.type("y\r");
    await pty.waitFor("interactive:");
    pty.type("a line\r");
    assertEquals((await pty.waitForExit()).code, 0);
    assertStringIncludes(pty.text, "> Auto-selected: claude (haiku)\n");
    assertStringIncludes(pty.text, "\ngot a line\n");
  }),
);

Deno.test(
  "run -p auto gives up on Ctrl-C while the selector thinks",
  inHome(async (home) => {
    await interactiveClaude(home);
    await configure(home, { auto: { provider: "mock" } });
    const hanging = script([{ do: "run", command: ["sh", "-c", "echo > $HOME/here"] }, {
      do: "hang",
    }]);
    await using pty = terminal(home, hanging);
    await waitFor(
      "the selector",
      () => Deno.stat(`${home.path}/here`).then(() => true, () => undefined),
    );
    pty.type("\x03");
    assertEquals((await pty.waitForExit()).code, 130);
    assertEquals(await leftovers(home), []);
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["interrupted"]);
  }),
);
