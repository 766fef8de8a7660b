import { StdoutClosedError } from "../../src/cli/context.ts";
import { mockAgentCommand } from "../../src/cli/commands/mock_agent.ts";
import { provider } from "../../src/providers/mock/mod.ts";
import { fakeContext } from "../fakes/context.ts";
import { PLAIN_REQUEST } from "../support/plan_request.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { ZAG } from "../support/zag.ts";

const FLAGS = { debug: false, quiet: false, verbose: false };

Deno.test("mock-agent is hidden and plays the script of its context", async () => {
  const script = {
    turns: [{
      steps: [
        { do: "stderr", text: "warning" },
        { do: "garbage", bytes: [65, 66] },
        { do: "env", name: "SOME_NAME" },
        { do: "exit", code: 6 },
      ],
    }],
  };
  const ctx = fakeContext({
    env: { ZAG_MOCK_SCRIPT: JSON.stringify(script), SOME_NAME: "value" },
  });
  assertEquals(await mockAgentCommand.run(ctx, FLAGS, ["--output=text"]), 6);
  assertEquals([ctx.out, ctx.err], ["AB\nvalue\n", "warning\n"]);
  assertEquals(mockAgentCommand.hidden, true);
});

Deno.test("mock-agent leaves a closed stdout to the program around it", async () => {
  const ctx = fakeContext({ stdin: "hi", stdoutClosed: true });
  await assertRejects(() => mockAgentCommand.run(ctx, FLAGS, []), StdoutClosedError);
});

Deno.test("plan() survives zag's own command line, whatever the values are", async () => {
  const odd = ["-p", "--", "--help", "a=b", " ", "-", "é\n"];
  const plan = provider.plan({
    ...PLAIN_REQUEST,
    prompt: undefined,
    model: "--debug",
    autoApprove: true,
    addDirs: odd,
    maxTurns: 3,
    sessionId: "--session",
  });
  const { stdout, stderr, code } = await new Deno.Command(ZAG.program, {
    args: [...ZAG.args, "mock-agent", ...plan.args],
    env: { ZAG_MOCK_SCRIPT: '{"turns":[{"steps":[{"do":"prompt"}]}]}', ZAG_MOCK_STATE: "" },
    stdin: "null",
  }).output();
  assertEquals([new TextDecoder().decode(stderr), code], ["", 0]);
  const end = new TextDecoder().decode(stdout).trim().split("\n").at(-1)!;
  assertStringIncludes(end, '"turn_end"');
  const { add_dirs, model, session_id, max_turns, auto_approve } = JSON.parse(
    JSON.parse(end).result,
  );
  assertEquals(
    { add_dirs, model, session_id, max_turns, auto_approve },
    {
      add_dirs: odd,
      model: "--debug",
      session_id: "--session",
      max_turns: 3,
      auto_approve: true,
    },
  );
});
