/**
 * Very many calls of the library in one process. `ZAG_TEST_EXECS` sets how many; the aim is 1,000.
 */
import type { LogEvent } from "../../src/events/log_event.ts";
import { soundLog } from "../e2e/faults_support.ts";
import { inHome } from "../e2e/support.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { fromFileUrl } from "../support/paths.ts";
import { sizeOf } from "../support/size.ts";
import type { TestHome } from "../support/zag.ts";
import type { Findings, Kind, Run } from "./children/many.ts";

const EXECS = sizeOf("ZAG_TEST_EXECS", 160);
const PROGRAM = fromFileUrl(new URL("./children/many.ts", import.meta.url));

/** Of 1,000: 100 to 200, and 900 to 1,000. The first ones of a few still fill caches. */
const WINDOW = Math.max(20, Math.floor(EXECS / 10));
const FIRST = Math.max(40, Math.floor(EXECS / 10));

/** What may be held more at the end, in bytes: machine code, and the notes of the program itself. */
const HELD = 4 * 1024 ** 2;

/** What a tool says: much, so that it shows when a run is kept that is over. */
const OUTPUT = "0123456789".repeat(5000);

const SCRIPT = {
  turns: [
    { match: "hang", steps: [{ do: "say", text: "half" }, { do: "hang" }] },
    {
      steps: [
        { do: "tool", name: "read", input: { path: "a" }, output: OUTPUT },
        { do: "echo" },
      ],
    },
  ],
  after: "repeat-last",
};

/** Its answers are whole: nobody has left it. */
const WHOLE: readonly Kind[] = ["exec", "resumed", "stream"];

async function run(home: TestHome): Promise<Findings> {
  const script = `${home.path}/script.json`;
  const found = `${home.path}/found.json`;
  const temporary = `${home.path}/temporary`;
  await Deno.writeTextFile(script, JSON.stringify(SCRIPT));
  await Deno.mkdir(temporary);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      "--no-check",
      // The pool for young objects has its full size from the beginning: by itself it grows when V8
      // sees fit, by a fifth of all memory, and would be taken for a leak.
      "--v8-flags=--expose-gc,--min-semi-space-size=16,--max-semi-space-size=16",
      PROGRAM,
      String(EXECS),
      script,
      found,
    ],
    cwd: home.work,
    env: home.env({ PATH: "/usr/bin:/bin", TMPDIR: temporary }),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  assertEquals([code, text.decode(stdout), text.decode(stderr)], [0, "", ""]);
  assertEquals([...Deno.readDirSync(temporary)], []);
  return JSON.parse(await Deno.readTextFile(found));
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}

function checkMemory({ resident, held }: Findings): void {
  assertEquals(resident.length, EXECS);
  assert(EXECS >= FIRST + WINDOW, "too few to compare");
  const early = median(resident.slice(FIRST, FIRST + WINDOW));
  const late = median(resident.slice(-WINDOW));
  if (Deno.env.has("ZAG_TEST_EXECS")) {
    const megabytes = (bytes: number) => (bytes / 1024 ** 2).toFixed(1);
    console.log(
      `resident ${megabytes(early)} MiB, then ${megabytes(late)}: ${(late / early).toFixed(3)}; ` +
        `held ${megabytes(held.before)} MiB, then ${megabytes(held.after)}`,
    );
  }
  assert(late <= 1.1 * early, `resident memory grew from ${early} to ${late}`);
  assert(held.after - held.before <= HELD, `${held.before} bytes held became ${held.after}`);
}

function checkOpen(findings: Findings): void {
  const { most, files, listeners, timers, signalListeners, children } = findings;
  assertEquals(most, 16);
  const known = [...files.before];
  const more = files.after.filter((file) => {
    const index = known.indexOf(file);
    return index < 0 || known.splice(index, 1).length === 0;
  });
  assertEquals(more, [], "what is open");
  assert(listeners.added > EXECS && timers.started > EXECS, "somebody counts");
  assertEquals([listeners.left, timers.left, signalListeners, children], [0, 0, 0, 0]);
}

function said(lines: readonly LogEvent[], type: "user_message" | "assistant_message"): string[] {
  return lines.flatMap((line) => line.type === type ? [line.content] : []);
}

async function checkBooks(home: TestHome, runs: readonly Run[]): Promise<void> {
  const open = new Map(runs.map((run) => [run.prompts[0]!, run]));
  assertEquals(open.size, runs.length, "each prompt belongs to one run");
  const sessions = home.rows("sessions");
  for (const { session_id, log_path, outcome, ended_at, log_completeness } of sessions) {
    const lines = await soundLog(String(log_path));
    const [prompt = ""] = said(lines, "user_message");
    const run = open.get(prompt);
    assert(run, `"${prompt}" was asked, and once`);
    open.delete(prompt);
    assert(lines.every((line) => line.wrapper_session_id === session_id), prompt);
    const turns = run.prompts.length;
    const ends = lines.filter(({ type }) => type === "session_started" || type === "session_ended");
    assertEquals(
      ends.map(({ type }) => type),
      run.prompts.flatMap(() => ["session_started", "session_ended"]),
      prompt,
    );
    assertEquals([lines[0], lines.at(-1)], [ends[0], ends.at(-1)], prompt);
    assertEquals(said(lines, "user_message"), run.prompts);
    const answers = said(lines, "assistant_message");
    const isWhole = WHOLE.includes(run.kind);
    if (isWhole) {
      assertEquals([answers, run.answers], [run.prompts, run.prompts]);
      const outputs = lines.flatMap((line) => line.type === "tool_result" ? [line.output] : []);
      assertEquals(outputs.length, turns, prompt);
      assert(outputs.every((output) => output === OUTPUT), prompt);
    } else assert(answers.every((answer) => answer === "half"), prompt);
    assertEquals(outcome, isWhole ? "success" : "interrupted", prompt);
    assertEquals([ended_at, log_completeness], [lines.at(-1)!.ts, "full"], prompt);
  }
  // What is aborted before its agent was started may have no books.
  assertEquals([...open.values()].filter(({ kind }) => kind !== "abortedExec"), []);
  assertEquals((await home.logPaths()).length, sessions.length);
  assertEquals(home.rows("processes").filter(({ status }) => status === "running"), []);
  assertEquals([...Deno.readDirSync(`${home.path}/.zag/temp`)], []);
}

Deno.test(
  `AgentBuilder leaves nothing behind after ${EXECS} calls of exec() and others, 16 at a time`,
  inHome(async (home) => {
    const findings = await run(home);
    checkOpen(findings);
    checkMemory(findings);
    await checkBooks(home, findings.runs);
  }),
);
