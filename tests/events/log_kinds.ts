/** A log with every kind of line, for the tests that show them. */
import type { LogEvent } from "../../src/events/log_event.ts";

const ANSWER = `# Findings

The **parser** drops a *partial* last line, see [log.ts](src/sessions/log.ts) and \`readTail\`. This
sentence is long enough that it has to be wrapped in a terminal of sixty cells, and 日本語 counts double.

1. Buffer until the newline
   - in \`LineSplitter\`
   - and ~~nowhere~~ not in the tail
2. Test it
   - [x] torn lines
   - [ ] replaced files

> Lines are whole or they are not there.

| Case | What happens now | Bytes |
|:-----|:-----------------|------:|
| torn | kept until its newline arrives, and then shown once and as a whole | 12 |
| replaced | read again from its beginning | 2048 |

\`\`\`ts
if (line === undefined) {
\treturn;
}
\`\`\`

---
Done: <https://example.com/x?a=1&b=2>.`;

const LONG = "word ".repeat(60).trim();

/** Entries without their envelopes; the last ones are of a newer version, and strange. */
const ENTRIES: Record<string, unknown>[] = [
  {
    type: "session_started",
    command: "exec",
    model: "mock-medium",
    cwd: "/w",
    resumed: false,
    backfilled: false,
  },
  { type: "session_meta", meta: { name: "fix the log", tags: ["a", "b"], project: "p" } },
  { type: "session_meta", meta: { project: "p" } },
  { type: "user_message", role: "user", content: "\nFix the log,\nplease \n", message_id: null },
  { type: "provider_status", message: "Initialized mock-medium", data: null },
  { type: "reasoning", content: "I should look\nat the tail first", message_id: null },
  {
    type: "tool_call",
    tool_name: "Bash",
    tool_id: "1",
    input: { command: "ls -la\ncat x", description: "Look" },
  },
  {
    type: "tool_result",
    tool_name: "Bash",
    tool_id: "1",
    success: true,
    output: "total 3\n\x1b[31ma\x1b[0m\r\nb\n50%\r100%\n",
    error: null,
    data: null,
  },
  { type: "tool_call", tool_name: "Read", tool_id: "2", input: { file_path: "/a/b/c/d/e.ts" } },
  {
    type: "tool_result",
    tool_name: "Read",
    tool_id: "2",
    success: false,
    output: null,
    error: "no such file\nor directory",
    data: null,
  },
  { type: "tool_call", tool_name: "checklist", tool_id: "3", input: { items: [1, 2] } },
  {
    type: "tool_result",
    tool_name: null,
    tool_id: "3",
    success: null,
    output: "",
    error: null,
    data: null,
  },
  { type: "permission", tool_name: "Write", description: "{}", granted: true },
  { type: "permission", tool_name: "Bash", description: "{}", granted: false },
  {
    type: "permission_question",
    id: "3287ea59",
    tool_name: "Bash",
    tool_kind: "shell",
    description: "touch made",
    input: { command: "touch made" },
  },
  {
    type: "permission_answer",
    id: "3287ea59",
    tool_name: "Bash",
    granted: true,
    by: "permit",
    reason: "go on",
  },
  {
    type: "permission_answer",
    id: "3287ea59",
    tool_name: "Bash",
    granted: false,
    by: "end",
    reason: null,
  },
  { type: "assistant_message", content: ANSWER, message_id: "m" },
  { type: "provider_status", message: ANSWER, data: null },
  { type: "provider_status", message: LONG, data: null },
  { type: "stderr", message: "warning: deprecated\nreally" },
  { type: "parse_warning", message: "unexpected token", raw: "{" },
  { type: "session_cleared", old_session_id: "old", new_session_id: null },
  {
    type: "usage",
    input_tokens: 1200,
    output_tokens: 80,
    cache_read_tokens: 5,
    total_cost_usd: 0.01234,
  },
  { type: "usage", input_tokens: 0, output_tokens: 0 },
  { type: "heartbeat", interval_secs: 10 },
  { type: "user_event", level: "info", message: "deployed" },
  { type: "user_event", level: "warn", message: "slow" },
  { type: "user_event", level: "error", message: "broken \x1b]0;title\x07here" },
  {
    type: "usage_limit_hit",
    provider: "claude",
    scope: "weekly",
    reset_at: "2026-01-03T10:00:00Z",
    scheduled_resume_at: "2026-01-03T10:05:00Z",
    fallback_used: true,
    incident_id: "i",
  },
  { type: "usage_limit_hit", scope: "session", fallback_used: false, incident_id: "i" },
  { type: "usage_limit_resumed", incident_id: "i", resume_message: "go on", attempt: 2 },
  { type: "usage_limit_resume_failed", incident_id: "i", error: "no network", attempt: 3 },
  { type: "usage_limit_cancelled", incident_id: "i" },
  {
    type: "notification",
    kind: "end",
    notification_id: "r:end",
    target: "https://hooks.example",
    delivered: true,
    attempts: 1,
  },
  {
    type: "notification",
    kind: "failure",
    notification_id: "r:failure",
    target: "command:tell",
    delivered: false,
    attempts: 2,
    error: "the program ended with exit code 3",
  },
  { type: "session_result", result: "all\ndone" },
  { type: "session_ended", success: true, error: null },
  { type: "session_ended", success: false, error: "it broke\nin two" },
  {
    type: "session_ended",
    success: false,
    error: null,
    outcome: "interrupted",
    end_reason: "interrupted",
  },
  { type: "session_deleted" },
  { type: "teleported", message: "to Mars" },
  { type: "shiny" },
  { type: "assistant_message", content: "cut", message_id: null, truncated: true },
];

/** A whole log. */
export const EVENTS: readonly LogEvent[] = ENTRIES.map((entry, index) => ({
  seq: index + 1,
  ts: new Date(Date.UTC(2026, 0, 2, 3, 4, 5 + index, 678)).toISOString(),
  provider: "mock",
  wrapper_session_id: "s",
  provider_session_id: null,
  source_kind: "wrapper",
  completeness: "full",
  ...entry,
} as unknown as LogEvent));
