/** `zag collect` over sessions that real processes have left. */
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { inHome, leftovers, mock, script, waitFor } from "./support.ts";

Deno.test(
  "collect gathers what agents that succeeded, failed, were killed and still run have said",
  inHome(async (home) => {
    const tag = ["--tag", "fan"];
    await mock(home, [{ do: "say", text: "all\nof it" }], ["hi", "--name", "good", ...tag]);
    await mock(
      home,
      [{ do: "say", text: "half" }, { do: "error", message: "no quota", fatal: true }],
      ["hi", "--name", "bad", ...tag],
    );
    const hang = script([{ do: "say", text: "at work" }, { do: "hang" }]);
    const start = async (name: string) => {
      const args = ["-p", "mock", "exec", "hi", "--name", name, ...tag];
      const child = home.spawn(args, { env: hang, stdio: { stdout: "null", stderr: "null" } });
      await waitFor(`what ${name} says`, async () => {
        const { stdout } = await home.zag(["output", name, "-q"]);
        return stdout === "at work\n" ? true : undefined;
      });
      return child;
    };
    const killed = await start("killed");
    killed.kill("SIGKILL");
    await killed.status;
    const living = await start("living");

    const all = await home.zag(["collect", "good", "--tag", "fan", "--json"]);
    assertEquals([all.code, all.stderr, all.stdout.split("\n").length], [0, "", 2]);
    const told = JSON.parse(all.stdout);
    const recorded = new Map(home.rows("sessions").map((row) => [row.name, row.session_id]));
    assertEquals(
      told.map(({ name, session_id }: Record<string, unknown>) =>
        recorded.get(name) === session_id ? name : undefined
      ),
      ["good", "living", "killed", "bad"],
    );
    assertEquals(
      told.map(({ status, result_text }: Record<string, unknown>) => [status, result_text]),
      [
        ["completed", "all\nof it"],
        ["running", "at work"],
        ["dead", "at work"],
        ["failed", "half"],
      ],
    );
    assertEquals(told.map((entry: object) => "error" in entry), [false, false, true, true]);
    assertStringIncludes(told[2].error, "zag was killed");

    living.kill("SIGTERM");
    await living.status;
    assertEquals(await leftovers(home), []);
    const text = await home.zag(["collect", "good", "nobody", "bad"]);
    const id8 = (name: string) => String(recorded.get(name)).slice(0, 8);
    assertEquals(
      [text.code, text.stdout],
      [
        1,
        `=== good (${id8("good")}) [completed] ===\nall\nof it\n\n` +
        `=== bad (${id8("bad")}) [failed] ===\nhalf\nerror: ${told[3].error}\n`,
      ],
    );
    assertStringIncludes(text.stderr, 'error: Cannot find session "nobody"');
    const nothing = await home.zag(["collect"]);
    assertEquals([nothing.code, nothing.stdout], [64, ""]);
    assertStringIncludes(nothing.stderr, "or --tag");
  }),
);
