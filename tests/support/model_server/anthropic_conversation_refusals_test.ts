import { body, CACHED, HELLO, model, result, said, text, use, user } from "./anthropic_rows.ts";
import { testRefusals } from "./refusal_rows.ts";

testRefusals("anthropic", [
  {
    what: "a first message of the assistant",
    body: said({ role: "assistant", content: "hi" }, HELLO),
    says: 'first message must use the "user" role',
  },
  {
    what: "a system message without a beta",
    body: said(HELLO, { role: "system", content: "x" }),
    says: "messages.1.role: Input should be 'user' or 'assistant'",
  },
  { what: "a missing role", body: said({ content: "x" }), says: "messages.0.role: Field required" },
  {
    what: "missing content",
    body: said({ role: "user" }),
    says: "messages.0.content: Field required",
  },
  {
    what: "content that is an object",
    body: said({ role: "user", content: text("x") }),
    says: "messages.0.content: Input should be a valid list",
  },
  {
    what: "empty content",
    body: said({ role: "user", content: "" }),
    says: "messages.0: user messages must have non-empty content",
  },
  {
    what: "empty content of the assistant before the end",
    body: said(HELLO, model(), HELLO),
    says: "messages.1: all messages must have non-empty content except",
  },
  {
    what: "an empty text block",
    body: said(user(text(""))),
    says: "messages: text content blocks must be non-empty",
  },
  {
    what: "a blank text block",
    body: said(user(text(" \n"))),
    says: "messages: text content blocks must contain non-whitespace text",
  },
  {
    what: "a blank prompt",
    body: said({ role: "user", content: "  " }),
    says: "messages: text content blocks must contain non-whitespace text",
  },
  {
    what: "an empty system block",
    body: body({ system: [text("")] }),
    says: "system: text content blocks must be non-empty",
  },
  {
    what: "a block without a type",
    body: said(user({ text: "x" })),
    says: "messages.0.content.0.type: Field required",
  },
  {
    what: "a text block without text",
    body: said(user({ type: "text" })),
    says: "messages.0.content.0.text.text: Field required",
  },
  {
    what: "a thinking block without a signature",
    body: said(HELLO, model({ type: "thinking", thinking: "x" }, text("y")), HELLO),
    says: "messages.1.content.0.thinking.signature: Field required",
  },
  {
    what: "five cache marks",
    body: said(user(CACHED, CACHED, CACHED, CACHED, CACHED)),
    says: "A maximum of 4 blocks with cache_control may be provided. Found 5.",
  },
  {
    what: "a cache mark on empty text",
    body: body({ system: [{ ...CACHED, text: "" }] }),
    says: "cache_control cannot be set for empty text blocks",
  },

  {
    what: "a tool_result without a tool_use",
    body: said(HELLO, model(text("x")), user(result("a"))),
    says: "messages.2.content.0: unexpected `tool_use_id` found in `tool_result` blocks: a.",
  },
  {
    what: "a tool_result first of all",
    body: said(user(result("a"))),
    says: "messages.0.content.0: unexpected `tool_use_id`",
  },
  {
    what: "a tool_result of an earlier tool_use",
    body: said(HELLO, model(use("a")), user(result("a")), model(text("x")), user(result("a"))),
    says: "messages.4.content.0: unexpected `tool_use_id`",
  },
  {
    what: "a tool_use without a tool_result",
    body: said(HELLO, model(use("a"), use("b")), user(result("a"))),
    says:
      "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: b.",
  },
  {
    what: "a tool_use at the end",
    body: said(HELLO, model(use("a"))),
    says: "messages.1: `tool_use` ids were found without `tool_result`",
  },
  {
    what: "a text before the tool_result",
    body: said(HELLO, model(use("a")), user(text("x"), result("a"))),
    says: "messages.1: `tool_use` ids were found without `tool_result`",
  },
  {
    what: "a prompt before the tool_result",
    body: said(HELLO, model(use("a")), HELLO, user(result("a"))),
    says: "messages.1: `tool_use` ids were found without `tool_result`",
  },
  {
    what: "two results of one tool_use",
    body: said(HELLO, model(use("a")), user(result("a"), result("a"))),
    says: "each tool_use must have a single result",
  },
  {
    what: "a tool_use id that is used twice",
    body: said(HELLO, model(use("a")), user(result("a")), model(use("a")), user(result("a"))),
    says: "messages.3.content.0: `tool_use` ids must be unique",
  },
  {
    what: "a tool_use of the user",
    body: said(user(use("a"))),
    says: "`tool_use` blocks can only be in `assistant` messages",
  },
  {
    what: "a tool_result of the assistant",
    body: said(HELLO, model(result("a"))),
    says: "`tool_result` blocks can only be in `user` messages",
  },
  {
    what: "a tool_use without an id",
    body: said(HELLO, model(use("a", { id: undefined })), HELLO),
    says: "messages.1.content.0.tool_use.id: Field required",
  },
  {
    what: "a tool_use without a name",
    body: said(HELLO, model(use("a", { name: undefined })), user(result("a"))),
    says: "messages.1.content.0.tool_use.name: Field required",
  },
  {
    what: "a tool_result without an id",
    body: said(HELLO, model(use("a")), user(result("a", { tool_use_id: undefined }))),
    says: "messages.2.content.0.tool_result.tool_use_id: Field required",
  },
  {
    what: "a tool_use id with a space",
    body: said(HELLO, model(use("a b")), user(result("a b"))),
    says: "tool_use.id: String should match pattern",
  },
  {
    what: "a tool_use whose input is text",
    body: said(HELLO, model(use("a", { input: "{}" })), user(result("a"))),
    says: "tool_use.input: Input should be a valid dictionary",
  },
  {
    what: "a failed result without content",
    body: said(HELLO, model(use("a")), user(result("a", { is_error: true, content: "" }))),
    says: "content cannot be empty if `is_error` is true",
  },
]);
