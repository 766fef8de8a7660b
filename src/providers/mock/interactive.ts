/** The mock agent with `--interactive`: a person types, the agent answers. */
import { playTurn } from "./play.ts";
import { readLines } from "./read_lines.ts";
import type { MockScript } from "./script.ts";
import type { Agent } from "./turn.ts";

/**
 * Answers a first prompt, if there is one, then each line that is typed, until `/exit` or the end
 * of stdin (Ctrl-D). Ctrl-C stops a turn, not the conversation.
 *
 * @returns The exit code.
 */
export async function converse(
  agent: Agent,
  script: MockScript,
  firstPrompt: string | undefined,
): Promise<number> {
  const { io, session } = agent;
  const ask = io.stdinIsTerminal && io.stdoutIsTerminal ? "> " : "";
  let current: AbortController | undefined;
  const onInterrupt = () => {
    if (current) current.abort();
    else void io.write(`\nType /exit or press Ctrl-D to leave\n${ask}`);
  };
  const answer = async (prompt: string) => {
    current = new AbortController();
    const { exitCode } = await playTurn(agent, script, prompt, current.signal);
    current = undefined;
    return exitCode;
  };
  Deno.addSignalListener("SIGINT", onInterrupt);
  try {
    await io.write(`Mock agent, model ${session.model}, session ${session.id}\n`);
    if (firstPrompt !== undefined) {
      await io.write(`${ask}${firstPrompt}\n`);
      const code = await answer(firstPrompt);
      if (code !== undefined) return code;
    }
    await io.write(ask);
    for await (const line of readLines(io.stdin)) {
      const prompt = line.trim();
      if (prompt === "/exit") return 0;
      const code = prompt === "" ? undefined : await answer(prompt);
      if (code !== undefined) return code;
      await io.write(ask);
    }
    if (ask !== "") await io.write("\n");
    return 0;
  } finally {
    Deno.removeSignalListener("SIGINT", onInterrupt);
  }
}
