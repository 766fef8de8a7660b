/** `zag ps kill` and `zag ps stop` on an `exec` whose answer must be JSON. */
import type { Step } from "../../src/providers/mock/script.ts";
import { writeEndRequest } from "../../src/sessions/end_request.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { asked, playing, SCHEMA } from "./json_support.ts";
import { handIn, results, runs } from "./ps_support.ts";
import { inHome, script, waitFor } from "./support.ts";

const say = (text: string): Step[] => [{ do: "say", text }];

Deno.test(
  "exec --json-schema prints a result that was handed in and that will do",
  inHome(async (home) => {
    const ran = await playing(home, [[handIn('{ "n": 1 }'), { do: "hang" }], say('{"n":2}')], [
      "--json-schema",
      SCHEMA,
    ]);
    assertEquals([ran.code, ran.stdout, ran.stderr], [0, '{"n":1}\n', ""]);
    assertEquals([await results(home), runs(home).length], [['{ "n": 1 }'], 1]);
  }),
);

Deno.test(
  "exec --json corrects no result that was handed in, and says what is wrong with it",
  inHome(async (home) => {
    const ran = await playing(home, [[handIn("LATE"), { do: "hang" }], say("[]")]);
    assertEquals([ran.code, ran.stdout], [1, ""]);
    assertStringIncludes(ran.stderr, "The answer is not what was asked for:\n");
    assertStringIncludes(ran.stderr, "The answer begins: LATE\n");
    assertEquals([await results(home), (await asked(home)).length], [["LATE"], 1]);
    // It was taken as the result of the session, which says nothing of the form of its answer.
    assertEquals(home.rows("sessions")[0]!.outcome, "success");
    assertEquals((await home.zag(["output"])).stdout, "LATE\n");
  }),
);

Deno.test(
  "exec --json does not go on when its agent answered ps stop with what will not do",
  inHome(async (home) => {
    const go = `${home.path}/go`;
    const child = home.spawn(["-p", "mock", "exec", "--json", "hi"], {
      env: script([
        { do: "run", command: ["sh", "-c", `while ! [ -e ${go} ]; do sleep 0.02; done`] },
        ...say("no"),
      ], say("[]")),
    });
    const run = await waitFor("the agent", () => runs(home).find((row) => row.agent_pid));
    // As from an agent that does not end by SIGHUP at once.
    writeEndRequest(`${home.path}/.zag/temp/${run.id}`, { action: "stop", submitted: false });
    await Deno.writeTextFile(go, "");
    const { code, stdout } = await child.output();
    assertEquals([code, stdout.length, (await asked(home)).length], [1, 0, 1]);
    assertEquals(home.rows("sessions")[0]!.outcome, "failure");
  }),
);

Deno.test(
  "ps kill ends all of an exec that is being corrected",
  inHome(async (home) => {
    const child = home.spawn(["-p", "mock", "exec", "--json", "hi"], {
      env: script(...Array(3).fill(say("no")), [{ do: "hang" }]),
    });
    const session = await waitFor("the session", () => runs(home)[0]?.session_id);
    const kill = await home.zag(["ps", "kill", session]);
    const { code, stdout } = await child.output();
    assertEquals([kill.code, kill.stderr, stdout.length], [0, "", 0]);
    // Whichever of its runs it was, it may have answered before it was ended.
    assert(code === 1 || code === 2, `${code}`);
    assertEquals(runs(home).filter(({ status }) => status === "running"), []);
  }),
);
