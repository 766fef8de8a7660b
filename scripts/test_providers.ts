/**
 * Runs the tests of the real agents: several files at a time; then, one after the other, those that
 * depend on how fast an agent starts or writes; and at last the one that compares what zag claims of
 * the agents with what all of them have proved.
 */
const FOLDER = "tests/providers";
const MATRIX = `${FOLDER}/matrix_test.ts`;
const ALONE =
  /(_ends|^(claude|codex|copilot|gemini|ollama)_interactive)_test\.ts$|^gemini_resume_test\.ts$|^claude_stream_input_test\.ts$/;

/** Names the run, for what its tests prove. */
const env = { ZAG_TEST_RUN: crypto.randomUUID() };

async function test(args: readonly string[]): Promise<boolean> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    // Their types are checked by "deno task check".
    args: ["test", "-A", "--no-check", ...args, ...Deno.args],
    env,
  }).spawn().status;
  return success;
}

const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();
const alone = names.filter((name) => ALONE.test(name)).map((name) => `${FOLDER}/${name}`);
const results = [
  await test(["--parallel", `--ignore=${[MATRIX, ...alone].join(",")}`, FOLDER]),
  await test(alone),
  await test([MATRIX]),
];
Deno.exit(results.every(Boolean) ? 0 : 1);
