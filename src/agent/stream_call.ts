/** A call whose events are taken while they happen. */
import type { Event } from "../events/event.ts";
import type { AgentOptions } from "./agent_options.ts";
import { signalIn } from "./argument_check.ts";
import type { CallOptions } from "./builder.ts";
import { type AgentCall, callAgent } from "./call_agent.ts";

/**
 * The agent's events. Leaving the loop early ends the agent, and so does an error in it. Nothing is
 * started before the first event is asked for.
 *
 * @throws as {@linkcode callAgent} does, when the last event was taken
 */
export async function* streamCall(
  options: AgentOptions,
  what: Pick<AgentCall, "prompt" | "resume">,
  call: CallOptions,
): AsyncGenerator<Event, void> {
  const given = signalIn(call, `${what.resume ? "streamResume" : "stream"}()`);
  const stop = new AbortController();
  const signal = given ? AbortSignal.any([given, stop.signal]) : stop.signal;
  // The transform's queue is the bound: the agent is read no faster than the events are taken.
  const { readable, writable } = new TransformStream<readonly Event[], readonly Event[]>();
  const writer = writable.getWriter();
  const observer = { events: async (events: readonly Event[]) => await writer.write(events) };
  const finished = callAgent(options, { method: "stream", ...what, observer, signal }).then(
    () => writer.close(),
    async (error) => {
      await writer.abort(error).catch(() => {});
      throw error;
    },
  );
  finished.catch(() => {});
  try {
    for await (const events of readable) yield* events;
    await finished;
  } finally {
    stop.abort();
    await finished.catch(() => {});
  }
}
