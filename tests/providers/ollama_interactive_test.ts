/** `zag -p ollama run` in a real terminal, with a program that stands in for Ollama's own. */
import { type OllamaHome, withOllama } from "../e2e/ollama_support.ts";
import { onlyLog } from "../e2e/support.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { Pty } from "../support/pty.ts";
import { ZAG } from "../support/zag.ts";
import { noteProof } from "./agent_home.ts";

/** Talks as `ollama run` does, and ends at `/bye`. */
const STAND_IN = `#!/bin/sh
[ "$1" = --version ] && { echo "ollama version is 0.40.12"; exit; }
printf '%s\\n' "$@" > "$HOME/args"
[ -t 0 ] && [ -t 1 ] || { echo "no terminal" >&2; exit 9; }
stty -echo
while printf '>>> '; read -r line; do
  case "$line" in
    /bye) stty echo; exit 0;;
    /fail) stty echo; exit 3;;
  esac
  echo "you said $line"
done
`;

/** Runs \`zag -p ollama run\` in a terminal until it ends. */
async function inTerminal(
  { home, env }: OllamaHome,
  args: readonly string[],
  person: (pty: Pty) => Promise<void>,
): Promise<{ code: number; text: string }> {
  await using pty = new Pty(
    ZAG.program,
    [...ZAG.args, "-p", "ollama", "run", ...args],
    { cwd: home.work, env: home.env({ ...env, TERM: "xterm-256color" }), columns: 100, rows: 30 },
  );
  await person(pty);
  const { code } = await pty.waitForExit();
  return { code, text: pty.text };
}

async function argsOf({ home }: OllamaHome): Promise<string[]> {
  return (await Deno.readTextFile(`${home.path}/args`)).trimEnd().split("\n");
}

Deno.test("ollama run is Ollama's own program, with the terminal to itself", async () => {
  const run = withOllama({}, async (ollama) => {
    await ollama.home.program("ollama", STAND_IN);
    const { code } = await inTerminal(ollama, [], async (pty) => {
      let at = await pty.waitFor(">>> ");
      pty.type("hello\r");
      at = await pty.waitFor("you said hello", at);
      pty.type("/bye\r");
    });
    assertEquals(code, 0);
    assertEquals(await argsOf(ollama), ["run", "qwen3.5:9b"]);
    assertEquals(ollama.home.rows("sessions").map((row) => row.outcome), ["success"]);
    const log = await onlyLog(ollama.home);
    assertEquals([log[0]?.type, log.at(-1)?.type], ["session_started", "session_ended"]);
    assertEquals(ollama.server.requests, []);
  });
  await run();
  await noteProof("ollama", ["interactive"]);
});

Deno.test("ollama run asks for the size and the model that were named", async () => {
  const run = withOllama({}, async (ollama) => {
    await ollama.home.program("ollama", STAND_IN);
    for (
      const [args, model] of [[["--size", "35b"], "qwen3.5:35b"], [
        ["-m", "gemma4:e4b"],
        "gemma4:e4b",
      ]] as const
    ) {
      const { code } = await inTerminal(ollama, args, async (pty) => {
        await pty.waitFor(">>> ");
        pty.type("/fail\r");
      });
      assertEquals(await argsOf(ollama), ["run", model]);
      assertEquals(code, 2);
    }
  });
  await run();
  await noteProof("ollama", ["model"]);
});

Deno.test(
  "ollama run refuses what Ollama's program cannot be given",
  withOllama({}, async (ollama) => {
    await ollama.home.program("ollama", STAND_IN);
    for (
      const [args, named] of [[["hi"], "a prompt"], [["--system-prompt", "x"], "system"]] as const
    ) {
      const { code, text } = await inTerminal(ollama, args, async () => {});
      assertEquals(code, 1);
      assertStringIncludes(text, named);
      assertStringIncludes(text, "zag exec");
    }
    await ollama.zag(["exec", "hi"]);
    const id = String(ollama.home.rows("sessions")[0]?.session_id);
    const { code, text } = await inTerminal(ollama, ["--resume", id], async () => {});
    assertEquals(code, 1);
    assertStringIncludes(text, "zag exec --resume");
    assertEquals(await Deno.stat(`${ollama.home.path}/args`).catch(() => null), null);
    assertEquals((await ollama.home.logPaths()).length, 1);
  }),
);

Deno.test(
  "ollama run says how to install Ollama; exec does not need it",
  withOllama({}, async (ollama) => {
    const env = { ...ollama.env, PATH: ollama.home.bin };
    const { code, text } = await inTerminal({ ...ollama, env }, [], async () => {});
    assertEquals(code, 2);
    assertMatch(text, /no program "ollama".*\n.*\n.*https:\/\/ollama\.com\/install/);
    const ran = await ollama.zag(["exec", "hi"], { env });
    assertEquals(ran.stdout, "You said: hi\n", ran.stderr);
  }),
);
