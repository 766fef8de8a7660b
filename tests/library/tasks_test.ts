import { inHome } from "../e2e/support.ts";
import { assertEquals } from "../support/assert.ts";
import { repository, run } from "./support.ts";

Deno.test(
  "review() shows an agent the change, plan() the goal; both are sessions of their command",
  inHome(async (home) => {
    const work = await repository(home, { "a.txt": "a\n" });
    await Deno.writeTextFile(`${work}/a.txt`, "changed\n");
    assertEquals(await run(home, "tasks"), [
      [true, true],
      [true, true],
      ["InvalidOptionError", "DiffError", "InvalidOptionError"],
    ]);
    assertEquals(home.rows("sessions").map(({ command }) => command), ["review", "plan"]);
    // What is recorded as said is what was asked for.
    const asked = (await home.logs()).map((log) =>
      log.find(({ type }) => type === "user_message")!.content
    );
    assertEquals(asked.sort(), [
      "Review the uncommitted changes: words",
      "a tower\n\nInstructions: of stone",
    ]);
  }),
);
