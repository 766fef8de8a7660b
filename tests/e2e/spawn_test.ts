import type { Step } from "../../src/providers/mock/script.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { inHome, jsonLines, leftovers, script } from "./support.ts";

/** Starts a session in the background; returns its id. */
async function spawn(home: TestHome, args: readonly string[], ...turns: Step[][]): Promise<string> {
  const { code, stdout: out, stderr: err } = await home.zag(["spawn", "-p", "mock", ...args], {
    env: turns.length === 0 ? {} : script(...turns),
  });
  assertEquals({ code, err }, { code: 0, err: "" });
  assertMatch(out, /^[0-9a-f-]{36}\n$/);
  return out.trim();
}

Deno.test(
  "spawn prints the id of a session whose answer can be read when it has ended",
  inHome(async (home) => {
    const id = await spawn(home, ["--name", "worker", "--tag", "t", "hello"], [
      { do: "say", text: "good day" },
    ]);
    assertEquals((await home.zag(["wait", "worker"])).code, 0);
    assertEquals((await home.zag(["output", id])).stdout, "good day\n");
    const [row] = home.rows("sessions");
    assertEquals(row?.outcome, "success");
    assertEquals(home.rows("processes").map(({ status }) => status), ["exited"]);
    assertEquals(await leftovers(home), []);
  }),
);

Deno.test(
  "spawn --depends-on starts after the sessions that come first, with their results",
  inHome(async (home) => {
    const first = await spawn(home, ["one"], [{ do: "sleep", ms: 300 }, {
      do: "say",
      text: "FIRST-RESULT",
    }]);
    const second = await spawn(home, ["--depends-on", first, "--inject-context", "two"]);
    assertEquals((await home.zag(["wait", second])).code, 0);
    assertStringIncludes((await home.zag(["output", second])).stdout, "FIRST-RESULT");
  }),
);

Deno.test(
  "spawn --depends-on fails without having started when a session that comes first fails",
  inHome(async (home) => {
    const first = await spawn(home, ["one"], [{ do: "error", message: "no luck", fatal: true }]);
    const second = await spawn(home, ["--depends-on", first, "two"]);
    const waited = await home.zag(["wait", second, "--json"]);
    assertEquals(waited.code, 1);
    const [end] = jsonLines(waited.stdout);
    assertStringIncludes(String(end?.error), `session "${first}", which it depends on, has failed`);
  }),
);
