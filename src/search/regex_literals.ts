/** Texts without which a regular expression cannot match, so that an index can be of use to it. */

/**
 * For each alternative of the expression the texts that every match of it holds; undefined when
 * nothing can be said. Only what is certain is taken: an expression that uses anything unusual gives
 * undefined.
 *
 * @param source as the person wrote it, known to be a valid expression
 * @param ignoreCase then only ASCII counts, whose two cases `fold` makes one
 */
export function requiredTexts(source: string, ignoreCase: boolean): string[][] | undefined {
  const alternatives: string[][] = [];
  let texts: string[] = [];
  let run = "";
  const end = () => {
    if (run !== "") texts.push(run);
    run = "";
  };
  for (let at = 0; at < source.length;) {
    const char = String.fromCodePoint(source.codePointAt(at)!);
    let literal: string | undefined;
    let next = at + char.length;
    if (char === "|") {
      end();
      alternatives.push(texts);
      texts = [];
      at = next;
      continue;
    } else if (char === "\\") {
      const escaped = source[next];
      if (escaped === undefined || /[xucpPk0-9]/.test(escaped)) return undefined;
      if (/[^A-Za-z0-9]/.test(escaped)) {
        literal = escaped;
        next++;
      } else if (/[dDwWsSbBtnrfv]/.test(escaped)) next++;
      else return undefined;
    } else if (char === "[") {
      const close = classEnd(source, at);
      if (close === undefined) return undefined;
      next = close;
    } else if (char === "(") {
      const close = groupEnd(source, at);
      if (close === undefined) return undefined;
      next = close;
    } else if (!/[.^$*+?{})\]]/.test(char)) literal = char;
    else if (!/[.^$]/.test(char)) return undefined;
    const quantifier = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(source.slice(next))?.[0];
    if (quantifier !== undefined) {
      next += quantifier.length;
      // One or more: the text holds it once, and what follows is behind the last one.
      if (literal !== undefined && quantifier.startsWith("+") && usable(literal, ignoreCase)) {
        run += literal;
      }
      end();
    } else if (literal !== undefined && usable(literal, ignoreCase)) run += literal;
    else end();
    at = next;
  }
  end();
  alternatives.push(texts);
  return alternatives.every(({ length }) => length > 0) ? alternatives : undefined;
}

function usable(literal: string, ignoreCase: boolean): boolean {
  return ignoreCase ? literal < "\x80" : !/\p{Surrogate}/u.test(literal);
}

/** Where the class that begins here has ended. */
function classEnd(source: string, start: number): number | undefined {
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] === "\\") at++;
    else if (source[at] === "]") return at + 1;
  }
  return undefined;
}

/** Where the group that begins here has ended. */
function groupEnd(source: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < source.length; at++) {
    if (source[at] === "\\") at++;
    else if (source[at] === "[") {
      const close = classEnd(source, at);
      if (close === undefined) return undefined;
      at = close - 1;
    } else if (source[at] === "(") depth++;
    else if (source[at] === ")" && --depth === 0) return at + 1;
  }
  return undefined;
}
