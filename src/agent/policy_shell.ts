/** What of a line for a shell can be told without running it: the commands in it, for rules about them. */

/** What a line runs. */
export interface ShellLine {
  /**
   * The simple commands, without the blanks around them. They are all that runs where the line is plain,
   * and a guess where it is not.
   */
  readonly commands: readonly string[];
  /**
   * All of it was read with certainty, and nothing else happens: no substitution, no group, no comment,
   * no file is written or read by a redirection, no letter of a word is hidden, and every quotation ends.
   */
  readonly isPlain: boolean;
}

/** Redirections that touch no file, where a word could begin. */
const HARMLESS = /(?:[0-2]?>&[0-2]|[0-2&]?>>?[ \t]*\/dev\/null)(?=[ \t\n;&|]|$)/y;
/** Shells do not agree on them, and nobody types them. */
// deno-lint-ignore no-control-regex
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f]/;
/** Behind these a `#` is a part of the word in every shell. */
const WITHIN_WORD = /[\w./:=@%+,^-]/;

/**
 * Reads a line in the way that bash, zsh and the smaller shells have in common. What goes beyond that is
 * not read, and the line is not plain.
 */
export function readShellLine(line: string): ShellLine {
  const commands: string[] = [];
  let current = "";
  let quote = "";
  let isPlain = !CONTROLS.test(line);
  // A word could begin here.
  let isFresh = true;
  const end = () => {
    const command = withoutBlanks(current);
    if (command !== "") commands.push(command);
    current = "";
    isFresh = true;
  };
  for (let index = 0; index < line.length; index++) {
    const character = line[index]!;
    const next = line[index + 1] ?? "";
    if (quote === "'") {
      if (character === "'") quote = "";
      current += character;
      continue;
    }
    if (quote === '"') {
      if (character === '"') quote = "";
      else if (character === "`" || (character === "$" && /[({[]/.test(next))) isPlain = false;
      else if (character === "\\") {
        if (next === "\n") isPlain = false;
        current += character + next;
        index++;
        continue;
      }
      current += character;
      continue;
    }
    if (isFresh) {
      HARMLESS.lastIndex = index;
      const harmless = HARMLESS.exec(line);
      if (harmless) {
        current += " ";
        index += harmless[0].length - 1;
        continue;
      }
    }
    if (character === "#" && isFresh) {
      isPlain = false;
      const rest = line.indexOf("\n", index);
      if (rest < 0) break;
      index = rest - 1;
      continue;
    }
    if (";&|\n\r(){}`".includes(character)) {
      if ("(){}`".includes(character)) isPlain = false;
      end();
      continue;
    }
    if (character === "<" || character === ">") isPlain = false;
    else if (character === "$" && /[({['"]/.test(next)) isPlain = false;
    else if (character === "#" && !WITHIN_WORD.test(line[index - 1]!)) isPlain = false;
    else if (character === "'" || character === '"') quote = character;
    else if (character === "\\") {
      // A line that goes on, and a quoted letter of a command's name, are not what they look like.
      if (next === "" || /[\w\n-]/.test(next)) isPlain = false;
      current += character + next;
      index++;
      isFresh = false;
      continue;
    }
    current += character;
    isFresh = " \t<>".includes(character);
  }
  end();
  return { commands, isPlain: isPlain && quote === "" };
}

/** Without the blanks of a shell around it; other white space is text to a shell. */
export function withoutBlanks(text: string): string {
  return text.replace(/^[ \t\n\r]+/, "").replace(/[ \t\n\r]+$/, "");
}
