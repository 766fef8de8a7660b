/** What an agent used that only its own files tell of: one that has the terminal prints no events. */
import type { LaunchOutcome } from "../agent/outcome.ts";
import type { Usage } from "../events/event.ts";
import type { LogEvent } from "../events/log_event.ts";
import { addUsage } from "../events/usage.ts";

/** Adds up what the log says while a session goes on. */
export class LoggedUsage {
  #sum: Usage | undefined;

  /** Takes an entry of the log. */
  add(event: LogEvent): void {
    if (event.type !== "usage") return;
    this.#sum = addUsage(this.#sum, {
      input_tokens: event.input_tokens,
      output_tokens: event.output_tokens,
      cache_read_tokens: event.cache_read_tokens ?? null,
      cache_creation_tokens: event.cache_creation_tokens ?? null,
      web_search_requests: null,
      web_fetch_requests: null,
    });
  }

  /** The outcome with what was used, where the log knows it. */
  completed(outcome: LaunchOutcome): LaunchOutcome {
    if (!this.#sum) return outcome;
    return { ...outcome, output: { ...outcome.output, usage: this.#sum } };
  }
}
