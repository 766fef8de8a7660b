/** What the file of an agent's CLI tells, entry by entry, with the times. */
import type { LogKind } from "../events/log_event.ts";
import type { TranscriptParser } from "../providers/transcript.ts";
import { timeOf } from "./head.ts";
import { readLines } from "./lines.ts";

/** What one line tells. */
export interface Entries {
  readonly kinds: readonly LogKind[];
  /** When; undefined where the file has told no time yet. */
  readonly at: Date | undefined;
  readonly model: string | undefined;
}

/**
 * What a file tells, line by line; lines that tell nothing are left out.
 *
 * @param parser New; at the end its state is that of the whole file.
 * @param size The file ends here, whatever is added to it meanwhile.
 * @param progress Is told of so many bytes more.
 * @throws whatever reading throws
 */
export async function* entriesOf(
  parser: TranscriptParser,
  path: string,
  size: number,
  progress?: (bytes: number) => void,
): AsyncGenerator<Entries> {
  const { state } = parser;
  let kinds: LogKind[] = [];
  let text: string | undefined;
  let at: Date | undefined;
  const take = (kind: LogKind) => void kinds.push(kind);
  const entries = (): Entries => {
    if (state.time !== text) at = timeOf(text = state.time) ?? at;
    return { kinds, at, model: state.model };
  };
  for await (const { lines, bytes } of readLines(path, size)) {
    for (const line of lines) {
      parser.line(line, take);
      if (kinds.length === 0) continue;
      yield entries();
      kinds = [];
    }
    progress?.(bytes);
  }
  parser.end?.(take);
  if (kinds.length > 0) yield entries();
}
