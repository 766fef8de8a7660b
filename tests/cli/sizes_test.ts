import { formatSize, parseSize } from "../../src/cli/sizes.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { randomOf } from "../support/recordings.ts";

Deno.test("parseSize() reads bytes, thousands and 1024s", () => {
  const table: [string, number][] = [
    ["0", 0],
    ["1048576", 1048576],
    ["5B", 5],
    ["500MB", 500e6],
    ["500mb", 500e6],
    ["2GiB", 2 * 1024 ** 3],
    ["2G", 2 * 1024 ** 3],
    ["1.5k", 1536],
    ["1.5 kB", 1500],
    ["0.1GB", 1e8],
    ["1TiB", 1024 ** 4],
  ];
  for (const [text, bytes] of table) assertEquals(parseSize(text), bytes, text);
});

Deno.test("parseSize() refuses what is no size and says why", () => {
  const table: [string, RegExp][] = [
    ["", /write a number/],
    ["MB", /write a number/],
    ["-5MB", /write a number/],
    ["1e6", /the unit must be .* not "e"|write a number/],
    ["5 0MB", /write a number/],
    ["1..5MB", /write a number/],
    ["5XB", /the unit must be .*, not "XB"/],
    ["9999999TiB", /too large/],
  ];
  for (const [text, why] of table) {
    const { message } = assertThrows(() => parseSize(text)) as Error;
    assertEquals(why.test(message), true, message);
    assertEquals(message.startsWith(`Cannot parse size ${JSON.stringify(text)}: `), true);
  }
});

Deno.test("formatSize() keeps a size short", () => {
  const table: [number, string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [9949, "9.9 kB"],
    [9950, "10 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [1_234_567_890, "1.2 GB"],
    [5e15, "5000 TB"],
  ];
  for (const [bytes, text] of table) assertEquals(formatSize(bytes), text);
});

Deno.test("formatSize() writes what parseSize() reads, within a twentieth", () => {
  const random = randomOf(7);
  for (let index = 0; index < 500; index++) {
    const bytes = Math.floor(10 ** (random() * 14));
    const again = parseSize(formatSize(bytes));
    assertEquals(Math.abs(again - bytes) <= bytes / 20, true, `${bytes} gives ${again}`);
  }
});
