import { deliverNotice } from "../../src/notify/deliver_all.ts";
import { type Notice, read, take } from "../../src/notify/notice.ts";
import { armNotice, deliverAll, noticeEnd, notify } from "../../src/notify/notify.ts";
import { notices } from "../../src/notify/open_notices.ts";
import { readLines } from "../../src/providers/mock/read_lines.ts";
import { selfIdentity, startTimeOf } from "../../src/processes/process_table.ts";
import { knowSecrets } from "../../src/redact/redact.ts";
import { LogAppender } from "../../src/sessions/log.ts";
import { assertEquals } from "../support/assert.ts";
import { writeProgram } from "../support/program_file.ts";
import { Programs } from "./support.ts";

/** A run whose notice lies beside the programs, and tells one of them. */
function begin(programs: Programs, run: string) {
  const paths = { notice: (id: string) => `${programs.path}/notices/${id}.json` };
  const session = {
    id: "s",
    name: "n",
    provider: "mock",
    model: null,
    command: "exec",
    project: "/p",
    cwd: "/p",
    logPath: null,
    tells: true,
  };
  const targets = [{ kind: "command", program: "tell", args: [] }] as const;
  const wish = { targets, on: ["end", "limit", "question"] } as const;
  armNotice(paths, { run, wish, session });
  return { paths, session, wish };
}

async function teller(programs: Programs): Promise<() => Promise<string[]>> {
  const path = await programs.add("tell");
  await writeProgram(path, `#!/bin/sh\ncat >> '${programs.path}/told'\n`);
  return async () =>
    (await Deno.readTextFile(`${programs.path}/told`).catch(() => "")).split("\n")
      .filter(Boolean).map((line) => JSON.parse(line).id).sort();
}

Deno.test("notify tells each limit and each question once, and noticeEnd one end", async () => {
  await using programs = await Programs.make();
  const told = await teller(programs);
  const { paths } = begin(programs, "run");
  const world = programs.world();
  const limit = (subject: string) => notify(paths, "run", { kind: "limit", subject }, world);
  limit("a");
  limit("a");
  limit("b");
  notify(paths, "run", {
    kind: "question",
    subject: "q",
    question: { id: "q", text: "Bash: ls" },
  }, world);
  notify(paths, "nobody", { kind: "limit", subject: "a" }, world);
  noticeEnd(paths, "run", { outcome: "success" });
  noticeEnd(paths, "run", { outcome: "failure", error: "too late" });
  limit("c");
  assertEquals(await deliverAll(world), []);
  assertEquals(await told(), ["run:end", "run:limit:a", "run:limit:b", "run:question:q"]);
  assertEquals([notices.size, read(paths.notice("run"))], [0, undefined]);
  assertEquals(await deliverAll(world), []);
  assertEquals((await told()).length, 4);
});

Deno.test("a run that takes the place of another one tells what that one was to tell", async () => {
  await using programs = await Programs.make();
  const told = await teller(programs);
  const { paths, session } = begin(programs, "first");
  armNotice(paths, { run: "second", wish: undefined, session, instead: "first" });
  assertEquals([...notices.keys()], [paths.notice("second")]);
  assertEquals(read(paths.notice("first")), undefined);
  noticeEnd(paths, "first", { outcome: "success" });
  noticeEnd(paths, "second", { outcome: "success" });
  await deliverAll(programs.world());
  assertEquals(await told(), ["second:end"]);
});

Deno.test("a run of which nobody wants to hear leaves nothing behind", async () => {
  await using programs = await Programs.make();
  const { paths } = begin(programs, "run");
  assertEquals((await Deno.stat(paths.notice("run"))).mode! & 0o777, 0o600);
  noticeEnd(paths, "run", { outcome: "failure" });
  assertEquals([notices.size, read(paths.notice("run"))], [0, undefined]);
});

Deno.test("take leaves a notice to a zag that lives", async () => {
  await using programs = await Programs.make();
  const other = new Deno.Command("sleep", { args: ["600"] }).spawn();
  const { paths, session, wish } = begin(programs, "mine");
  const owner = { pid: other.pid, startTime: startTimeOf(other.pid)! };
  armNotice(paths, { run: "run", wish, session, owner });
  const path = paths.notice("run");
  try {
    assertEquals(take(path), undefined);
    assertEquals(read(path)?.owner, owner);
  } finally {
    other.kill("SIGKILL");
    await other.status;
  }
  assertEquals(take(path)?.owner.pid, Deno.pid);
  assertEquals(read(path)?.owner.pid, Deno.pid);
  notices.clear();
});

Deno.test("take gives each notice of the dead to one of several that want it at the same moment", async () => {
  await using programs = await Programs.make();
  const { paths, session, wish } = begin(programs, "mine");
  const owner = { pid: 2_000_000_000, startTime: "proc:1" };
  const runs = Array.from({ length: 100 }, (_, index) => `run-${index}`);
  for (const run of runs) armNotice(paths, { run, wish, session, owner });
  notices.clear();
  const all = runs.map((run) => paths.notice(run));
  const child = new URL("./children/take.ts", import.meta.url).href;
  const takers = [1, 2, 3].map(() =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-check", child, ...all],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn()
  );
  try {
    const lines = takers.map(({ stdout }) => readLines(stdout));
    const next = () => Promise.all(lines.map(async (each) => (await each.next()).value));
    assertEquals(await next(), ["ready", "ready", "ready"]);
    for (const { stdin } of takers) await stdin.close();
    const taken = (await next()).flatMap((line) => JSON.parse(line));
    assertEquals(taken.sort(), all.sort());
  } finally {
    for (const taker of takers) taker.kill("SIGKILL");
    await Promise.all(takers.map(({ status }) => status));
  }
});

Deno.test("deliverAll tells also where no notice can be kept", async () => {
  await using programs = await Programs.make();
  const told = await teller(programs);
  await Deno.writeTextFile(`${programs.path}/notices`, "in the way");
  const { paths } = begin(programs, "run");
  noticeEnd(paths, "run", { outcome: "success" });
  assertEquals(await deliverAll(programs.world()), []);
  assertEquals(await told(), ["run:end"]);
});

Deno.test("deliverNotice tells the second of two targets with one name when only the first was told", async () => {
  for (const [numbers, told] of [[[1], ["b"]], [[2], ["a"]], [[1, 2], []]] as const) {
    await using programs = await Programs.make();
    const logPath = `${programs.path}/s.jsonl`;
    {
      using log = LogAppender.create({ path: logPath, provider: "mock", sessionId: "s" });
      log.append(numbers.map((target_number) => ({
        type: "notification",
        kind: "end",
        notification_id: "r:end",
        target: "command:tell",
        target_number,
        delivered: true,
        attempts: 1,
      })));
    }
    const targets = await Promise.all(["a", "b"].map(async (name) => {
      await Deno.mkdir(`${programs.path}/${name}`);
      return { kind: "command", program: await programs.add(`${name}/tell`), args: [] } as const;
    }));
    const { session } = begin(programs, "other");
    notices.clear();
    const notice: Notice = {
      version: 1,
      run: "r",
      owner: selfIdentity(),
      session: { ...session, logPath },
      targets,
      on: ["end"],
      messages: [{
        kind: "end",
        outcome: "success",
        id: "r:end",
        at: "2026-01-02T03:04:05.000Z",
        tries: [{ count: 1, done: false }, { count: 1, done: false }],
      }],
      ended: true,
    };
    assertEquals(await deliverNotice(`${programs.path}/r.json`, notice, programs.world()), []);
    const runs = await Promise.all(
      ["a", "b"].map((name) =>
        Deno.stat(`${programs.path}/${name}/tell.runs`).then(() => [name], () => [])
      ),
    );
    assertEquals(runs.flat(), [...told]);
  }
});

Deno.test("notify tells no secret of a question, an error or a name, nor keeps one", async () => {
  await using programs = await Programs.make();
  const path = await programs.add("tell");
  const secret = "N0tified-s3cret";
  knowSecrets({ NOTIFIED_TOKEN: secret });
  const { paths, session, wish } = begin(programs, "other");
  const named = { ...session, name: `for ${secret}` };
  const world = programs.world();
  const asked = { id: "q", text: `Bash: curl -H "Authorization: Bearer ${secret}"` };
  for (
    const [run, tell] of [
      ["asks", () => {
        const question = { kind: "question", subject: "q", question: asked } as const;
        notify(paths, "asks", question, world);
      }],
      ["fails", () => noticeEnd(paths, "fails", { outcome: "failure", error: `not ${secret}` })],
    ] as const
  ) {
    armNotice(paths, { run, wish: { ...wish, on: ["question", "failure"] }, session: named });
    tell();
    assertEquals((await Deno.readTextFile(paths.notice(run))).includes(secret), false, run);
    assertEquals(await deliverAll(world), []);
    const { stdin } = await programs.seen("tell");
    assertEquals(stdin.includes(secret), false, stdin);
    assertEquals(stdin.split("[redacted:NOTIFIED_TOKEN]").length, 3, stdin);
    await Deno.remove(`${path}.stdin`);
  }
  notices.clear();
});
