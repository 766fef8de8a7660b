/** What each step of a script does. */
import type { StepName, StepOf } from "../script.ts";
import type { Ending, Turn } from "../turn.ts";
import { ENDING_STEPS } from "./endings.ts";
import { FAULT_STEPS } from "./faults.ts";
import { PROCESS_STEPS } from "./processes.ts";
import { SPEECH_STEPS } from "./speech.ts";

/** Plays a step; what it returns ends the turn. */
export type Play<K extends StepName> = (
  step: StepOf<K>,
  turn: Turn,
) => Promise<Ending | void> | Ending | void;

/** The steps of the given names. */
export type Plays<K extends StepName> = { readonly [N in K]: Play<N> };

const STEPS: Plays<StepName> = {
  ...SPEECH_STEPS,
  ...PROCESS_STEPS,
  ...ENDING_STEPS,
  ...FAULT_STEPS,
};

/** Plays one step of a turn. */
export async function playStep<K extends StepName>(
  step: StepOf<K>,
  turn: Turn,
): Promise<Ending | undefined> {
  const play: Play<K> = STEPS[step.do];
  return await play(step, turn) ?? undefined;
}
