/** Text within a block of Markdown as styled text. */
import type { Token, Tokens } from "marked";
import { withoutControls } from "./text.ts";
import { type Span, styled } from "./wrap.ts";

const BOLD = "1";
const ITALIC = "3";
const STRUCK = "9";
const LINK = "4";
const ADDRESS = "2";
/** The colour of code. */
export const CODE = "36";

/**
 * The pieces of a text, with newlines where it has some.
 *
 * @param color Without it, marks tell what code and what is struck out.
 */
export function inlineSpans(
  tokens: readonly Token[] | undefined,
  color: boolean,
  style = "",
): Span[] {
  return (tokens ?? []).flatMap((token) => spansOf(token as Tokens.Generic, color, style));
}

function spansOf(token: Tokens.Generic, color: boolean, style: string): Span[] {
  const inner = (added: string) => inlineSpans(token.tokens, color, styled(style, added));
  const leaf = (text: string, added = ""): Span[] => [
    // The parser turns numbers such as &#27; into what they stand for.
    { text: withoutControls(text), style: styled(style, added) },
  ];
  const mark = (text: string): Span[] => color ? [] : leaf(text);
  switch (token.type) {
    case "strong":
      return inner(BOLD);
    case "em":
      return inner(ITALIC);
    case "del":
      return [...mark("~~"), ...inner(STRUCK), ...mark("~~")];
    case "codespan":
      return [...mark("`"), ...leaf(token.text, CODE), ...mark("`")];
    case "br":
      return leaf("\n");
    case "checkbox":
      // The item shows it in the place of its bullet.
      return [];
    case "link":
      return [...inner(LINK), ...address(token, leaf)];
    case "image":
      return [...leaf(decoded(token.text)), ...address(token, leaf)];
    case "text":
      return token.tokens ? inner("") : leaf(decoded(token.text));
    case "escape":
      return leaf(token.text);
    default:
      return leaf(token.raw);
  }
}

/** Where a link leads, unless its text says so. */
function address(
  { href, text }: Tokens.Generic,
  leaf: (text: string, added?: string) => Span[],
): Span[] {
  if (href === "" || href === text || href === `mailto:${text}` || href === `http://${text}`) {
    return [];
  }
  return [...leaf(text === "" ? "" : " "), ...leaf(`(${href})`, ADDRESS)];
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&amp;": "&",
  "&quot;": '"',
  "&#39;": "'",
  "&apos;": "'",
  "&nbsp;": " ",
};

/** What the parser leaves as it is; only the common ones. */
function decoded(text: string): string {
  return text.replace(/&(?:lt|gt|amp|quot|#39|apos|nbsp);/g, (entity) => ENTITIES[entity]!);
}
