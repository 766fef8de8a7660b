import { localTime } from "../../src/events/render/local_time.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";

const CASES: Readonly<Record<string, readonly [time: string, shown: string][]>> = {
  "UTC": [
    ["2026-11-21T16:18:59.999Z", "2026-11-21 16:18"],
    ["2026-01-02T03:04:05.678901234+00:00", "2026-01-02 03:04"],
    ["2026-01-02T00:30:00+02:00", "2026-01-01 22:30"],
  ],
  "Asia/Kolkata": [["2026-12-31T20:00:00Z", "2027-01-01 01:30"]],
  // The same time on the clock twice: it goes back in that night.
  "Europe/Berlin": [
    ["2026-10-25T00:30:00Z", "2026-10-25 02:30"],
    ["2026-10-25T01:30:00Z", "2026-10-25 02:30"],
  ],
};

for (const [zone, cases] of Object.entries(CASES)) {
  Deno.test(`localTime shows the time of ${zone}`, async () => {
    // The zone belongs to the process, which other tests share.
    const module = import.meta.resolve("../../src/events/render/local_time.ts");
    const program = `import { localTime } from ${JSON.stringify(module)};
      console.log(JSON.stringify(${JSON.stringify(cases.map(([time]) => time))}.map(localTime)));`;
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-config", program],
      env: { TZ: zone },
    }).output();
    assertEquals(JSON.parse(new TextDecoder().decode(stdout)), cases.map(([, shown]) => shown));
  });
}

Deno.test("localTime leaves alone what is no time", () => {
  for (const text of ["", "yesterday", "2026-13-40T00:00:00Z"]) assertEquals(localTime(text), text);
});

Deno.test("localTime always takes 16 characters", () => {
  for (let day = 0; day < 366; day++) {
    const time = new Date(Date.UTC(2028, 0, 1, 1, 1) + day * 86_400_000).toISOString();
    assertMatch(localTime(time), /^\d{4}-\d\d-\d\d \d\d:\d\d$/);
  }
});
