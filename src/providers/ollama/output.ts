/** What the Ollama agent prints, as events or as text for a person. */
import type { OllamaLine } from "./protocol.ts";

/** What the agent needs of the process that it is. */
export interface OllamaAgentIo {
  readonly stdin: ReadableStream<Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Working directory, absolute. */
  readonly cwd: string;
  /** Writes to stdout; resolves when the bytes have left the process. */
  write(text: string): void | Promise<void>;
  writeErr(text: string): void | Promise<void>;
}

/** Shows a line. */
export type ShowLine = (line: OllamaLine) => Promise<void>;

/** One JSON object a line. Fragments are always among them: they show that the model is at work. */
export function eventOutput(io: OllamaAgentIo): ShowLine {
  return async (line) => await io.write(`${JSON.stringify(line)}\n`);
}

/** Only the answer, as it is made; what went wrong goes to stderr. */
export function textOutput(io: OllamaAgentIo): ShowLine {
  return async (line) => {
    if (line.type === "delta") await io.write(line.text);
    else if (line.type === "text" && !line.text.endsWith("\n")) await io.write("\n");
    else if (line.type === "error" || line.type === "status") {
      await io.writeErr(`${line.message}\n`);
    }
  };
}
