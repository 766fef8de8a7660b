/** The mock agent with `--stream-input`: each message on stdin is a turn, until stdin ends. */
import { list, record, str } from "../json.ts";
import { playTurn } from "./play.ts";
import { readLines } from "./read_lines.ts";
import type { MockScript } from "./script.ts";
import type { Agent } from "./turn.ts";

type Input = { text: string } | { problem: string };

/**
 * Answers messages in the order in which they come; one that comes during a turn waits.
 *
 * @returns The exit code.
 */
export async function answerStream(agent: Agent, script: MockScript): Promise<number> {
  let current: AbortController | undefined;
  const interrupt = async (id: string) => {
    await agent.output.show({ type: "interrupted", id, turn: current !== undefined });
    current?.abort();
  };
  let code = 0;
  for await (const input of readInputs(agent, interrupt)) {
    if ("problem" in input) {
      await agent.output.show({ type: "error", message: input.problem, details: null });
      return 1;
    }
    current = new AbortController();
    const { success, exitCode } = await playTurn(agent, script, input.text, current.signal);
    current = undefined;
    if (exitCode !== undefined) return exitCode;
    code = success ? 0 : 1;
  }
  return code;
}

/** Reads on while turns are played, since a message may ask for the end of one. */
function readInputs(
  { io: { stdin }, args, asked }: Agent,
  interrupt: (id: string) => Promise<void>,
): ReadableStream<Input> {
  const take = async (line: string, controller: ReadableStreamDefaultController<Input>) => {
    if (line.trim() === "") return;
    const item = parse(line);
    const id = item?.type === "interrupt" ? str(item.id) : undefined;
    const text = item?.type === "user_message" ? contentText(item.content) : undefined;
    const answered = args.asks && item?.type === "answer" ? str(item.id) : undefined;
    if (id !== undefined) await interrupt(id);
    else if (answered !== undefined) {
      asked.get(answered)?.({ allow: item?.allow === true, reason: str(item?.reason) });
    } else if (text !== undefined) controller.enqueue({ text });
    else {
      controller.enqueue({
        problem: `Cannot read the input ${line.slice(0, 200)}: a message is ` +
          '{"type":"user_message","content":"TEXT"} or {"type":"interrupt","id":"ID"}',
      });
    }
  };
  return new ReadableStream<Input>({
    async start(controller) {
      for await (const line of readLines(stdin)) await take(line, controller);
      // Nobody is left who could answer.
      for (const resolve of asked.values()) resolve({ allow: false, reason: "nobody can answer" });
      controller.close();
    },
  });
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    return record(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function contentText(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  const texts = list(content).map((block) => str(record(block)?.text));
  return texts.length === 0 || texts.includes(undefined) ? undefined : texts.join("");
}
