import type { Step } from "../../src/providers/mock/script.ts";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { inHome, mock, onlyLog } from "./support.ts";

Deno.test({
  name: "log from inside of an agent finds its session, wherever the agent stands",
  ignore: Deno.build.os === "windows",
  fn: inHome(async (home) => {
    const elsewhere = `${home.path}/elsewhere`;
    await Deno.mkdir(elsewhere);
    await new Deno.Command("git", { args: ["init", "-q"], cwd: elsewhere }).output();
    const steps: Step[] = [
      { do: "run", command: ["zag", "log", "here"] },
      { do: "say", text: "between" },
      { do: "run", command: ["zag", "log", "there", "--level", "warn"], cwd: elsewhere },
      { do: "say", text: "done" },
    ];
    const { code, stderr } = await mock(home, steps);
    assertEquals([code, stderr], [0, ""]);
    const log = await onlyLog(home);
    assertEquals(log.map(({ seq }) => seq), log.map((_, index) => index + 1));
    const notes = log.filter(({ type }) => type === "user_event");
    assertEquals(notes.map(({ level, message }) => [level, message]), [
      ["info", "here"],
      ["warn", "there"],
    ]);
  }),
});

Deno.test(
  "log keeps its numbers apart from those of others that log at the same time",
  inHome(async (home) => {
    await mock(home, [{ do: "say", text: "done" }], ["hi", "--name", "it"]);
    const before = (await onlyLog(home)).length;
    const words = Array.from({ length: 8 }, (_, index) => `note ${index}`);
    const ends = await Promise.all(words.map((word) => home.zag(["log", word, "--session", "it"])));
    assertEquals(ends.map(({ code, stdout, stderr }) => [code, stdout, stderr]), [
      ...words.map(() => [0, "", ""]),
    ]);
    const log = await onlyLog(home);
    assertEquals(log.map(({ seq }) => seq), log.map((_, index) => index + 1));
    const added = log.slice(before).map(({ message }) => message);
    assertEquals(added.sort(), words);
    // The session is as it was.
    const { stdout } = await home.zag(["summary", "it"]);
    assertStringIncludes(stdout, "completed");
  }),
);
