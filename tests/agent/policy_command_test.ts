import { askCommand } from "../../src/agent/policy_command.ts";
import { isAlive, type ProcessIdentity, startTimeOf } from "../../src/processes/process_table.ts";
import type { PermissionQuestion } from "../../src/sessions/permission_files.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { waitFor } from "../support/living.ts";

const QUESTION: PermissionQuestion = {
  ...{ id: "q1", session_id: "s", provider: "mock", tool_name: "shell", kind: "shell" },
  ...{ description: "touch made", input: {}, cwd: "/work", asked_at: "2026-01-02T03:04:05.000Z" },
};

/** What a command answers that may leave `sleep` running as $LEFT; that is ended. */
async function answered(command: string, input: unknown = {}, drainMs = 60_000) {
  const cwd = await Deno.makeTempDir();
  const env = { PATH: Deno.env.get("PATH")!, LEFT: `${cwd}/left` };
  const left = (): ProcessIdentity | undefined => {
    const pid = Number(readIfThere(env.LEFT)) || undefined;
    const startTime = pid && startTimeOf(pid);
    return pid && startTime ? { pid, startTime } : undefined;
  };
  const lives = () => {
    const process = left();
    return process !== undefined && isAlive(process);
  };
  try {
    const { signal } = new AbortController();
    const asked = { ...QUESTION, input };
    const reasons: string[] = [];
    const broken = (reason: string) => void reasons.push(reason);
    const options = { command, env, cwd, signal, broken, patienceMs: 20_000, drainMs };
    const answer = await askCommand(asked, options);
    return { answer, left: lives(), reasons };
  } finally {
    if (lives()) {
      Deno.kill(left()!.pid, "SIGKILL");
      await waitFor("its end", () => lives() ? undefined : true, 20_000);
    }
    await Deno.remove(cwd, { recursive: true });
  }
}

function readIfThere(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

/** So long the output is waited for that nobody ends. */
const SOON = 200;
/** The same where something has to be read in this time. */
const LATER = 3000;
const LEAVE = 'sleep 600 & echo $! > "$LEFT"';

Deno.test("askCommand() takes silence for a yes only where it is known that nothing more comes", async () => {
  assertEquals((await answered("true")).answer.granted, true);
  const { answer, reasons } = await answered(`${LEAVE}`, {}, SOON);
  assertEquals([answer.granted, reasons], [false, [answer.reason]]);
  assertStringIncludes(answer.reason!, "did not end its output");
});

Deno.test("askCommand() hears what is said behind the end of the command", async () => {
  // It speaks when the shell above it is gone.
  const late = "'while kill -0 $0 2>&-; do sleep 0.05; done; echo deny not that'";
  const { answer } = await answered(`sh -c ${late} $$ & exit 0`);
  assertEquals([answer.granted, answer.reason], [false, "not that"]);
});

Deno.test("askCommand() does not wait for more behind a whole word", async () => {
  const { answer, left } = await answered(`echo allow for once; ${LEAVE}`, {}, LATER);
  assertEquals([answer.granted, answer.reason], [true, "for once"]);
  assert(left, "what it has left running goes on");
  const { answer: half } = await answered(`printf allow; ${LEAVE}`, {}, SOON);
  assertEquals(half.granted, false);
});

Deno.test("askCommand() does not believe what was cut off", async () => {
  const { answer, reasons } = await answered("echo allow; yes | head -c 40000");
  const reason = "the command that was asked said too much";
  assertEquals([answer.granted, answer.reason, reasons], [false, reason, [reason]]);
});

Deno.test("askCommand() does not wait for a stdin that nobody reads", async () => {
  const { answer, left } = await answered(
    'exec 3<&0; sleep 600 <&3 >&- 2>&- & echo $! > "$LEFT"; echo allow',
    "x".repeat(200_000),
    LATER,
  );
  assertEquals([answer.granted, answer.by, left], [true, "command", false]);
});
