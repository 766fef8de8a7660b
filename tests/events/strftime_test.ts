import { strftime } from "../../src/events/render/strftime.ts";
import { assertEquals } from "../support/assert.ts";

const MORNING = new Date(2026, 0, 4, 9, 5, 7, 42);
const EVENING = new Date(2024, 11, 31, 23, 59, 0, 0);

const rows: [string, string, string][] = [
  ["%H:%M:%S", "09:05:07", "23:59:00"],
  ["%Y-%m-%d %T.%L", "2026-01-04 09:05:07.042", "2024-12-31 23:59:00.000"],
  ["%F %R", "2026-01-04 09:05", "2024-12-31 23:59"],
  ["%H:%M:%S%.3f %3f", "09:05:07.042 042", "23:59:00.000 000"],
  ["%I:%M %p %P %l", "09:05 AM am  9", "11:59 PM pm 11"],
  [
    "%a %A %b %B %e %j %y",
    "Sun Sunday Jan January  4 004 26",
    "Tue Tuesday Dec December 31 366 24",
  ],
  ["%-d/%-m %-H", "4/1 9", "31/12 23"],
  ["%u %w %C %D %%", "7 0 20 01/04/26 %", "2 2 20 12/31/24 %"],
  ["%Q at %", "%Q at %", "%Q at %"],
  ["plain", "plain", "plain"],
];

for (const [format, morning, evening] of rows) {
  Deno.test(`strftime writes ${format}`, () => {
    assertEquals(strftime(MORNING, format), morning);
    assertEquals(strftime(EVENING, format), evening);
  });
}

Deno.test("strftime writes the zone and the seconds since 1970", () => {
  const minutes = -MORNING.getTimezoneOffset();
  const size = Math.abs(minutes);
  const two = (value: number) => String(value).padStart(2, "0");
  const offset = `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${two(size % 60)}`;
  assertEquals(strftime(MORNING, "%z %s"), `${offset} ${Math.floor(MORNING.getTime() / 1000)}`);
});
