/** What a transcript says was used is what the CLI itself reported of the same session. */
import { loadProvider } from "../../src/providers/registry.ts";
import { addUsage } from "../../src/events/usage.ts";
import type { Usage } from "../../src/events/event.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import { assertEquals } from "../support/assert.ts";
import { apart } from "../support/transcript_usage.ts";

const FIXTURES = new URL("../fixtures/", import.meta.url);

/** Provider, what it printed, its transcript, and the report beside its output. */
const SESSIONS: [string, string, string, string?][] = [
  ["claude", "tool_calls/stdout.ndjson", "transcripts/transcript.jsonl"],
  ["codex", "tool_calls/stdout.ndjson", "transcripts/rollout.jsonl"],
  ["gemini", "tool_calls/stdout.ndjson", "transcripts/transcript.jsonl"],
  [
    "copilot",
    "sub_agent/stdout.ndjson",
    "transcripts/sub_agent.jsonl",
    "sub_agent/usage.json",
  ],
];

for (const [name, printed, kept, report] of SESSIONS) {
  Deno.test(`transcript.parser() counts what ${name} itself has counted`, async () => {
    const provider = (await loadProvider(name))!;
    const read = (file: string) => Deno.readTextFile(new URL(`${name}/${file}`, FIXTURES));
    const parser = provider.parser({
      partialMessages: false,
      sessionId: "",
      resume: undefined,
      model: undefined,
      cwd: "/",
      usageBefore: undefined,
    });
    const sink = { event: () => {}, note: () => {} };
    for (const line of (await read(printed)).split("\n")) parser.line(line, sink);
    if (report !== undefined) parser.report!(await read(report));
    parser.end(sink);
    const kinds: LogKind[] = [];
    const transcript = provider.transcript!.parser();
    for (const line of (await read(kept)).split("\n")) {
      transcript.line(line, (kind) => kinds.push(kind));
    }
    const sum = apart(kinds).usage.reduce<Usage | undefined>((sum, line) =>
      addUsage(sum, {
        input_tokens: line.input_tokens,
        output_tokens: line.output_tokens,
        cache_read_tokens: line.cache_read_tokens ?? null,
        cache_creation_tokens: line.cache_creation_tokens ?? null,
        web_search_requests: null,
        web_fetch_requests: null,
      }), undefined);
    const { input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens } = parser.state
      .usage!;
    assertEquals(
      [sum?.input_tokens, sum?.output_tokens, sum?.cache_read_tokens, sum?.cache_creation_tokens],
      [input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens],
    );
  });
}
