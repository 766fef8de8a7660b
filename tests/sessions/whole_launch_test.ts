import { shortLaunch } from "../../src/sessions/launch_texts.ts";
import { readLogRecord } from "../../src/sessions/recovery/log_record.ts";
import { LogAppender } from "../../src/sessions/log.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { wholeLaunch } from "../../src/sessions/whole_launch.ts";
import { assertEquals } from "../support/assert.ts";
import { inTemp, session } from "./support.ts";

const LONG = "long ".repeat(10_000);
const LAUNCH = { root: "/", composed_prompt: LONG, json_schema: { enum: [LONG] }, env: ["A"] };

Deno.test("shortLaunch() leaves out what is long, and names it", () => {
  const short = shortLaunch(LAUNCH);
  assertEquals(short, { root: "/", env: ["A"], in_log: ["composed_prompt", "json_schema"] });
  assertEquals(shortLaunch(short), short);
  assertEquals(shortLaunch({ composed_prompt: "short" }), { composed_prompt: "short" });
  assertEquals(shortLaunch({ ...short, in_log: "nonsense", x: LONG }).in_log, ["x"]);
});

Deno.test("wholeLaunch() finds in the log what the index has left out, however it was made", async () => {
  await inTemp((dir) => {
    const path = `${dir}/s.jsonl`;
    using log = LogAppender.create({ path, provider: "mock", sessionId: "s" });
    const kind = (launch: Record<string, unknown>) =>
      ({ type: "session_meta", meta: { launch } }) as const;
    log.append([kind({ composed_prompt: "older" }), kind(LAUNCH)]);
    using store = SessionStore.open(`${dir}/zag.db`);
    store.addSession(session("s", { logPath: path, launch: LAUNCH }));
    const row = store.getSession("s")!;
    assertEquals(row.launch, shortLaunch(LAUNCH));
    assertEquals(wholeLaunch(row), LAUNCH);
    // A row that is made again from the log is the same.
    store.addSession(
      session("t", { launch: readLogRecord(path)!.fields.launch ?? null, logPath: path }),
    );
    assertEquals(store.getSession("t")!.launch, row.launch);
    // Somebody may copy a row back into its log.
    log.append([kind(row.launch!)]);
    assertEquals(wholeLaunch(store.getSession("s")!), LAUNCH);
    assertEquals(readLogRecord(path)!.fields.launch, row.launch);
    assertEquals(wholeLaunch({ ...row, logPath: `${dir}/gone.jsonl` }), undefined);
    assertEquals(wholeLaunch({ ...row, logPath: null }), undefined);
    assertEquals(wholeLaunch({ ...row, launch: { a: 1 }, logPath: null }), { a: 1 });
    assertEquals(wholeLaunch({ ...row, launch: null }), {});
  });
});
