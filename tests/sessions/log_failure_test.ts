import { join } from "node:path";
import { LogAppender, type LogWriteError } from "../../src/sessions/log.ts";
import { readLog } from "../../src/sessions/log_reader.ts";
import { assert, assertEquals, assertExists, assertMatch } from "../support/assert.ts";
import { assertRising, childArgs, inTemp, jsonOf, message, wholeLines } from "./support.ts";

const UNIX = Deno.build.os !== "windows";
const LINUX = Deno.build.os === "linux";

interface FailureReport {
  appends: number;
  calls: string[];
  completenessBefore: string;
  completeness: string;
  failure: string;
  cause: string;
  text: string;
}

/** What must hold wherever the space runs out. */
function assertStoppedCleanly(report: FailureReport): void {
  assert(report.appends > 1, "some appends succeed before the space runs out");
  assert(report.appends < 1000, "the space runs out");
  assertEquals(report.calls, [report.failure]);
  assertEquals([report.completenessBefore, report.completeness], ["full", "partial"]);
  assert(report.text.endsWith("\n"), "no torn line is left");
  const lines = report.text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.map((line) => line.seq), lines.map((_, index) => index + 1));
  assert(lines.length > (report.appends - 1) * 7 - 1, "what was appended before is kept");
  assert(!report.text.includes("dropped"));
}

Deno.test({
  name: "LogAppender.append() stops at a whole line when the file may not grow",
  ignore: !UNIX,
  fn: () =>
    inTemp(async (dir) => {
      // The shell limits the size of files and ignores the signal that would end the program.
      const script = 'trap "" XFSZ; ulimit -f 40; exec "$0" "$@"';
      const path = join(dir, "s.jsonl");
      const args = childArgs("append_until_failure", [path]);
      const report = await jsonOf(
        new Deno.Command("sh", { args: ["-c", script, Deno.execPath(), ...args] }),
      ) as FailureReport;
      assertStoppedCleanly(report);
      assertMatch(report.failure, /^Cannot write the session log ".*": /);

      using log = LogAppender.reopen({ path, provider: "mock", sessionId: "s" });
      log.append([message("there is room again")]);
      assertEquals(log.failure, undefined);
      assertRising(wholeLines(path).map((line) => line.seq));
    }),
});

const mountsAllowed = LINUX && (await new Deno.Command("unshare", {
  args: ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"],
  stdout: "null",
  stderr: "null",
}).output().catch(() => ({ success: false }))).success;

Deno.test({
  name: "LogAppender.append() stops at a whole line when the disk is full (needs tmpfs mounts)",
  ignore: !mountsAllowed,
  fn: () =>
    inTemp(async (dir) => {
      const script = 'mount -t tmpfs -o size=64k none "$0" && exec "$@"';
      const args = childArgs("append_until_failure", [join(dir, "s.jsonl")]);
      const report = await jsonOf(
        new Deno.Command("unshare", {
          args: ["-rm", "sh", "-c", script, dir, Deno.execPath(), ...args],
        }),
      ) as FailureReport;
      assertStoppedCleanly(report);
      assertMatch(report.cause, /No space left/);
    }),
});

Deno.test({
  name: "LogAppender.append() reports a full device once and then drops entries",
  ignore: !LINUX,
  fn: () => {
    const calls: LogWriteError[] = [];
    using log = LogAppender.reopen({
      path: "/dev/full",
      provider: "mock",
      sessionId: "s",
      onFailure: (error) => calls.push(error),
    });
    assertEquals(log.failure, undefined);
    log.append([message("a")]);
    log.append([message("b")]);
    assertEquals(calls.length, 1);
    assertEquals(calls[0], log.failure);
    assertEquals(log.failure?.path, "/dev/full");
    assertEquals(log.completeness, "partial");
  },
});

Deno.test("LogAppender.create() with no place for the file is a log that has failed", async () => {
  await inTemp((dir) => {
    Deno.writeTextFileSync(join(dir, "file"), "");
    for (const open of [LogAppender.create, LogAppender.reopen]) {
      const calls: LogWriteError[] = [];
      using log = open({
        path: join(dir, "file", "sessions", "s.jsonl"),
        provider: "mock",
        sessionId: "s",
        onFailure: (error) => calls.push(error),
      });
      assertExists(log.failure);
      assertEquals(calls, [log.failure]);
      assertEquals(log.completeness, "partial");
      log.append([message("a")]);
      assertEquals(calls.length, 1);
    }
  });
});

Deno.test({
  name: "LogAppender survives a writer that is killed in the middle of its work, again and again",
  ignore: !UNIX,
  fn: () =>
    inTemp(async (dir) => {
      const path = join(dir, "s.jsonl");
      const rounds = 6;
      for (let round = 0; round < rounds; round++) {
        const before = sizeOf(path);
        const child = new Deno.Command(Deno.execPath(), {
          args: childArgs("append_forever", [path]),
          stdin: "null",
          stdout: "null",
          stderr: "null",
        }).spawn();
        try {
          await untilGrown(path, before + 1_000_000);
        } finally {
          child.kill("SIGKILL");
          await child.status;
        }
      }
      const seqs: number[] = [];
      let bad = 0;
      for await (const line of readLog(path)) {
        if (line.event === undefined) bad++;
        else seqs.push(line.event.seq);
      }
      assert(seqs.length > rounds * 500);
      assert(bad <= rounds, `${bad} torn lines in ${rounds} rounds`);
      assertRising(seqs);
      using log = LogAppender.reopen({ path, provider: "mock", sessionId: "s" });
      log.append([message("last")]);
      assert(Deno.readTextFileSync(path).endsWith("\n"));
    }),
});

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}

async function untilGrown(path: string, size: number): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (sizeOf(path) < size) {
    assert(Date.now() < deadline, "the child writes");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
