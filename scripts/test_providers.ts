/**
 * Runs the tests of the real agents: several files at a time; then those that depend on how fast an
 * agent starts or writes; and at last the one that compares what zag claims of the agents with what
 * all of them have proved.
 *
 * Those in the middle wait most of their time, so they run in two rows at once: Gemini CLI, which
 * takes seconds to start, in one, the others in the other. No two of them run at once in a row.
 *
 * @module
 */
import { LineSplitter } from "../src/processes/lines.ts";

const FOLDER = "tests/providers";
const MATRIX = `${FOLDER}/matrix_test.ts`;
const SENSITIVE =
  /(_ends|^(claude|codex|copilot|gemini|ollama)_interactive)_test\.ts$|^gemini_resume_test\.ts$|^claude_stream_input_test\.ts$/;

/** Names the run, for what its tests prove. */
const env = { ZAG_TEST_RUN: crypto.randomUUID() };

function command(args: readonly string[], options: Deno.CommandOptions = {}): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    // Their types are checked by "deno task check".
    args: ["test", "-A", "--no-check", ...args, ...Deno.args],
    env,
    ...options,
  });
}

async function test(args: readonly string[]): Promise<boolean> {
  const { success } = await command(args).spawn().status;
  return success;
}

/** Tests of which others run at the same time: their lines come whole, and so can be told apart. */
async function testBeside(args: readonly string[]): Promise<boolean> {
  const child = command(args, { stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
  const [{ success }] = await Promise.all([
    child.status,
    passOn(child.stdout, Deno.stdout),
    passOn(child.stderr, Deno.stderr),
  ]);
  return success;
}

async function passOn(
  from: ReadableStream<Uint8Array>,
  to: { writeSync(bytes: Uint8Array): number },
): Promise<void> {
  const splitter = new LineSplitter();
  const encoder = new TextEncoder();
  const write = (line: string) => {
    for (let bytes = encoder.encode(line + "\n"); bytes.length > 0;) {
      bytes = bytes.subarray(to.writeSync(bytes));
    }
  };
  for await (const chunk of from) splitter.push(chunk).forEach(write);
  const rest = splitter.end();
  if (rest !== undefined) write(rest);
}

const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();
const sensitive = names.filter((name) => SENSITIVE.test(name)).map((name) => `${FOLDER}/${name}`);
const ofGemini = (path: string) => path.startsWith(`${FOLDER}/gemini_`);
const results = [
  await test(["--parallel", `--ignore=${[MATRIX, ...sensitive].join(",")}`, FOLDER]),
  ...await Promise.all([
    testBeside(sensitive.filter(ofGemini)),
    testBeside(sensitive.filter((path) => !ofGemini(path))),
  ]),
  await test([MATRIX]),
];
Deno.exit(results.every(Boolean) ? 0 : 1);
