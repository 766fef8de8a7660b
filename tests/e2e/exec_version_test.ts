/** Flags that depend on the version of the agent's program. */
import { assertEquals } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { claude, CLAUDE_OUTPUT, inHome, onlyLog } from "./support.ts";

/** A `claude` of this version, which keeps its arguments and counts who asked for its version. */
async function install(home: TestHome, answer: string): Promise<void> {
  await home.program(
    "claude",
    `#!/bin/sh
if [ "$1" = --version ]; then echo asked >> "${home.path}/asked"; ${answer}; exit; fi
printf '%s\\n' "$@" > "$HOME/args"
cat > /dev/null
cat '${CLAUDE_OUTPUT}simple/stdout.ndjson'
`,
  );
}

async function asked(home: TestHome): Promise<number> {
  const text = await Deno.readTextFile(`${home.path}/asked`).catch(() => "");
  return text.split("\n").length - 1;
}

/** Goes on with a session and a system prompt; tells whether the prompt of the session is freed. */
async function isFreed(home: TestHome): Promise<boolean> {
  const [first] = await onlyLog(home);
  const id = String(first?.wrapper_session_id);
  const ran = await claude(home, ["--resume", id, "--system-prompt", "Be brief.", "two"]);
  assertEquals(ran.code, 0, ran.stderr);
  const args = (await Deno.readTextFile(`${home.path}/args`)).split("\n");
  return args.includes("--system-prompt-snapshot=off");
}

const rows: [string, string, boolean, number][] = [
  ["an old version", "echo '2.1.197 (Claude Code)'", false, 1],
  ["a new version", "echo '2.1.330 (Claude Code)'", true, 1],
  ["a version that it does not tell", "exit 3", false, 2],
];

for (const [title, answer, expected, times] of rows) {
  Deno.test(
    `exec --resume --system-prompt fits the flags to ${title}, and looks for it once`,
    inHome(async (home) => {
      await install(home, answer);
      await claude(home, ["--system-prompt", "Be long.", "one"]);
      assertEquals(await asked(home), 0);
      assertEquals(await isFreed(home), expected);
      assertEquals(await isFreed(home), expected);
      // One that does not answer in a home of its own is asked again in the real one.
      assertEquals(await asked(home), times);
    }),
  );
}
