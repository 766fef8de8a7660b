/** What is said beside the answers, without secrets: messages, errors, and what `--debug` shows. */
import { processRedactor, redact } from "../redact/redact.ts";
import type { CliContext, OutputStream } from "./context.ts";

/** The same context; what is printed on its stderr holds no secret. */
export function redactedStderr(ctx: CliContext): CliContext {
  const { stderr } = ctx;
  const clean: OutputStream = Object.create(stderr, {
    write: { value: (text: string | Uint8Array) => stderr.write(withoutSecrets(text)) },
  });
  return Object.create(ctx, { stderr: { value: clean } });
}

function withoutSecrets(text: string | Uint8Array): string | Uint8Array {
  if (typeof text === "string") return redact(text);
  return processRedactor().mayHold(text) ? redact(new TextDecoder().decode(text)) : text;
}
