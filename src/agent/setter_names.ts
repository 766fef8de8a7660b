/** Errors and warnings that speak of the command line, in the words of a program that has none. */
import { ZagError } from "../errors.ts";

/** What a flag of the command line is called here, and a command without the rest of its line. */
const NAMES: Readonly<Record<string, string>> = {
  "--add-dir": "addDir()",
  "--ask-command": "askCommand()",
  "--auto-approve": "autoApprove()",
  "-a": "autoApprove()",
  "--auto-resume": "autoResume()",
  "--base": "base",
  "--commit": "commit",
  "--context": "context()",
  "--continue": "continueLast()",
  "--depends-on": "dependsOn",
  "--env": "env()",
  "--exit": "exit()",
  "--fallback": "fallback()",
  "--file": "file()",
  "--first-byte-timeout": "firstByteTimeout()",
  "--global": "global",
  "--headless": "headless()",
  "--idle-timeout": "idleTimeout()",
  "-i": "inputFormat()",
  "--include-partial-messages": "includePartialMessages()",
  "--inject-context": "injectContext",
  "--interactive": "interactive",
  "-I": "interactive",
  "--json": "json()",
  "--json-schema": "jsonSchema()",
  "--max-cost": "maxCost()",
  "--max-tokens": "maxTokens()",
  "--max-turns": "maxTurns()",
  "--mcp-config": "mcpConfig()",
  "--model": "model()",
  "-m": "model()",
  "--name": "name()",
  "--notify": "notify()",
  "--notify-on": "notifyOn()",
  "-o": "outputFormat()",
  "--output": "outputFormat()",
  "--permissions": "permissions()",
  "--plan": "plan()",
  "--provider": "provider()",
  "-p": "provider()",
  "--replay-user-messages": "replayUserMessages()",
  "--resume": "resumeWithPrompt()",
  "--root": "root()",
  "--sandbox": "sandbox()",
  "--session": "sessionId()",
  "--size": "size()",
  "--system-prompt": "systemPrompt()",
  "--tag": "tag()",
  "--timeout": "timeout()",
  "--uncommitted": "uncommitted",
  "--worktree": "worktree()",
  "-w": "worktree()",
  '"zag cancel"': "cancelSessions()",
  '"zag exec"': "exec()",
  '"zag exec --continue"': "resumeWithPrompt()",
  '"zag exec --json"': "exec() with json()",
  '"zag exec --resume"': "resumeWithPrompt()",
  '"zag mcp list"': "mcp.list()",
  '"zag review"': "review()",
  '"zag run"': "run()",
  '"zag run --exit"': "runForResult()",
  '"zag run --resume"': "resume()",
  '"zag session list"': "SessionStore.list()",
  '"zag session list --global"': "SessionStore.list() with global",
  '"zag skills list"': "skills.list()",
  '"zag spawn"': "spawnSession()",
  '"zag spawn --interactive"': "spawnSession() with interactive",
  '"zag wait"': "waitForSessions()",
};

/** Classes whose words are zag's own; others may quote what an agent has said. */
const OURS: ReadonlySet<string> = new Set([
  "AgentTimeoutError",
  "AmbiguousSessionError",
  "DiffError",
  "ExitModeError",
  "InvalidOptionError",
  "NoReceiverError",
  "OptionUsageError",
  "PipeError",
  "PrintDisabledError",
  "RootNotFoundError",
  "SandboxError",
  "SchemaError",
  "SelectionError",
  "SendError",
  "SessionExistsError",
  "SessionNotFoundError",
  "UnsupportedOptionError",
  "WorktreeError",
  "ZagError",
]);

/** What is quoted, and whole command lines, stay as they are. */
const WORDS = /"(?:[^"\\]|\\.)*"|\bzag [a-z][^";,]*|(?<![\w-])--?[a-zA-Z][a-z-]*/g;

/** A text of zag's own, in setter names. */
export function inSetterWords(text: string): string {
  return text.replace(WORDS, (word) => NAMES[word] ?? word)
    .replace("resumeWithPrompt() in run()", "resume()")
    .replace("continueLast() in run()", "continueLast()");
}

/** A listener to warnings that hears them in setter names. */
export function hearsSetterNames(
  listener: ((message: string) => void) | undefined,
): (message: string) => void {
  return (message) => listener?.(inSetterWords(message));
}

/** Has an error speak of setters where it spoke of flags. Any other value stays as it is. */
export function inSetterNames(error: unknown): unknown {
  return error instanceof ZagError && OURS.has(error.name) ? reword(error, inSetterWords) : error;
}

/** Has an error say something else. */
export function reword<T extends ZagError>(error: T, translated: (text: string) => string): T {
  const { message, stack } = error;
  error.message = translated(message);
  // The stack begins with the message of the moment at which it was taken.
  if (stack !== undefined) error.stack = stack.replace(message, () => error.message);
  const { hint } = error;
  if (hint !== undefined) Object.assign(error, { hint: translated(hint) });
  if ("feature" in error && typeof error.feature === "string") {
    Object.assign(error, { feature: translated(error.feature).replaceAll("()", "") });
  }
  return error;
}

/** Does work whose errors may speak of the command line. */
export async function inLibrary<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw inSetterNames(error);
  }
}
