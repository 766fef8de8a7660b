/**
 * A log far larger than what fits into a terminal, or a model. `ZAG_TEST_LOG_MB` sets its size; the aim
 * is 1000.
 */
import { measure } from "../../scripts/bench/measure.ts";
import { zagCommand } from "../../scripts/bench/options.ts";
import { LogAppender } from "../../src/sessions/log.ts";
import { closingLine, lastSegment, readLog, resultOf } from "../../src/sessions/log_reader.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { sizeOf } from "../support/size.ts";
import type { TestHome } from "../support/zag.ts";
import { growLog } from "./faults_support.ts";
import { inHome, mock } from "./support.ts";

const MEGABYTES = sizeOf("ZAG_TEST_LOG_MB", 60);
const MIB = 1024 ** 2;

/** What a command may take more for a large log than for a small one, in MiB. */
const MORE = {
  /** It reads the end. */
  end: 32,
  /** It reads all, and the collector takes its time. */
  all: 160,
};

const COMMANDS: readonly [args: string[], more: keyof typeof MORE][] = [
  [["status", "ID"], "end"],
  [["session", "show", "ID"], "end"],
  [["output", "ID"], "end"],
  [["env", "ID"], "end"],
  [["log", "--session", "ID", "beside"], "end"],
  [["events", "ID", "--last", "5"], "end"],
  [["listen", "ID", "--tail", "5"], "end"],
  [["exec", "--resume", "ID", "on"], "end"],
  [["events", "ID", "--count"], "all"],
  [["summary", "ID"], "all"],
  [["search", "no such words"], "all"],
];

async function sessionOf(home: TestHome): Promise<{ id: string; path: string }> {
  const id = crypto.randomUUID();
  await mock(home, [{ do: "say", text: "the answer" }], ["hi", "--session", id]);
  const path = (await home.logPaths()).find((path) => path.includes(id))!;
  return { id, path };
}

/** The most memory that zag ever held, in MiB. */
async function peakOf(home: TestHome, args: readonly string[], id: string): Promise<number> {
  const zag = zagCommand();
  const { peakBytes } = await measure({
    command: zag.command,
    args: [...zag.args, ...args.map((arg) => arg === "ID" ? id : arg)],
    env: home.env(),
    cwd: home.work,
  }, { memory: true });
  return (peakBytes ?? 0) / MIB;
}

Deno.test(
  `no command takes memory in proportion to a log of ${MEGABYTES} MB`,
  inHome(async (home) => {
    const small = await sessionOf(home);
    const large = await sessionOf(home);
    await growLog(large.path, MEGABYTES * 1e6);
    for (const [args, more] of COMMANDS) {
      const usual = await peakOf(home, args, small.id);
      const peak = await peakOf(home, args, large.id);
      const text = `${args.join(" ")}: ${usual.toFixed()} MiB, then ${peak.toFixed()} MiB`;
      if (Deno.env.has("ZAG_TEST_LOG_MB")) console.log(text);
      assert(peak - usual < MORE[more], text);
    }
    const lost = ["", "-wal", "-shm"].map((part) => `${home.path}/.zag/zag.db${part}`);
    for (const path of lost) await Deno.remove(path).catch(() => {});
    const peak = await peakOf(home, ["session", "list"], "");
    assert(peak < 64 + MORE.end, `making the index again: ${peak.toFixed()} MiB`);
  }),
);

Deno.test(
  `a log of ${MEGABYTES} MB goes on where it ended`,
  inHome(async (home) => {
    const { id, path } = await sessionOf(home);
    const last = await growLog(path, MEGABYTES * 1e6);
    assertEquals((await closingLine(path))?.seq, last);
    assertEquals((await lastSegment(path)).ended?.seq, last);
    assertEquals(await resultOf(path), "the answer");
    {
      using log = LogAppender.reopen({ path, provider: "mock", sessionId: id });
      assertEquals(log.seq, last);
      const message = { type: "user_event", level: "info", message: "beside" } as const;
      assertEquals(log.append([message])?.seq, last + 1);
    }
    const resumed = await home.zag(["exec", "--resume", id, "on"]);
    assertEquals([resumed.code, resumed.stdout], [0, "on\n"]);
    assertEquals(await resultOf(path), "on");
    let expected = 0;
    for await (const { event } of readLog(path)) assertEquals(event?.seq, ++expected);
    assert(expected > last + 1);
  }),
);
