/** `zag completions`: what makes a shell complete zag's command lines. */
import { defineCommand } from "../command.ts";
import type { CliContext } from "../context.ts";

export const completionsCommand = defineCommand({
  name: "completions",
  brief: "Print a script with which a shell completes commands, flags and values",
  detail: "To try it, or in the shell's own start-up file:\n\n" +
    '  bash        eval "$(zag completions bash)"\n' +
    '  zsh         eval "$(zag completions zsh)"\n' +
    "  fish        zag completions fish | source\n" +
    "  powershell  zag completions powershell | Out-String | Invoke-Expression\n\n" +
    "To keep it, in a file that the shell reads when it is needed:\n\n" +
    "  bash  ~/.local/share/bash-completion/completions/zag\n" +
    "  zsh   _zag in a directory of $fpath\n" +
    "  fish  ~/.config/fish/completions/zag.fish",
  readsOnly: true,
  flags: {},
  operand: { name: "shell", brief: "bash, zsh, fish or powershell", required: true },
  run: runCompletions,
});

async function runCompletions(
  ctx: CliContext,
  _flags: unknown,
  [shell = ""]: readonly string[],
): Promise<number> {
  const { completionScript } = await import("../completion_scripts.ts");
  await ctx.stdout.write(completionScript(shell));
  return 0;
}
