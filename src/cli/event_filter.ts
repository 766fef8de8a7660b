/** Conditions on events as `--filter key=value` gives them. */
import type { LogEvent } from "../events/log_event.ts";
import { didYouMean } from "../suggest.ts";
import { quote, UsageError } from "./errors.ts";

type Fields = Readonly<Record<string, unknown>>;
type Condition = (event: Fields) => boolean;

/** Makes conditions of values, by key. */
const KEYS: Readonly<Record<string, (value: string) => Condition>> = {
  success: successIs,
  tool: toolHas,
  tool_name: toolHas,
};

/**
 * A test for events that fulfils all conditions. An event without the field that a condition is about
 * does not fulfil it.
 *
 * @param filters each `key=value`, or several with commas between them
 * @throws {UsageError} when one is not of this form, its key is unknown or its value is no value of it
 */
export function eventFilter(filters: readonly string[]): (event: LogEvent) => boolean {
  const conditions = filters.flatMap((filter) => filter.split(",")).map(condition);
  return (event) => conditions.every((holds) => holds(event as unknown as Fields));
}

function condition(text: string): Condition {
  const [, key, value] = /^([^=]*)=([\s\S]*)$/.exec(text.trim()) ?? [];
  const keys = Object.keys(KEYS);
  if (key === undefined || !value) {
    throw new UsageError(
      `Cannot use ${quote(text)} for "--filter": it must be key=value, with ${
        keys.join(", ")
      } as key`,
    );
  }
  if (!Object.hasOwn(KEYS, key)) {
    throw new UsageError(
      `Cannot filter by ${quote(key)}: it must be one of ${keys.join(", ")}`,
      didYouMean(key, keys),
    );
  }
  return KEYS[key]!(value);
}

function successIs(value: string): Condition {
  if (value !== "true" && value !== "false") {
    throw new UsageError(`Cannot use ${quote(value)} for "success": it must be true or false`);
  }
  return ({ success }) => success === (value === "true");
}

/** Part of the name, in any case. */
function toolHas(value: string): Condition {
  const part = value.toLowerCase();
  return ({ tool_name }) => typeof tool_name === "string" && tool_name.toLowerCase().includes(part);
}
