import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { fromFileUrl } from "../support/paths.ts";
import { type TestHome, ZAG } from "../support/zag.ts";
import { inHome, jsonLines, leftovers } from "./support.ts";

const SCRIPT = fromFileUrl(new URL("fan_out.sh", import.meta.url));
const COUNT = 50;

/** What the script has left. */
interface FannedOut {
  /** The sessions' ids, in the order in which they were started. */
  readonly ids: string[];
  readonly ends: Record<string, unknown>[];
  readonly collected: Record<string, unknown>[];
  readonly piped: Record<string, unknown>;
  /** What the last agent was sent. */
  readonly sent: string;
  readonly codes: Record<"wait" | "collect" | "pipe", number>;
}

async function fanOut(home: TestHome, ...args: string[]): Promise<FannedOut> {
  await home.program("zag", `#!/bin/sh\nexec ${ZAG.shell} "$@"\n`);
  const { code, stderr } = await new Deno.Command("sh", {
    args: [SCRIPT, String(COUNT), ...args],
    cwd: home.work,
    env: home.env(),
    clearEnv: true,
    stdin: "null",
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  const read = (name: string) => Deno.readTextFile(`${home.work}/${name}`);
  const piped = JSON.parse(await read("piped.json"));
  return {
    ids: (await read("ids")).trim().split("\n"),
    ends: jsonLines(await read("ends.json")),
    collected: JSON.parse(await read("collected.json")),
    piped,
    sent: piped.result,
    codes: {
      wait: Number(await read("wait.code")),
      collect: Number(await read("collect.code")),
      pipe: Number(await read("pipe.code")),
    },
  };
}

/** No process, no pipe, no private file is left, and no run is open. */
async function assertNothingLeft(home: TestHome): Promise<void> {
  assertEquals(await leftovers(home), []);
  const state = `${home.path}/.zag`;
  for (const directory of ["fifos", "temp"]) {
    const left = await Array.fromAsync(Deno.readDir(`${state}/${directory}`)).catch(() => []);
    assertEquals(left.map(({ name }) => name), [], directory);
  }
  const open = home.rows("processes").filter(({ status }) => status === "running");
  assertEquals(open, []);
}

/** The results, as the last agent was given them, are those of these agents, in this order. */
function assertSent(sent: string, agents: readonly number[]): void {
  const results = [...sent.matchAll(/result of (\d+)/g)].map((match) => Number(match[1]));
  assertEquals(results, agents);
  assertStringIncludes(sent, "Put these results together");
}

const all = Array.from({ length: COUNT }, (_, index) => index + 1);

Deno.test(
  "50 sessions in the background are waited for, collected in order, and piped into one more",
  inHome(async (home) => {
    const { ids, ends, collected, piped, sent, codes } = await fanOut(home);
    assertEquals(codes, { wait: 0, collect: 0, pipe: 0 });
    assertEquals(new Set(ids).size, COUNT);
    assertEquals(ends.map(({ session_id }) => session_id).sort(), [...ids].sort());
    assertEquals(ends.every(({ success }) => success === true), true);
    assertEquals(collected.map(({ session_id }) => session_id), ids);
    assertEquals(
      collected.map(({ name, status, result_text }) => [name, status, result_text]),
      all.map((number) => [`agent-${number}`, "completed", `result of ${number}`]),
    );
    assertEquals(piped.is_error, false);
    assertSent(sent, all);
    await assertNothingLeft(home);
  }),
);

Deno.test(
  "50 sessions in the background, of which one fails, one is killed and one hangs, leave 47 results",
  inHome(async (home) => {
    const { ids, ends, collected, sent, codes } = await fanOut(home, "trouble");
    assertEquals(codes, { wait: 1, collect: 0, pipe: 0 });
    const failed = new Map(
      ends.filter(({ success }) => !success).map((end) => [end.session_id, String(end.error)]),
    );
    assertEquals(new Set(failed.keys()), new Set([ids[1], ids[2], ids[3]]));
    assertStringIncludes(failed.get(ids[1])!, "no luck");
    assertMatch(failed.get(ids[2])!, /no clean exit|killed/);
    assertStringIncludes(failed.get(ids[3])!, "3s");
    assertEquals(collected.map(({ session_id }) => session_id), ids);
    assertEquals(
      collected.filter(({ status }) => status === "completed").map(({ result_text }) =>
        result_text
      ),
      all.filter((number) => ![2, 3, 4].includes(number)).map((number) => `result of ${number}`),
    );
    assertSent(sent, all.filter((number) => ![2, 3, 4].includes(number)));
    await assertNothingLeft(home);
  }),
);
