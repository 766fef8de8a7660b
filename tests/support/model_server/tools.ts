/** The tools an agent offers to the model, and how to call its shell and its file writer. */

/** A tool as the request offers it. */
export interface OfferedTool {
  /** Tools of a namespace are named `namespace.tool`. */
  readonly name: string;
  /** Takes one free text instead of JSON arguments. */
  readonly freeform: boolean;
}

/** One call that the model makes. */
export interface ToolCall {
  readonly name: string;
  readonly args: unknown;
  /** The input when the tool turns out to be freeform. */
  readonly text?: string;
}

/** A tool that takes JSON arguments. */
export function jsonTool(name: string): OfferedTool {
  return { name, freeform: false };
}

/** Runs a command with whichever shell tool the agent offers; `shell` when it offers none. */
export function shellCall(tools: readonly OfferedTool[], command: string): ToolCall {
  const described = { command, description: "Run a command" };
  const forms: Record<string, unknown> = {
    Bash: described,
    run_shell_command: described,
    exec_command: { cmd: command },
    shell_command: { command },
    shell: { command: ["bash", "-lc", command] },
    bash: described,
  };
  return pick(tools, forms) ?? { name: "shell", args: { command } };
}

/** Writes a file with whichever tool the agent offers for it; `write_file` when it offers none. */
export function writeCall(
  tools: readonly OfferedTool[],
  path: string,
  content: string,
): ToolCall {
  const forms: Record<string, unknown> = {
    Write: { file_path: path, content },
    write_file: { file_path: path, content },
    create: { path, file_text: content },
  };
  const known = pick(tools, forms);
  if (known !== undefined) return known;
  if (tools.some((tool) => tool.name === "apply_patch")) {
    const text = addFilePatch(path, content);
    return { name: "apply_patch", args: { input: text }, text };
  }
  return { name: "write_file", args: forms.write_file };
}

function pick(
  tools: readonly OfferedTool[],
  forms: Record<string, unknown>,
): ToolCall | undefined {
  const name = Object.keys(forms).find((form) => tools.some((tool) => tool.name === form));
  return name === undefined ? undefined : { name, args: forms[name] };
}

function addFilePatch(path: string, content: string): string {
  const added = content.split("\n").map((line) => `+${line}`);
  return ["*** Begin Patch", `*** Add File: ${path}`, ...added, "*** End Patch", ""].join("\n");
}
