/** The lines of a file that another program may be writing. */
import { LineSplitter } from "../processes/lines.ts";

const CHUNK = 256 * 1024;

/** What a read has brought. */
export interface ReadLines {
  readonly lines: readonly string[];
  /** How many bytes were read for them. */
  readonly bytes: number;
}

/**
 * Reads a file in pieces. The last line counts only when it is whole: whoever writes it may not have
 * come to its end. Of a line above 64 MiB only the beginning comes, which is no JSON.
 *
 * @param size The file ends here, whatever is added to it meanwhile.
 * @throws whatever reading throws
 */
export async function* readLines(path: string, size: number): AsyncGenerator<ReadLines> {
  using file = await Deno.open(path);
  const overlong: string[] = [];
  const splitter = new LineSplitter({ onOverlong: ({ head }) => void overlong.push(head) });
  const buffer = new Uint8Array(CHUNK);
  for (let left = size; left > 0;) {
    const count = await file.read(buffer.subarray(0, Math.min(left, CHUNK)));
    if (count === null) break;
    left -= count;
    const lines = splitter.push(buffer.subarray(0, count));
    yield { lines: [...lines, ...overlong.splice(0)], bytes: count };
  }
  const last = splitter.end();
  if (last !== undefined && isJson(last)) yield { lines: [last], bytes: 0 };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
