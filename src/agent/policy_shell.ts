/** What of a line for a shell can be told without running it: the commands in it, for rules about them. */

/** What a line runs. */
export interface ShellLine {
  /** The simple commands, each trimmed, as they stand there. */
  readonly commands: readonly string[];
  /**
   * Nothing else happens: no substitution, no group, no file is written or read by a redirection, and
   * every quotation ends.
   */
  readonly isPlain: boolean;
}

/** Redirections that touch no file. */
const HARMLESS = /(?<![\w"'\\$])(?:\d?>&\d|(?:\d|&)?>>?\s*\/dev\/null(?![\w/.-]))/g;

/** Reads a line as a POSIX shell would, as far as that can be told. */
export function readShellLine(line: string): ShellLine {
  const text = line.replaceAll(HARMLESS, " ");
  const commands: string[] = [];
  let current = "";
  let quote = "";
  let isPlain = true;
  const end = () => {
    if (current.trim() !== "") commands.push(current.trim());
    current = "";
  };
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (quote === "'") {
      if (character === "'") quote = "";
      current += character;
    } else if (character === "\\") {
      // A line that goes on, and a quoted letter of a command's name, are not what they look like.
      if (quote === "" && /[\w\n-]/.test(text[index + 1] ?? "\n")) isPlain = false;
      current += character + (text[++index] ?? "");
    } else if (character === "`" || (character === "$" && /[({'"]/.test(text[index + 1] ?? ""))) {
      // In double quotes a dollar before the closing one is a dollar.
      if (!(character === "$" && quote === '"' && /['"]/.test(text[index + 1]!))) isPlain = false;
      if (quote === "") {
        end();
        if (character === "$") index++;
      } else current += character;
    } else if (quote === '"') {
      if (character === '"') quote = "";
      current += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      current += character;
    } else if (";&|\n\r".includes(character)) end();
    else if ("(){}<>".includes(character)) {
      isPlain = false;
      if (character === "<" || character === ">") current += character;
      else end();
    } else current += character;
  }
  end();
  return { commands, isPlain: isPlain && quote === "" };
}

/** Programs that run what stands behind them. */
const PREFIX =
  /^(?:\w+=(?:"[^"]*"|'[^']*'|\S*)|sudo|doas|env|command|builtin|exec|nohup|time|nice|then|do|else|!)\s+/;

/** The forms of a command that a rule against it is compared with. */
export function formsOf(command: string): string[] {
  const forms = [command];
  for (let rest = command;;) {
    const shorter = rest.replace(PREFIX, "");
    if (shorter === rest) break;
    forms.push(rest = shorter);
  }
  // `/bin/rm`, `"rm"` and `\rm` are `rm`.
  const bare = forms.at(-1)!.replace(/^["'\\]*(?:[^\s"']*\/)?([^\s"'/]+)["']?/, "$1");
  if (bare !== forms.at(-1)) forms.push(bare);
  return forms;
}
