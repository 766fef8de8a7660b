import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { ended, exists, rowOf, runOf, spawn } from "./spawn_support.ts";
import { inHome, waitFor } from "./support.ts";

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
  }),
);

Deno.test(
  "spawn --json tells the process that looks after the session, and its log",
  inHome(async (home) => {
    const { code, stdout, stderr } = await home.zag(["spawn", "-p", "mock", "--json", "hello"]);
    assertEquals([code, stderr], [0, ""]);
    const info = JSON.parse(stdout);
    assertEquals(Object.keys(info), ["session_id", "pid", "log_path", "interactive"]);
    assertEquals([runOf(home, info.session_id).owner_pid, info.interactive], [info.pid, false]);
    assertEquals(rowOf(home, info.session_id).log_path, info.log_path);
    assertEquals(await ended(home, info.session_id), 0);
  }),
);

Deno.test(
  "spawn hands all that was asked for to the agent, and to the record of the session",
  inHome(async (home) => {
    await Deno.writeTextFile(`${home.work}/plan.md`, "first look, then leap");
    await Deno.writeTextFile(`${home.work}/notes.txt`, "some notes");
    await Deno.mkdir(`${home.work}/more`);
    const flags = ["-m", "large", "-s", "be brief", "-a", "--max-turns", "7", "--add-dir", "more"];
    const others = ["--plan", "plan.md", "--file", "notes.txt", "--env", "A=b", "--name", "all"];
    const id = await spawn(home, [...flags, ...others, "hello"], [
      { do: "env", name: "A" },
      { do: "prompt" },
    ]);
    assertEquals(await ended(home, id), 0);
    const { stdout } = await home.zag(["output", "all"]);
    const got = JSON.parse(stdout.slice(stdout.indexOf("{")));
    assertEquals(
      [got.model, got.system_prompt, got.auto_approve, got.max_turns, got.add_dirs, got.session_id],
      ["mock-large", "be brief", true, 7, [`${home.work}/more`], id],
    );
    for (const part of ["first look, then leap", "some notes", "hello"]) {
      assertStringIncludes(got.prompt, part);
    }
    assertEquals([rowOf(home, id).name, rowOf(home, id).model], ["all", "mock-large"]);
    const log = await Deno.readTextFile(`${home.path}/.zag/logs/spawn/${id}.log`);
    assertStringIncludes(log, "first look, then leap");
  }),
);

Deno.test(
  "spawn keeps in the spawn log why a session did not begin",
  inHome(async (home) => {
    const id = await spawn(home, ["hello"], [{ do: "exit", code: 3 }]);
    assertEquals(await ended(home, id), 1);
    assertEquals(rowOf(home, id).outcome === "success", false);
    assertEquals(exists(`${home.path}/.zag/logs/spawn/${id}.log`), true);
    const behind = await spawn(home, ["--depends-on", id, "hello"]);
    assertEquals(await ended(home, behind), 1);
    const reason = `session "${id}", which it depends on, has failed`;
    // Its books are closed before it says that.
    await waitFor("the reason", async () => {
      const log = await Deno.readTextFile(`${home.path}/.zag/logs/spawn/${behind}.log`);
      return log.includes(reason) || undefined;
    });
  }),
);
