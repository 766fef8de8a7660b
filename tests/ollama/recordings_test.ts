/** The recordings that the parser is tested with are what the agent prints today. */
import { assertEquals } from "../support/assert.ts";
import type { OllamaServerOptions } from "../support/ollama_server.ts";
import { type Bench, nobody, type Run, withBench } from "./run_agent.ts";

const FIXTURES = new URL("../fixtures/ollama/", import.meta.url);

/** How a recording is made; its folder has the same name. */
interface Recording extends OllamaServerOptions {
  run(bench: Bench): Promise<Run>;
  /** File below `transcripts/` that holds the conversation as it is then. */
  transcript?: string;
}

const hi = (...args: string[]) => ({ run }: Bench) => run("hi", ["--session=s1", ...args]);

const RECORDINGS: Readonly<Record<string, Recording>> = {
  simple: { run: hi() },
  thinking: {
    answer: () => ({ thinking: ["The person ", "says hi."], text: ["Hel", "lo ", "🦙\n"] }),
    run: hi(),
  },
  cut_off: {
    answer: () => ({ thinking: ["Long"], text: ["Once upon"], doneReason: "length" }),
    run: hi(),
  },
  resume: {
    async run({ run }) {
      await run("one", ["--session=s1"]);
      return await run("two", ["--resume=s1"]);
    },
    transcript: "resumed.jsonl",
  },
  resume_unknown_id: { run: ({ run }) => run("two", ["--resume=s1"]) },
  model_missing: { run: hi("--model=gemma4:e4b") },
  out_of_memory: {
    answer: () => ({
      status: 500,
      error: "model requires more system memory (21.5 GiB) than is available (7.6 GiB)",
    }),
    run: hi(),
  },
  error_in_stream: {
    answer: (_, index) =>
      index === 0 ? { thinking: ["Hm"], text: ["Hello"] } : {
        thinking: ["Hm"],
        text: ["Once ", "upon"],
        error: "an error was encountered while running the model",
      },
    async run({ run, state }) {
      await Deno.writeTextFile(`${state}/system`, "Be brief.");
      await run("one", ["--session=s1", `--system-prompt-file=${state}/system`]);
      return await run("two", ["--resume=s1"]);
    },
    transcript: "failed.jsonl",
  },
  connection_cut: { answer: () => ({ text: ["Once ", "upon"], then: "cut" }), run: hi() },
  server_down: { run: ({ run }) => run("hi", ["--session=s1"], { OLLAMA_HOST: nobody() }) },
  usage_limit: {
    models: [{ name: "gpt-oss:120b-cloud" }],
    answer: () => ({ status: 429, error: "you have reached your hourly usage limit" }),
    run: hi("--model=gpt-oss:120b-cloud"),
  },
  not_kept: {
    answer: () => ({ text: ["x"], counts: {} }),
    async run({ run, state }) {
      await Deno.writeTextFile(`${state}/file`, "");
      return await run("hi", ["--session=s1"], { ZAG_OLLAMA_STATE: `${state}/file/x` });
    },
  },
};

for (const [name, { run, transcript, ...options }] of Object.entries(RECORDINGS)) {
  Deno.test(`runOllamaAgent prints the recording ${name}`, () =>
    withBench(options, async (bench) => {
      const clean = (text: string) =>
        text.replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:11434")
          .replaceAll(bench.state, "/home/user/.zag/agents/ollama")
          .replaceAll('"/project"', '"/home/user/project"');
      await compare(`${name}/stdout.ndjson`, clean((await run(bench)).out));
      if (transcript) await compare(`transcripts/${transcript}`, clean(await bench.file("s1")));
    }));
}

Deno.test("runOllamaAgent has made every recording there is", () => {
  const folders = Array.from(Deno.readDirSync(FIXTURES), ({ name }) => name);
  assertEquals(folders.sort(), [...Object.keys(RECORDINGS), "transcripts"].sort());
});

async function compare(path: string, made: string): Promise<void> {
  const url = new URL(path, FIXTURES);
  if (Deno.env.get("ZAG_UPDATE_EXPECTED") === "1") {
    await Deno.mkdir(new URL("./", url), { recursive: true });
    await Deno.writeTextFile(url, made);
  }
  assertEquals(made, await Deno.readTextFile(url));
}
