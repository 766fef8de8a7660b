import { InputMessageError, parseMessage, readMessages } from "../../src/agent/input_stream.ts";
import { provider as claude } from "../../src/providers/claude/mod.ts";
import { provider as mock } from "../../src/providers/mock/mod.ts";
import { assertEquals, assertRejects, assertThrows } from "../support/assert.ts";

function chunks(...texts: string[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(texts.map((text) => new TextEncoder().encode(text)));
}

const HELLO = '{"type":"user_message","content":"hello"}';

Deno.test("readMessages() reads a message a line, however the bytes are cut", async () => {
  const whole = `${HELLO}\n\r\n  \n{"type":"user_message","content":"\u00fc\u{1f600}"}\r\n${HELLO}`;
  const bytes = new TextEncoder().encode(whole);
  const single = ReadableStream.from([...bytes].map((byte) => Uint8Array.of(byte)));
  for (const stream of [chunks(whole), single]) {
    const texts: (string | undefined)[] = [];
    for await (const { text } of readMessages(stream, mock.input!)) texts.push(text);
    assertEquals(texts, ["hello", "\u00fc\u{1f600}", "hello"]);
  }
});

Deno.test("readMessages() delivers what comes before the first bad line, and counts blank lines", async () => {
  const texts: unknown[] = [];
  const error = await assertRejects(async () => {
    const stream = chunks(`${HELLO}\n\n`, `nonsense\n${HELLO}\n`);
    for await (const { text } of readMessages(stream, mock.input!)) texts.push(text);
  }, InputMessageError);
  assertEquals([texts, error.line], [["hello"], 3]);
});

Deno.test("readMessages() numbers a bad last line without a newline", async () => {
  const error = await assertRejects(async () => {
    for await (const _ of readMessages(chunks(`${HELLO}\n{`), mock.input!));
  }, InputMessageError);
  assertEquals(error.line, 2);
});

Deno.test("parseMessage() translates zag's form for the agent", () => {
  assertEquals(parseMessage(HELLO, 1, mock.input!), { line: HELLO, text: "hello" });
  const { line, text } = parseMessage(HELLO, 1, claude.input!);
  assertEquals([JSON.parse(line), text], [
    { type: "user", message: { role: "user", content: [{ type: "text", text: "hello" }] } },
    "hello",
  ]);
});

Deno.test("parseMessage() joins blocks of text", () => {
  const blocks = '{"type":"user_message","content":[{"type":"text","text":"a"},{"text":"b"}]}';
  assertEquals(parseMessage(blocks, 1, mock.input!).text, "ab");
});

Deno.test("parseMessage() passes the agent's own objects on, byte for byte", () => {
  const native = ' { "type":"user", "message":{"content":[{"type":"text","text":"x"}]} }';
  assertEquals(parseMessage(native, 1, claude.input!), { line: native, text: "x" });
  const control = '{"type":"control_request","request_id":"1"}';
  assertEquals(parseMessage(control, 1, claude.input!), { line: control, text: undefined });
  const image = '{"type":"user","message":{"content":[{"type":"image"}]}}';
  assertEquals(parseMessage(image, 1, claude.input!), { line: image, text: undefined });
});

const refused: [string, string][] = [
  ["hello", "it is no JSON"],
  ['"hello"', "it is no JSON object"],
  ["[]", "it is no JSON object"],
  ["null", "it is no JSON object"],
  ["{}", 'it has no "type"'],
  ['{"data":"input"}', 'it has no "type"'],
  ['{"type":7}', 'it has no "type"'],
  ['{"type":"user"}', 'its type "user" is unknown'],
  ['{"type":"assistant","message":{}}', 'its type "assistant" is unknown'],
  ['{"type":"user_message"}', '"content" must be a text that is not empty'],
  ['{"type":"user_message","content":" \\n"}', '"content" must be a text that is not empty'],
  ['{"type":"user_message","content":[]}', '"content" must be a text that is not empty'],
  ['{"type":"user_message","content":[{"type":"image"}]}', '"content" must be a text that is not'],
  ['{"type":"user_message","content":{"text":"x"}}', '"content" must be a text that is not empty'],
];

for (const [line, reason] of refused) {
  Deno.test(`parseMessage() refuses ${line}`, () => {
    const error = assertThrows(() => parseMessage(line, 7, claude.input!), InputMessageError);
    assertEquals(
      error.message.slice(0, 60),
      `Cannot read line 7 of the input: ${reason}`.slice(0, 60),
    );
  });
}

Deno.test("parseMessage() understands zag's own form alone where the agent has none", () => {
  assertEquals(parseMessage(HELLO, 1, undefined), { line: HELLO, text: "hello" });
  const native = '{"type":"user","message":{"role":"user","content":"hello"}}';
  const error = assertThrows(() => parseMessage(native, 4, undefined), InputMessageError);
  assertEquals([error.line, error.message, error.hint], [
    4,
    'Cannot read line 4 of the input: its type "user" is unknown',
    'a message is one line of JSON: {"type":"user_message","content":"TEXT"}',
  ]);
});
