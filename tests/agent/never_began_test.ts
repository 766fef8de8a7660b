import { neverBegan } from "../../src/agent/never_began.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import { provider as mockProvider } from "../../src/providers/mock/mod.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { LogAppender } from "../../src/sessions/log.ts";
import type { SessionRecord } from "../../src/sessions/records.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { assertEquals } from "../support/assert.ts";
import { inTemp, message, session } from "../sessions/support.ts";

const START: LogKind[] = [
  {
    type: "session_started",
    command: "exec",
    model: null,
    cwd: null,
    resumed: false,
    backfilled: false,
  },
  { type: "session_meta", meta: {} },
  { type: "user_message", role: "user", content: "hi", message_id: null },
];
const END: LogKind = { type: "session_ended", success: false, error: "killed", outcome: "dead" };

const STATUS: LogKind = { type: "provider_status", message: "Initialized", data: null };

const { transcript: _, ...WITHOUT_FILES } = mockProvider;

const rows: [
  what: string,
  expected: boolean,
  change: {
    more?: LogKind[];
    record?: Partial<SessionRecord>;
    transcript?: string;
    provider?: Provider;
  },
][] = [
  ["has nothing of the agent", true, {}],
  ["has no id of the CLI's either", true, { record: { providerSessionId: null } }],
  ["has an answer", false, { more: [message("hello")] }],
  ["has a word about the agent alone", true, { more: [STATUS] }],
  ["has a word about an agent that keeps no files", false, {
    more: [STATUS],
    provider: WITHOUT_FILES,
  }],
  ["has a word about the agent, and a file of the CLI's", false, {
    more: [STATUS],
    transcript: "native.jsonl",
  }],
  ["has a tool", false, {
    more: [{ type: "tool_call", tool_name: "read", tool_id: null, input: {} }],
  }],
  ["only failed to start its agent", true, { record: { outcome: "failure" } }],
  ["was a success without a word", false, { record: { outcome: "success" } }],
  ["has a file of the CLI's", false, { transcript: "native.jsonl" }],
  ["has a file of another session of the CLI's", true, { transcript: "other.jsonl" }],
  ["has lost its log", false, { record: { logPath: "/nowhere/s.jsonl" } }],
  ["never had a log", false, { record: { logPath: null } }],
];

for (const [what, expected, { more = [], record = {}, transcript, provider }] of rows) {
  Deno.test(`neverBegan() is ${expected} for a session that ${what}`, () =>
    inTemp(async (dir) => {
      const logPath = `${dir}/s.jsonl`;
      using log = LogAppender.create({ path: logPath, provider: "mock", sessionId: "s" });
      log.append([...START, ...more, END]);
      using store = SessionStore.open(`${dir}/zag.db`);
      store.addSession(session("s", { logPath, providerSessionId: "native", outcome: "dead" }));
      if (transcript !== undefined) await Deno.writeTextFile(`${dir}/${transcript}`, "");
      const request = { cwd: dir, home: dir, stateDir: dir, env: {} };
      const found = { ...store.getSession("s")!, ...record };
      assertEquals(await neverBegan(found, provider ?? mockProvider, request), expected);
    }));
}
