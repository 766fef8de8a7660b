import { read, take } from "../../src/notify/notice.ts";
import { armNotice, deliverAll, noticeEnd, notify } from "../../src/notify/notify.ts";
import { notices } from "../../src/notify/open_notices.ts";
import { startTimeOf } from "../../src/processes/process_table.ts";
import { assertEquals } from "../support/assert.ts";
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
  await Deno.writeTextFile(path, `#!/bin/sh\ncat >> '${programs.path}/told'\n`);
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

Deno.test("deliverAll tells also where no notice can be kept", async () => {
  await using programs = await Programs.make();
  const told = await teller(programs);
  await Deno.writeTextFile(`${programs.path}/notices`, "in the way");
  const { paths } = begin(programs, "run");
  noticeEnd(paths, "run", { outcome: "success" });
  assertEquals(await deliverAll(programs.world()), []);
  assertEquals(await told(), ["run:end"]);
});
