import { composeMessage, envelope, replyCommand, type Sender } from "../../src/agent/envelope.ts";
import type { Attachment } from "../../src/agent/attachments.ts";
import { inputCommand } from "../../src/cli/commands/input.ts";
import { capture } from "../cli/commands/capture.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { parseXml, type XmlElement } from "../support/strict_xml.ts";

const SENDER: Sender = {
  sessionId: "abc123-def456",
  name: "frontend-agent",
  provider: "claude",
  model: "opus",
  nameLeadsBack: true,
};

const COUNT = 2000;

/** What texts are made of that break quoting and markup. */
const PIECES = [
  ..."abc xyz 0 . - = / \\ ' \" ` $ ! * ? ; & | < > ( ) [ ] { } # ~ % ^ é 日 👩‍👩‍👧 ".split(" "),
  " ",
  "\t",
  "\n",
  "\r\n",
  "\r",
  "]]>",
  "<![CDATA[",
  "</body>",
  "</agent-message>",
  "<!--",
  "&amp;",
  "&#10;",
  "$(touch hacked)",
  "${HOME}",
  "'\\''",
  "--",
  "\u2028",
  "\u0085",
];

/** The same numbers from 0 to 1 in each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
}

function madeUp(random: () => number, most: number): string {
  const count = 1 + Math.floor(random() * most);
  return Array.from({ length: count }, () => PIECES[Math.floor(random() * PIECES.length)]).join("");
}

/** The text of an element that holds nothing else. */
function textOf({ children }: XmlElement): string {
  assert(children.every((child) => typeof child === "string"));
  return children.join("");
}

/** The parts of an envelope. */
function open(document: string): Record<"from" | "reply-with" | "body", XmlElement> {
  const { name, children } = parseXml(document);
  assertEquals(name, "agent-message");
  const elements = children.filter((child) => typeof child !== "string");
  assertEquals(children.filter((child) => typeof child === "string").join("").trim(), "");
  assertEquals(elements.map(({ name }) => name), ["from", "reply-with", "body"]);
  return Object.fromEntries(elements.map((element) => [element.name, element])) as ReturnType<
    typeof open
  >;
}

Deno.test("envelope() has the five parts, each on lines of its own", () => {
  assertEquals(
    envelope(SENDER, 'if (a < b && c) say("hi")'),
    `<agent-message>
<from session="abc123-def456" name="frontend-agent" provider="claude" model="opus"/>
<reply-with>zag input --name frontend-agent "your reply here"</reply-with>
<body>
if (a &lt; b &amp;&amp; c) say("hi")
</body>
</agent-message>`,
  );
});

Deno.test("replyCommand() names the session where the name does not lead back, or cannot be pasted", () => {
  const byId = 'zag input --session abc123-def456 "your reply here"';
  assertEquals(replyCommand({ ...SENDER, name: undefined }), byId);
  assertEquals(replyCommand({ ...SENDER, nameLeadsBack: false }), byId);
  assertEquals(replyCommand({ ...SENDER, name: "a\x01b" }), byId);
  for (const name of ["R&D", "a<b", "a>b"]) assertEquals(replyCommand({ ...SENDER, name }), byId);
  assert(!envelope({ ...SENDER, name: undefined }, "x").includes("name="));
});

Deno.test(`envelope() gives ${COUNT} made-up messages and names back exactly, and sh the command`, async () => {
  const random = seeded(6);
  const names: string[] = [];
  const commands: string[] = [];
  for (let index = 0; index < COUNT; index++) {
    const name = madeUp(random, 6);
    const message = madeUp(random, 30);
    const document = envelope({ ...SENDER, name, model: name }, message);
    const parts = open(document);
    assertEquals(textOf(parts.body), `\n${message}\n`);
    assertEquals(parts.from.attributes, {
      session: SENDER.sessionId,
      name,
      provider: "claude",
      model: name,
    });
    names.push(name);
    // Pasted as it stands, by somebody who does not think of XML.
    const [pasted = ""] = /(?<=<reply-with>).*(?=<\/reply-with>)/s.exec(document) ?? [];
    assertEquals(textOf(parts["reply-with"]), pasted);
    commands.push(pasted);
  }
  const script = `zag() { printf '%s\\0' "$#" "$@"; }\n${commands.join("\n")}\n`;
  const { stdout } = await new Deno.Command("sh", { args: ["-c", script], clearEnv: true })
    .output();
  const words = new TextDecoder("utf-8", { ignoreBOM: true }).decode(stdout).split("\0");
  for (const name of names) {
    const argv = words.splice(1, Number(words[0]));
    words.shift();
    const escaped = /[&<>\r]/.test(name);
    const target = escaped
      ? ["--session", SENDER.sessionId]
      : name.startsWith("-")
      ? [`--name=${name}`]
      : ["--name", name];
    assertEquals(argv, ["input", ...target, "your reply here"]);
    const { flags, operands } = await capture(inputCommand, argv);
    const reached = escaped ? flags?.session : flags?.name;
    assertEquals([reached, operands], [escaped ? SENDER.sessionId : name, ["your reply here"]]);
  }
});

Deno.test("envelope() shows what XML cannot carry as a symbol", () => {
  const message = "\x1b[31mred\x1b[0m \0 \ud800 \uffff \f";
  const { body } = open(envelope(SENDER, message));
  assertEquals(textOf(body), "\n␛[31mred␛[0m ␀ \ufffd \ufffd ␌\n");
});

Deno.test("composeMessage() puts files before a message, inside of the body", () => {
  const file: Attachment = {
    name: "a.txt",
    path: "/w/a.txt",
    mime: "text/plain",
    size: 4,
    encoding: "utf-8",
    text: "<\x1b>\n",
  };
  const plain = composeMessage({ text: "look", attachments: [file] });
  assert(plain.startsWith("<attached-files>") && plain.endsWith("</attached-files>\n\nlook"));
  const { body } = open(composeMessage({ text: "look", attachments: [file], sender: SENDER }));
  const [before, files, after] = body.children;
  assertEquals([before, after], ["\n", "\n\nlook\n"]);
  assert(typeof files === "object");
  assertEquals(textOf(files.children[1] as XmlElement), "\n<␛>\n");
  assertEquals(composeMessage({ text: "as\x1b it is" }), "as\x1b it is");
});

Deno.test("the strict parser refuses what is not well-formed", () => {
  for (
    const bad of [
      "<a>",
      "<a>&b;</a>",
      "<a>&</a>",
      "<a>]]></a>",
      "<a/>x",
      "<a b='c'/>",
      "<a>\x1b</a>",
    ]
  ) {
    assertThrows(() => parseXml(bad));
  }
});
