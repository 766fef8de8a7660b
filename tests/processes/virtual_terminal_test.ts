import { VirtualTerminal } from "../../src/processes/virtual_terminal.ts";
import { assertEquals } from "../support/assert.ts";

/** What a terminal answers, in order, to what is written to it. */
async function answersTo(...written: string[]): Promise<string[]> {
  const answers: string[] = [];
  const answer = (text: string) => void answers.push(text);
  using terminal = await VirtualTerminal.open({ columns: 100, rows: 30, answer });
  for (const text of written) await terminal.write(text);
  return answers;
}

async function terminal(columns = 20, rows = 5): Promise<VirtualTerminal> {
  return await VirtualTerminal.open({ columns, rows, answer: () => {} });
}

const LIGHT = "rgb:ffff/ffff/ffff";
const DARK = "rgb:0000/0000/0000";

const QUESTIONS: Record<string, [question: string, answers: string[]]> = {
  "the device attributes": ["\x1b[c", ["\x1b[?1;2c"]],
  "the second device attributes": ["\x1b[>c", ["\x1b[>0;276;0c"]],
  "the state": ["\x1b[5n", ["\x1b[0n"]],
  "the cursor's position": ["\x1b[3;7Habc\x1b[6n", ["\x1b[3;10R"]],
  "the text's colour": ["\x1b]10;?\x1b\\", [`\x1b]10;${LIGHT}\x1b\\`]],
  "the background's colour": ["\x1b]11;?\x07", [`\x1b]11;${DARK}\x1b\\`]],
  "the cursor's colour": ["\x1b]12;?\x07", [`\x1b]12;${LIGHT}\x1b\\`]],
  "two colours at once": ["\x1b]10;?;?\x07", [
    `\x1b]10;${LIGHT}\x1b\\`,
    `\x1b]11;${DARK}\x1b\\`,
  ]],
  "basic colours": ["\x1b]4;1;?;8;?;12;?;99;?\x07", [
    "\x1b]4;1;rgb:8080/0000/0000\x1b\\",
    "\x1b]4;8;rgb:8080/8080/8080\x1b\\",
    "\x1b]4;12;rgb:0000/0000/ffff\x1b\\",
  ]],
  "dark or light": ["\x1b[?996n", ["\x1b[?997;1n"]],
  "its name": ["\x1b[>0q\x1b[>q", ["\x1bP>|zag\x1b\\", "\x1bP>|zag\x1b\\"]],
  "its size in pixels": ["\x1b[14t", ["\x1b[4;480;800t"]],
  "the size of a cell": ["\x1b[16t", ["\x1b[6;16;8t"]],
  "its size in cells": ["\x1b[18t", ["\x1b[8;30;100t"]],
  "a mode": ["\x1b[?2004h\x1b[?2004$p", ["\x1b[?2004;1$y"]],
  "a capability": ["\x1bP+q544e\x1b\\", ["\x1bP0+r\x1b\\"]],
  "the kitty keyboard by the answer that follows": ["\x1b[?u\x1b[c", ["\x1b[?1;2c"]],
};

for (const [what, [question, answers]] of Object.entries(QUESTIONS)) {
  Deno.test(`VirtualTerminal answers ${what}`, async () => {
    assertEquals(await answersTo(question), answers);
    // The program's writes may be cut anywhere.
    assertEquals(await answersTo(...question), answers);
  });
}

Deno.test("VirtualTerminal answers in the order of the questions", async () => {
  assertEquals(await answersTo("\x1b[?u\x1b]11;?\x1b\\\x1b[>q\x1b[c"), [
    `\x1b]11;${DARK}\x1b\\`,
    "\x1bP>|zag\x1b\\",
    "\x1b[?1;2c",
  ]);
});

Deno.test("VirtualTerminal does not answer what is no question", async () => {
  assertEquals(
    await answersTo(
      "plain\r\n\x1b[31mred\x1b[0m \x1b]11;#112233\x07\x1b]4;1;#ffffff\x07\x1b]0;a title\x07",
      "\x1b[22;0t\x1b[>7u\x1b[<u\x1b[?25l\x1b[8;10;10t\x1b_Ga=q\x1b\\",
    ),
    [],
  );
});

Deno.test("VirtualTerminal.screenText() is what is shown", async () => {
  using shown = await terminal();
  assertEquals(shown.screenText(), "");
  await shown.write("one  \r\n\r\n  \x1b[1mthrée\x1b[0m\x1b[2;3Htwo\x1b[5;1H");
  assertEquals(shown.screenText(), "one\n  two\n  thrée");
  await shown.write(new TextEncoder().encode("a\r\nb\r\nc 👍 日本"));
  assertEquals(shown.screenText(), "  thrée\n\na\nb\nc 👍 日本");
  await shown.write("\x1b[?1049h\x1b[Hfull screen");
  assertEquals(shown.screenText(), "full screen");
  await shown.write("\x1b[?1049l");
  assertEquals(shown.screenText(), "  thrée\n\na\nb\nc 👍 日本");
});

Deno.test("VirtualTerminal.write() takes characters that are cut apart", async () => {
  using shown = await terminal();
  for (const byte of new TextEncoder().encode("é日👍")) await shown.write(new Uint8Array([byte]));
  assertEquals(shown.screenText(), "é日👍");
});

Deno.test("VirtualTerminal.tail() is the end of the screen without empty lines", async () => {
  using shown = await terminal();
  assertEquals(shown.tail(3), "");
  await shown.write("one\r\n\r\ntwo\r\n\r\nthree");
  assertEquals(shown.tail(2), "two\nthree");
  assertEquals(shown.tail(9), "one\ntwo\nthree");
});

Deno.test("VirtualTerminal.resize() changes the screen and the answers", async () => {
  const answers: string[] = [];
  const answer = (text: string) => void answers.push(text);
  using shown = await VirtualTerminal.open({ columns: 10, rows: 5, answer });
  shown.resize(30, 8);
  await shown.write("a line of more than ten columns\x1b[18t");
  assertEquals(shown.screenText(), "a line of more than ten column\ns");
  assertEquals(answers, ["\x1b[8;8;30t"]);
});
