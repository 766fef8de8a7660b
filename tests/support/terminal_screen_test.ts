import { assertEquals } from "./assert.ts";
import { TerminalScreen } from "./terminal_screen.ts";

const rows: [string, string, string[]][] = [
  ["lines", "one\r\ntwo", ["one", "two"]],
  ["words that are placed by column", "a\x1b[5Gb\x1b[3Cc", ["a   b   c"]],
  ["what is written over", "hello\x1b[2D\x1b[1;1HJ\x1b[31;1mELL\x1b[0m", ["JELLo"]],
  ["what is left when parts are erased", "abcdef\x1b[3D\x1b[K\r\nxy\x1b[1K", ["abc"]],
  ["a cleared screen", "abc\x1b[2J\x1b[Hd", ["d"]],
  ["lines that are wrapped", "0123456789ab", ["0123456789", "ab"]],
  ["no empty line after a full one", "0123456789\r\nab", ["0123456789", "ab"]],
  ["the last lines", "1\r\n2\r\n3\r\n4\r\n5", ["2", "3", "4", "5"]],
  ["a region that scrolls", "1\r\n2\r\n3\r\n4\x1b[2;3r\x1b[3;1H\r\nx", ["1", "3", "x", "4"]],
  ["inserted and deleted lines", "1\r\n2\r\n3\x1b[1;1H\x1b[L\x1b[3;1H\x1b[M", ["", "1", "3"]],
  ["inserted and deleted characters", "abcd\x1b[1;2H\x1b[P\x1b[2@", ["a  cd"]],
  ["the main screen again", "main\x1b[?1049halternate\x1b[?1049l!", ["main!"]],
  ["wide characters in two columns", "日本\x1b[5G|e\u0301", ["日本|e"]],
  ["nothing of titles and strings", "\x1b]0;title\x07a\x1bP+q\x1b\\\x1b(Bb\x1b[>4;1m", ["ab"]],
  ["a place that was remembered", "ab\x1b7\x1b[3;1Hx\x1b8c", ["abc", "", "x"]],
];

for (const [title, data, expected] of rows) {
  Deno.test(`TerminalScreen shows ${title}`, () => {
    const whole = new TerminalScreen(10, 4);
    whole.write(data);
    assertEquals(whole.text.split("\n"), expected);
    const pieces = new TerminalScreen(10, 4);
    for (const unit of data) pieces.write(unit);
    assertEquals(pieces.text, whole.text, "one character at a time");
  });
}

Deno.test("TerminalScreen keeps the lines that have left it", () => {
  const screen = new TerminalScreen(10, 2);
  screen.write("1\r\n2\r\n3\r\n4");
  assertEquals(screen.text, "3\n4");
  assertEquals(screen.everything, "1\n2\n3\n4");
  screen.write("\x1b[?1049hx");
  assertEquals(screen.everything, "1\n2\n3\n4");
});

Deno.test("TerminalScreen answers questions", () => {
  const answers: string[] = [];
  const screen = new TerminalScreen(10, 4, { answer: (text) => answers.push(text) });
  screen.write("ab\r\nc\x1b[6n\x1b[c\x1b]11;?\x07");
  assertEquals(answers, ["\x1b[2;2R", "\x1b[?62;22c", "\x1b]11;rgb:0000/0000/0000\x1b\\"]);
});

Deno.test("TerminalScreen changes its size", () => {
  const screen = new TerminalScreen(10, 4);
  screen.write("one\r\ntwo\r\nthree\r\nfour");
  screen.resize(3, 3);
  assertEquals(screen.text, "two\nthr\nfou");
  screen.resize(5, 4);
  assertEquals(screen.text, "two\nthr\nfou");
  assertEquals(screen.everything, "one\ntwo\nthr\nfou");
});
