/** What a session had used before it goes on, from the end of the file that its CLI keeps. */
import { BackwardLines } from "../sessions/backward_lines.ts";
import type { Usage } from "../events/event.ts";

const CHUNK = 64 * 1024;

/**
 * The total that the last line states which states one; undefined when no line does.
 *
 * @param totalUsage Reads one line.
 * @param size Only so many bytes of the file count. @default all of it
 */
export async function usageBefore(
  path: string,
  totalUsage: (line: string) => Usage | undefined,
  size?: number,
): Promise<Usage | undefined> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch {
    return undefined;
  }
  using opened = file;
  const lines = new BackwardLines();
  const decoder = new TextDecoder();
  let end = size ?? (await opened.stat()).size;
  while (true) {
    const start = Math.max(0, end - CHUNK);
    const chunk = await readRange(opened, start, end);
    const whole = start === 0 ? [...lines.push(chunk), ...lines.end()] : lines.push(chunk);
    for (const line of whole) {
      const usage = totalUsage(decoder.decode(line));
      if (usage) return usage;
    }
    if (start === 0) return undefined;
    end = start;
  }
}

async function readRange(file: Deno.FsFile, start: number, end: number): Promise<Uint8Array> {
  await file.seek(start, Deno.SeekMode.Start);
  const bytes = new Uint8Array(end - start);
  let size = 0;
  while (size < bytes.length) {
    const count = await file.read(bytes.subarray(size)) ?? 0;
    if (count === 0) break;
    size += count;
  }
  return bytes.subarray(0, size);
}
