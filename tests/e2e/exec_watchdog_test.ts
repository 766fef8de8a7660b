/** Agents that are silent: which deadline ends them, and which of them are started once more. */
import type { Step } from "../../src/providers/mock/script.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { delay } from "../../src/delay.ts";
import type { TestHome } from "../support/zag.ts";
import {
  claude,
  inHome,
  jsonLines,
  livingWith,
  mock,
  onlyLog,
  replay,
  script,
  standIn,
  waitFor,
} from "./support.ts";

/** A mock agent that prints nothing before these steps do. */
function quiet(...steps: Step[]): { ZAG_MOCK_SCRIPT: string } {
  return { ZAG_MOCK_SCRIPT: JSON.stringify({ turns: [{ init: false, steps }] }) };
}

/** Lets `claude` do one thing when it is started for the first time, and work well the next time. */
async function fallsShort(home: TestHome, first: string): Promise<void> {
  await standIn(
    home,
    `printf '%s\\n' "$@" >> "$HOME/seen/all"
echo >> "$HOME/seen/starts"
if [ "$(wc -l < "$HOME/seen/starts")" -eq 1 ]; then cat > /dev/null; ${first}; fi
${replay("simple")}`,
  );
}

/** How often a stand-in was started. */
async function starts(home: TestHome): Promise<number> {
  return (await Deno.readTextFile(`${home.path}/seen/starts`)).length;
}

async function setting(home: TestHome, key: string, value: string): Promise<void> {
  assertEquals((await home.zag(["config", key, value])).code, 0);
}

const AGAIN = "; it is started once more\n";

/** So long an agent may be silent: the next start of it has to speak in this time, also when all is slow. */
const PATIENCE = "5s";

for (
  const [what, first, why, patience] of [
    ["hangs", "exec sleep 600", `gave no sign of life for ${PATIENCE} and was ended`, PATIENCE],
    ["ends without a word", "exit 3", "ended without a word (exit code 3)", "1m"],
    ["ends well without a word", "exit 0", "ended without a word (exit code 0)", "1m"],
    ["breaks", "kill -SEGV $$", "was ended by SIGSEGV before its first word", "1m"],
  ] as const
) {
  Deno.test(
    `exec starts an agent once more that ${what} before its first byte`,
    inHome(async (home) => {
      await fallsShort(home, first);
      const { code, stdout, stderr } = await claude(home, ["--first-byte-timeout", patience, "hi"]);
      assertEquals([code, stderr], [0, `warning: Claude Code ${why}${AGAIN}`]);
      assert(stdout.length > 0);
      assertEquals(await starts(home), 2);
      const log = await onlyLog(home);
      const warnings = log.filter(({ type }) => type === "user_event");
      assertEquals(warnings.map(({ level, message }) => [level, message]), [
        ["warn", `Claude Code ${why}${AGAIN.trimEnd()}`],
      ]);
      assertEquals(log.filter(({ type }) => type === "user_message").length, 1);
      assertEquals(log.filter(({ type }) => type === "session_ended").length, 1);
      assertEquals([home.rows("sessions").length, home.rows("processes").length], [1, 1]);
      assertEquals(home.rows("sessions")[0]?.outcome, "success");
    }),
  );
}

Deno.test(
  "exec --first-byte-timeout ends the second start, too, and says which deadline it was",
  inHome(async (home) => {
    const args = ["-p", "mock", "exec", "--first-byte-timeout", "1s", "-o", "json", "hi"];
    const env = quiet({ do: "hang" });
    const { code, stdout, stderr } = await home.zag(args, { env });
    const error =
      "Mock agent gave no sign of life for 1s and was ended: zag waited for the first " +
      "output of a second start (--first-byte-timeout)";
    assertEquals(code, 124);
    assertStringIncludes(stderr, AGAIN);
    const [document] = jsonLines(stdout);
    assertEquals([document?.is_error, document?.error_message], [true, error]);
    const log = await onlyLog(home);
    assertEquals(log.filter(({ type }) => type === "user_event").length, 1);
    const { outcome, error: logged } = log.at(-1)!;
    assertEquals([outcome, logged], ["timeout", error]);
    const [session] = home.rows("sessions");
    const id = String(session?.session_id);
    assertEquals([session?.outcome, session?.error], ["timeout", error]);
    const shown = await home.zag(["session", "show", id]);
    assertStringIncludes(shown.stdout.replaceAll(/\s+/g, " "), error);
    assertStringIncludes((await home.zag(["status", id, "--json"])).stdout, error);
  }),
);

Deno.test(
  "exec gives the second start an id of its own where the first has begun a file",
  inHome(async (home) => {
    const folder = `.claude/projects/${home.work.replaceAll(/[^A-Za-z0-9]/g, "-")}`;
    const line = { type: "user", message: { role: "user", content: "hi" } };
    const begin = (more: string) => `
      for word; do case "$word" in --session-id=*) id="\${word#*=}";; esac; done
      mkdir -p "$HOME/${folder}"
      printf '%s\\n' '${JSON.stringify(line)}' ${more} > "$HOME/${folder}/$id.jsonl"
      exec sleep 600`;
    await fallsShort(home, begin(""));
    const ran = await claude(home, ["--first-byte-timeout", PATIENCE, "hi"]);
    assertEquals(ran.code, 0, ran.stderr);
    const given = (await Deno.readTextFile(`${home.path}/seen/all`)).split("\n");
    const ids = given.flatMap((word) => /^--session-id=(.*)/.exec(word)?.[1] ?? []);
    const [session] = home.rows("sessions");
    assertEquals([ids.length, ids[0]], [2, session?.session_id]);
    assert(ids[1] !== ids[0]);

    // With an answer in its file the agent has begun, though nobody has heard of it.
    const answer = {
      type: "assistant",
      message: { id: "m", role: "assistant", content: [{ type: "text", text: "I" }] },
    };
    await Deno.remove(`${home.path}/seen`, { recursive: true });
    await fallsShort(home, begin(`'${JSON.stringify(answer)}'`));
    const begun = await claude(home, ["--first-byte-timeout", PATIENCE, "hi"]);
    assertEquals([begun.code, await starts(home)], [124, 1]);
  }),
);

Deno.test(
  "exec starts no agent once more where anything may have happened",
  inHome(async (home) => {
    const cases: [string, string, number][] = [
      ["it has said why", "echo 'no key' >&2; exit 3", 2],
      ["it has printed a byte", "printf x; exit 3", 2],
      ["it has printed what means nothing", "echo; exit 3", 2],
      ["somebody has killed it", "kill -KILL $$", 2],
      ["somebody has interrupted it", "exit 130", 2],
    ];
    for (const [what, first, code] of cases) {
      await Deno.remove(`${home.path}/seen`, { recursive: true }).catch(() => {});
      await fallsShort(home, first);
      const ran = await claude(home, ["hi"]);
      assertEquals([what, ran.code, await starts(home)], [what, code, 1]);
    }
    await Deno.remove(`${home.path}/seen`, { recursive: true });
    await fallsShort(home, "exit 3");
    const text = await claude(home, ["-o", "text", "hi"]);
    assertEquals([text.code, await starts(home)], [2, 1], "silence says nothing without events");
    await Deno.remove(`${home.path}/seen`, { recursive: true });
    await fallsShort(home, "exec sleep 600");
    const lines = await claude(home, ["-i", "stream-json", "--first-byte-timeout", PATIENCE], {
      stdin: '{"type":"user_message","content":"hi"}\n',
    });
    assertEquals([lines.code, await starts(home)], [124, 1], "the message cannot be read again");
  }),
);

Deno.test(
  "exec starts no agent once more that a person ends",
  inHome(async (home) => {
    const child = home.spawn(["-p", "mock", "exec", "--first-byte-timeout", "1m", "hi"], {
      env: quiet({ do: "hang" }),
    });
    await waitFor(
      "the agent",
      async () =>
        (await livingWith(`HOME=${home.path}`)).some(({ command }) => /mock-agent/.test(command)) ||
        undefined,
    );
    child.kill("SIGINT");
    const { code, stderr } = await child.output();
    assertEquals([code, new TextDecoder().decode(stderr).includes(AGAIN)], [130, false]);
  }),
);

Deno.test(
  "exec with watchdog.retry false starts no agent once more",
  inHome(async (home) => {
    await setting(home, "watchdog.retry", "false");
    await fallsShort(home, "exit 3");
    const { code, stderr } = await claude(home, ["hi"]);
    assertEquals([code, await starts(home)], [2, 1]);
    assertMatch(stderr, /^error: Claude Code ended without a result \(exit code 3\)\n/);
  }),
);

Deno.test(
  "exec takes its deadlines from a flag, then of the provider, then of all",
  inHome(async (home) => {
    const asking = (...steps: Step[]) => async (...args: string[]) => {
      const ran = await home.zag(["-p", "mock", "exec", ...args, "hi"], { env: quiet(...steps) });
      return [ran.code, ran.stdout];
    };
    const late = asking({ do: "sleep", ms: 1800 }, { do: "say", text: "late" });
    const never = asking({ do: "hang" });
    await setting(home, "watchdog.first_byte_secs", "1");
    assertEquals(
      await Promise.all([
        never(),
        late("--first-byte-timeout", "off"),
        late("--first-byte-timeout", "1m"),
        // Its text comes when it is ready, so that silence says nothing.
        late("-o", "text"),
        never("-o", "text", "--first-byte-timeout", "1"),
      ]),
      [[124, ""], [0, "late\n"], [0, "late\n"], [0, "late\n"], [124, ""]],
    );
    await setting(home, "watchdog.providers.mock.first_byte_secs", "0");
    assertEquals(await late(), [0, "late\n"]);

    // Its first word has to come in this time, too.
    await setting(home, "watchdog.idle_secs", "6");
    const idle = await mock(home, [{ do: "say", text: "a" }, { do: "hang" }]);
    assertEquals(idle.code, 124);
    assertStringIncludes(idle.stderr, "for further output (watchdog.idle_secs)");
    await setting(home, "watchdog.idle_secs", "1");
    const pause: Step[] = [{ do: "say", text: "a" }, { do: "sleep", ms: 1800 }];
    assertEquals((await mock(home, pause, ["--idle-timeout", "off", "hi"])).code, 0);
    await setting(home, "watchdog.providers.mock.idle_secs", "60");
    assertEquals((await mock(home, pause)).code, 0);
  }),
);

Deno.test(
  "exec --idle-timeout does not fire in the moment in which a stopped zag goes on",
  inHome(async (home) => {
    const steps: Step[] = [
      { do: "say", text: "one" },
      { do: "sleep", ms: 4000 },
      { do: "say", text: "two" },
    ];
    const child = home.spawn(["-p", "mock", "exec", "--idle-timeout", "10s", "hi"], {
      env: script(steps),
    });
    const reader = child.stdout.getReader();
    await reader.read();
    const all = (await livingWith(`HOME=${home.path}`)).map(({ pid }) => pid);
    assert(all.length >= 2, "zag and its agent");
    for (const pid of all) Deno.kill(pid, "SIGSTOP");
    // The subject itself: for longer than the deadline nothing runs, and zag wakes up first.
    await delay(12_000);
    Deno.kill(child.pid, "SIGCONT");
    await delay(500);
    for (const pid of all) Deno.kill(pid, "SIGCONT");
    reader.releaseLock();
    const { code, stderr } = await child.status.then(async ({ code }) => ({
      code,
      stderr: await new Response(child.stderr as BodyInit).text(),
    }));
    await child.stdout.cancel();
    assertEquals([code, stderr], [0, ""]);
    assertEquals((await onlyLog(home)).at(-1)?.outcome, "success");
  }),
);
