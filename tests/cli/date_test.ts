import { type DateOptions, parseDate } from "../../src/cli/date.ts";
import { UsageError } from "../../src/cli/errors.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";

const NOW = new Date("2026-03-31T12:00:00.500Z");

const read = (text: string, options?: DateOptions) => parseDate(text, NOW, options).toISOString();

const rows: [string, string][] = [
  ["2026-01-31T09:30:00Z", "2026-01-31T09:30:00.000Z"],
  ["2026-01-31t09:30:00z", "2026-01-31T09:30:00.000Z"],
  ["2026-01-31 09:30:00Z", "2026-01-31T09:30:00.000Z"],
  ["2026-01-31T09:30:00.1239Z", "2026-01-31T09:30:00.123Z"],
  ["2026-01-31T09:30:00+02:00", "2026-01-31T07:30:00.000Z"],
  ["2026-12-31T23:30:00-00:45", "2027-01-01T00:15:00.000Z"],
  ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"],
  ["0001-02-03", "0001-02-03T00:00:00.000Z"],
  ["2024-02-29", "2024-02-29T00:00:00.000Z"],
  ["2000-02-29", "2000-02-29T00:00:00.000Z"],
  ["0h", "2026-03-31T12:00:00.500Z"],
  ["12h", "2026-03-31T00:00:00.500Z"],
  ["7d", "2026-03-24T12:00:00.500Z"],
  ["2w", "2026-03-17T12:00:00.500Z"],
  ["1m", "2026-03-01T12:00:00.500Z"],
];

for (const [text, expected] of rows) {
  Deno.test(`parseDate() reads ${text}`, () => assertEquals(read(text), expected));
}

const refused = [
  "",
  "now",
  "2026-02-29",
  "1900-02-29",
  "2026-13-01",
  "2026-00-10",
  "2026-04-31",
  "2026-04-00",
  "2026-4-1",
  "2026-01-31T09:30Z",
  "2026-01-31T09:30:00",
  "2026-01-31T24:00:00Z",
  "2026-01-31T09:60:00Z",
  "2026-01-31T09:00:61Z",
  "2026-01-31T09:00:00+24:00",
  "2026-02-30T09:00:00Z",
  "7",
  "-7d",
  "7 d",
  "7D",
  "1h30m",
  "1.5d",
  "5y",
  "99999999999999999d",
  "2026-01-31\n",
];

for (const text of refused) {
  Deno.test(`parseDate() refuses ${JSON.stringify(text)} and lists what it takes`, () => {
    const error = assertThrows(() => parseDate(text, NOW), UsageError);
    assertStringIncludes(error.message, `Cannot read the date ${JSON.stringify(text)}: `);
    assertStringIncludes(error.hint!, "2026-01-31T09:30:00Z");
    assertStringIncludes(error.hint!, "7d, 2w, 1m (30 days)");
  });
}

Deno.test("parseDate() reads a day to its end where that is wanted", () => {
  assertEquals(read("2026-02-28", { edge: "end" }), "2026-02-28T23:59:59.999Z");
  assertEquals(read("2026-12-31", { edge: "end" }), "2026-12-31T23:59:59.999Z");
  assertEquals(read("7d", { edge: "end" }), read("7d"));
  assertEquals(read("2026-01-31T09:30:00Z", { edge: "end" }), "2026-01-31T09:30:00.000Z");
});

Deno.test("parseDate() reads local days as the clock on the wall counts them", async () => {
  const days = ["2026-03-08", "2026-03-29", "2026-11-01", "2026-06-15", "0050-01-01"];
  const program = `
    import { parseDate } from ${JSON.stringify(new URL("../../src/cli/date.ts", import.meta.url))};
    const now = new Date();
    for (const day of ${JSON.stringify(days)}) {
      const start = parseDate(day, now, { zone: "local" });
      const end = parseDate(day, now, { zone: "local", edge: "end" });
      console.log(day, start.toISOString(), end.toISOString());
    }`;
  const inZone = async (zone: string) => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", program],
      env: { TZ: zone },
    }).output();
    return new TextDecoder().decode(stdout).trimEnd().split("\n");
  };
  const newYork = await inZone("America/New_York");
  // The days on which the clock changes have 23 and 25 hours.
  assertEquals(newYork.slice(0, 4), [
    "2026-03-08 2026-03-08T05:00:00.000Z 2026-03-09T03:59:59.999Z",
    "2026-03-29 2026-03-29T04:00:00.000Z 2026-03-30T03:59:59.999Z",
    "2026-11-01 2026-11-01T04:00:00.000Z 2026-11-02T04:59:59.999Z",
    "2026-06-15 2026-06-15T04:00:00.000Z 2026-06-16T03:59:59.999Z",
  ]);
  const kolkata = await inZone("Asia/Kolkata");
  assertEquals(kolkata[3], "2026-06-15 2026-06-14T18:30:00.000Z 2026-06-15T18:29:59.999Z");
});

Deno.test("parseDate() reads back what toISOString() writes, 5,000 times", () => {
  let seed = 7;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  for (let round = 0; round < 5000; round++) {
    const time = new Date(Math.floor(random() * 4e12)).toISOString();
    assertEquals(read(time), time);
    const day = time.slice(0, 10);
    assertEquals(read(day), `${day}T00:00:00.000Z`);
  }
});
