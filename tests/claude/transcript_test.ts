import { expectedPath } from "../../src/agent/find_transcript.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import { claudeTranscript } from "../../src/providers/claude/transcript.ts";
import { assertEquals } from "../support/assert.ts";
import { apart, counts } from "../support/transcript_usage.ts";

const FOLDER = new URL("../fixtures/claude/transcripts/", import.meta.url);

async function read(name: string) {
  const parser = claudeTranscript.parser();
  const kinds: LogKind[] = [];
  const text = await Deno.readTextFile(new URL(name, FOLDER));
  for (const line of text.split("\n")) parser.line(line, (kind) => kinds.push(kind));
  return { ...apart(kinds), state: parser.state };
}

function brief(kind: LogKind): string {
  switch (kind.type) {
    case "tool_call":
      return `tool_call ${kind.tool_name} ${kind.tool_kind}`;
    case "tool_result":
      return `tool_result ${kind.tool_name} ${kind.success}`;
    case "user_message":
    case "assistant_message":
      return `${kind.type} ${kind.content.slice(0, 20)}`;
    default:
      return kind.type;
  }
}

Deno.test("claudeTranscript reads a session with tools", async () => {
  const { kinds, usage, state } = await read("transcript.jsonl");
  assertEquals(kinds.map(brief), [
    "user_message [[bash:echo hello-fr",
    "tool_call Bash shell",
    "tool_result Bash true",
    "tool_call Write file_write",
    "tool_result Write true",
    "assistant_message all done",
  ]);
  assertEquals(state, {
    answer: "all done",
    finished: true,
    sessionId: "49504e03-4383-4de7-b4ba-7242ecf893f3",
    directory: "/home/user/project",
    model: "claude-opus-4-8",
    time: "2026-11-20T12:15:02.366Z",
    isPart: false,
  });
  assertEquals(counts(usage), [
    "12+5 claude-opus-4-8",
    "12+5 claude-opus-4-8",
    "12+5 claude-opus-4-8",
  ]);
});

Deno.test("claudeTranscript reads a session that was resumed", async () => {
  const { kinds, state } = await read("transcript_resumed.jsonl");
  const prompts = kinds.filter((kind) => kind.type === "user_message").map(({ content }) =>
    content
  );
  assertEquals(prompts, ["first turn", "second turn", "third turn", "---via stdin\n"]);
  assertEquals(state.finished, true);
});

Deno.test("claudeTranscript is not finished while a tool call is open", () => {
  const parser = claudeTranscript.parser();
  const line = (message: unknown) =>
    parser.line(JSON.stringify({ type: "assistant", message }), () => {});
  line({ content: [{ type: "text", text: "first" }], stop_reason: "tool_use" });
  assertEquals([parser.state.answer, parser.state.finished], ["first", false]);
  line({ content: [{ type: "text", text: "last" }], stop_reason: "end_turn" });
  assertEquals([parser.state.answer, parser.state.finished], ["last", true]);
});

Deno.test("claudeTranscript turns what it cannot read into a parse_warning", () => {
  const parser = claudeTranscript.parser();
  const kinds: LogKind[] = [];
  for (const line of ["{", "", "[]", '{"type":"user"}']) {
    parser.line(line, (kind) => kinds.push(kind));
  }
  assertEquals(kinds.map((kind) => kind.type), ["parse_warning", "parse_warning"]);
});

const REQUEST = { sessionId: "id", cwd: "/", home: "/home/me", stateDir: "/state", env: {} };

Deno.test("claudeTranscript names the file of a session", () => {
  const request = { ...REQUEST, cwd: "/home/me/my.app" };
  assertEquals(
    expectedPath(claudeTranscript, request),
    "/home/me/.claude/projects/-home-me-my-app/id.jsonl",
  );
  assertEquals(
    expectedPath(claudeTranscript, { ...request, env: { CLAUDE_CONFIG_DIR: "/etc/c" } }),
    "/etc/c/projects/-home-me-my-app/id.jsonl",
  );
});

Deno.test("claudeTranscript names the file of a session in a long path", () => {
  const cwd = `/home/user/project/${"a_long_name/".repeat(17)}a_long_name`;
  const path = expectedPath(claudeTranscript, { ...REQUEST, cwd });
  const folder = `-home-user-project-${"a-long-name-".repeat(15)}a`;
  assertEquals(path, `/home/me/.claude/projects/${folder}-5446ns/id.jsonl`);
});

const typed: [string, Record<string, unknown>, string[]][] = [
  ["/greet you", {
    message: {
      content: "<command-message>greet</command-message>\n<command-name>/greet</command-name>\n" +
        "<command-args>you</command-args>",
    },
  }, ["/greet you"]],
  ["what a command stands for", { isMeta: true, message: { content: "Greet you." } }, []],
  ["a summary", { isCompactSummary: true, message: { content: "So far" } }, []],
  ["/exit", { message: { content: "<command-name>/exit</command-name>\n<command-args>" } }, []],
  ["what /exit says", {
    message: { content: "<local-command-stdout>Bye!</local-command-stdout>" },
  }, []],
  ["a command of the shell", {
    message: { content: "<bash-input>echo hi</bash-input>" },
  }, ["!echo hi"]],
  ["what the shell says", { message: { content: "<bash-stdout>hi</bash-stdout>" } }, []],
  ["a text with tags", {
    message: { content: [{ type: "text", text: "<b>bold</b> <command-name>" }] },
  }, ["<b>bold</b> <command-name>"]],
];

for (const [title, line, expected] of typed) {
  Deno.test(`claudeTranscript knows what was typed: ${title}`, () => {
    const parser = claudeTranscript.parser();
    const kinds: LogKind[] = [];
    parser.line(JSON.stringify({ type: "user", ...line }), (kind) => kinds.push(kind));
    const texts = kinds.map((kind) => kind.type === "user_message" ? kind.content : kind.type);
    assertEquals(texts, expected);
  });
}

const usageLine = (id: string, output: number, more: Record<string, unknown> = {}) =>
  JSON.stringify({
    type: "assistant",
    timestamp: "2026-01-01T00:00:00Z",
    message: {
      id,
      model: "opus",
      content: [],
      usage: { input_tokens: 10, output_tokens: output, cache_read_input_tokens: 7 },
    },
    ...more,
  });

Deno.test("claudeTranscript counts a message once, up to its last count", () => {
  const parser = claudeTranscript.parser();
  const kinds: LogKind[] = [];
  const lines = [
    usageLine("a", 1),
    usageLine("a", 1),
    usageLine("b", 3),
    usageLine("a", 90),
    usageLine("b", 2),
    usageLine("a", 90),
  ];
  for (const line of lines) parser.line(line, (kind) => kinds.push(kind));
  const { usage } = apart(kinds);
  assertEquals(counts(usage), ["10+1 opus", "10+3 opus", "0+89 opus"]);
  assertEquals(usage.map(({ cache_read_tokens }) => cache_read_tokens), [7, 7, 0]);
});

Deno.test("claudeTranscript passes over what the CLI says where the model was asked nothing", () => {
  const parser = claudeTranscript.parser();
  const kinds: LogKind[] = [];
  const synthetic = {
    id: "a",
    model: "<synthetic>",
    content: [{ type: "text", text: "No response requested." }],
    usage: { input_tokens: 1, output_tokens: 1 },
  };
  parser.line(JSON.stringify({ type: "assistant", message: synthetic }), (kind) => {
    kinds.push(kind);
  });
  assertEquals([kinds, parser.state.model], [[], undefined]);
});

Deno.test("claudeTranscript takes the cost where older versions state it", () => {
  const parser = claudeTranscript.parser();
  const costs: unknown[] = [];
  for (const line of [usageLine("a", 1, { costUSD: 0.5 }), usageLine("a", 2, { costUSD: 0.5 })]) {
    parser.line(line, (kind) => kind.type === "usage" && costs.push(kind.total_cost_usd));
  }
  assertEquals(costs, [0.5, undefined]);
});

Deno.test("claudeTranscript keeps the words of a sub-agent apart", () => {
  const parser = claudeTranscript.parser();
  const kinds: LogKind[] = [];
  const side = (line: unknown) =>
    parser.line(JSON.stringify({ isSidechain: true, ...line as object }), (kind) => {
      kinds.push(kind);
    });
  side({ type: "user", message: { content: "look around" } });
  side({
    type: "assistant",
    agentId: "a1",
    message: { id: "m", content: [{ type: "text", text: "seen" }], stop_reason: "end_turn" },
  });
  assertEquals(kinds, [
    { type: "assistant_message", content: "seen", message_id: "m", parent_tool_use_id: "a1" },
  ]);
  assertEquals([parser.state.answer, parser.state.finished], [undefined, false]);
});

Deno.test("claudeTranscript tells of a limit that the CLI reports, and of none in an answer", () => {
  const text =
    "API Error: Request rejected (429) · This request would exceed your account's limit.";
  const line = "Claude AI weekly usage limit reached|1999999999";
  const said = (content: string, more: object) => ({
    type: "assistant",
    uuid: "u-1",
    message: { model: "<synthetic>", content: [{ type: "text", text: content }] },
    ...more,
  });
  const failed = { isApiErrorMessage: true, error: "rate_limit", apiErrorStatus: 429 };
  const hit = (raw: string, more: object) => [
    { type: "assistant_message", content: raw, message_id: null },
    { type: "usage_limit_hit", raw, fallback_used: false, incident_id: "u-1", ...more },
  ];
  const kindsOf = (item: object) => {
    const kinds: LogKind[] = [];
    claudeTranscript.parser().line(JSON.stringify(item), (kind) => kinds.push(kind));
    return kinds;
  };
  assertEquals<unknown>(kindsOf(said(text, failed)), hit(text, { scope: "unknown" }));
  assertEquals<unknown>(
    kindsOf(said(line, { isApiErrorMessage: true })),
    hit(line, { scope: "weekly", reset_at: new Date(1999999999_000).toISOString() }),
  );
  const model = { message: { model: "claude-x", content: [{ type: "text", text: line }] } };
  const none = [
    said(line, {}),
    said(line, { ...failed, ...model }),
    said(text, { ...failed, isSidechain: true }),
    said("API Error: 500", { isApiErrorMessage: true, error: "server_error", apiErrorStatus: 500 }),
  ];
  for (const item of none) {
    assertEquals(kindsOf(item).map(({ type }) => type), ["assistant_message"]);
  }
});
