import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { inHome, mock } from "./support.ts";

/** The diagnostic logs of a home, each as its text. */
async function diagnostics(home: TestHome): Promise<string[]> {
  const directory = `${home.path}/.zag/logs`;
  const texts: string[] = [];
  try {
    for await (const { name } of Deno.readDir(directory)) {
      if (name.startsWith("zag-")) texts.push(await Deno.readTextFile(`${directory}/${name}`));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return texts;
}

Deno.test(
  "exec leaves no diagnostic log when all goes well, nor do commands that have nothing to say",
  inHome(async (home) => {
    assertEquals((await mock(home, [{ do: "say", text: "fine" }])).code, 0);
    for (const args of [["--version"], ["whoami"], ["gc"], ["exec", "--help"], ["exec", "--no"]]) {
      await home.zag(args);
    }
    assertEquals(await diagnostics(home), []);
  }),
);

Deno.test(
  "exec keeps what led to a failure, also when it is told to be quiet",
  inHome(async (home) => {
    const { code, stderr } = await mock(home, [{ do: "exit", code: 3 }], [
      "hi",
      "-q",
      "--env",
      "HARMLESS=my own value",
    ], { env: { SOME_API_KEY: "abcdef-0123456789" } });
    assert(code !== 0);
    assert(!stderr.includes("program: "), "the terminal shows no debug messages");
    const [text = "", ...others] = await diagnostics(home);
    assertEquals(others, []);
    assertMatch(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3} \[DEBUG\] /);
    assertMatch(text, /\[DEBUG\] program: .*\n[^]*\[INFO\] session [0-9a-f-]{36} of mock starts\n/);
    assertMatch(text, /\[ERROR\] [^\n]+\n$/);
    assertMatch(text, /\[DEBUG\] environment: .*HARMLESS/);
    assert(!text.includes("my own value") && !text.includes("abcdef-0123456789"), text);
  }),
);

Deno.test(
  "exec keeps what could not even be started, and -d keeps everything",
  inHome(async (home) => {
    await home.zag(["-p", "claude", "exec", "hi"]);
    const [failed = ""] = await diagnostics(home);
    assertMatch(failed, /\[ERROR\] /);
    await Deno.remove(`${home.path}/.zag/logs`, { recursive: true });
    const { stderr } = await mock(home, [{ do: "say", text: "fine" }], ["hi", "-d"]);
    const [text = ""] = await diagnostics(home);
    for (const line of stderr.split("\n").filter((line) => line.startsWith("* "))) {
      assert(text.includes(`[DEBUG] ${line.slice(2)}`), line);
    }
    assertMatch(text, /\[DEBUG\] program: /);
  }),
);
