/** What the tests of transcripts share. */
import type { LogKind } from "../../src/events/log_event.ts";

type UsageLine = Extract<LogKind, { type: "usage" }>;

/** What was said and done, and apart from it what it used. */
export function apart(all: readonly LogKind[]): { kinds: LogKind[]; usage: UsageLine[] } {
  return {
    kinds: all.filter(({ type }) => type !== "usage"),
    usage: all.filter((kind) => kind.type === "usage"),
  };
}

/** `INPUT+OUTPUT MODEL` of each line. */
export function counts(usage: readonly UsageLine[]): string[] {
  return usage.map(({ input_tokens, output_tokens, model }) =>
    `${input_tokens}+${output_tokens} ${model}`
  );
}
