/** Chooses what a turn does, plays it, and closes it. */
import { matchesPrompt, type MockScript, type ScriptTurn } from "./script.ts";
import type { MockSession } from "./session.ts";
import { playStep } from "./steps/mod.ts";
import { delay } from "../../delay.ts";
import { type Agent, type Ending, Turn } from "./turn.ts";

/** How a turn went. */
export interface TurnOutcome {
  success: boolean;
  /** Set when the process is to end with this code, whatever is left to do. */
  exitCode: number | undefined;
}

const ECHO: ScriptTurn = { steps: [{ do: "echo" }] };

/** Answers one prompt. */
export async function playTurn(
  agent: Agent,
  script: MockScript,
  prompt: string,
  signal: AbortSignal,
): Promise<TurnOutcome> {
  const entry = chooseEntry(script, agent.session, prompt);
  const turn = new Turn(
    agent,
    prompt,
    await agent.session.beginTurn(prompt, entry ?? null),
    signal,
  );
  const scripted = entry === undefined ? undefined : script.turns[entry];
  if (scripted?.init !== false) await announce(agent);
  if (agent.args.replay) await turn.show({ type: "user", text: prompt });
  let ending = scripted === undefined && script.after === "error"
    ? exhausted(script)
    : await playSteps(scripted ?? ECHO, turn);
  if (signal.aborted && ending?.kind !== "exit") {
    ending = { kind: "failed", error: "Interrupted", stopReason: "interrupted" };
  }
  if (ending?.kind === "exit") {
    if (ending.result === "transcript") await agent.session.append(turn.end(undefined));
    else if (ending.result) await turn.show(turn.end(undefined));
    return { success: ending.result !== false, exitCode: ending.code };
  }
  await turn.show(turn.end(ending));
  await delay(turn.afterResultMs);
  return { success: ending === undefined, exitCode: undefined };
}

async function playSteps(scripted: ScriptTurn, turn: Turn): Promise<Ending | undefined> {
  for (const step of scripted.steps) {
    const ending = await playStep(step, turn);
    if (ending || turn.signal.aborted) return ending;
  }
}

/** The first turn of the script that was not played yet and fits; undefined when there is none. */
function chooseEntry(script: MockScript, session: MockSession, prompt: string): number | undefined {
  const index = script.turns.findIndex((turn, index) =>
    !session.played.includes(index) && matchesPrompt(turn, prompt)
  );
  if (index >= 0) return index;
  return script.after === "repeat-last" ? session.played.at(-1) : undefined;
}

function exhausted(script: MockScript): Ending {
  const count = script.turns.length;
  return {
    kind: "failed",
    error: `No turn is left for this prompt: the script has ${count}, and "after" is "error"`,
    stopReason: "error",
  };
}

async function announce(agent: Agent): Promise<void> {
  if (agent.announced) return;
  agent.announced = true;
  await agent.output.show({
    type: "init",
    session_id: agent.session.id,
    model: agent.session.model,
    cwd: Deno.cwd(),
    tools: ["shell"],
  });
}
