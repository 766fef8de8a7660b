/**
 * Runs the tests of the real agents: several files at a time, and then the one that compares what zag
 * claims of the agents with what those tests have proved.
 */
const MATRIX = "tests/providers/matrix_test.ts";

/** Names the run, for what its tests prove. */
const env = { ZAG_TEST_RUN: crypto.randomUUID() };

async function test(args: readonly string[]): Promise<boolean> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", ...args, ...Deno.args],
    env,
  }).spawn().status;
  return success;
}

const passed = await test(["--parallel", `--ignore=${MATRIX}`, "tests/providers"]);
Deno.exit(await test([MATRIX]) && passed ? 0 : 1);
