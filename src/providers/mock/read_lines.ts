/** The lines of the mock agent's stdin. */
import { LineSplitter } from "../../processes/lines.ts";

/** Yields each line without its newline, and what stands behind the last one. */
export async function* readLines(stdin: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const splitter = new LineSplitter();
  for await (const chunk of stdin) yield* splitter.push(chunk);
  const last = splitter.end();
  if (last !== undefined) yield last;
}
