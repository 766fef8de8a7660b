/** How many cells of a terminal a text takes. */

/** Two cells each: East Asian scripts and their full-width forms, and emoji that are always drawn. */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u4dff\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2fb}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
/** Marks that stand on the character before them, and characters that only control. */
const NOTHING = /[\p{Mn}\p{Me}\p{Cf}\p{Cc}\u1160-\u11ff]/u;
/** Half of a flag, which is an emoji only together with the other half. */
const FLAG_HALF = /[\u{1f1e6}-\u{1f1ff}]/u;
const SOFT_HYPHEN = "\xad";
/** Makes a picture of the character before it. */
const AS_EMOJI = "\ufe0f";

/**
 * The cells that a text takes. Where terminals differ, as with emoji that are joined into one, it is
 * what the widest of them needs; control characters count as nothing.
 */
export function unicodeWidth(text: string): number {
  // Most texts are plain, and a list can hold many thousands of them.
  if (/^[ -~]*$/.test(text)) return text.length;
  let cells = 0;
  let last = 0;
  for (const character of text) {
    const width = character === AS_EMOJI && last === 1 ? 1 : widthOf(character);
    if (width > 0) last = character === AS_EMOJI ? 2 : width;
    cells += width;
  }
  return cells;
}

function widthOf(character: string): number {
  if (character <= "~") return character < " " ? 0 : 1;
  if (character === SOFT_HYPHEN || FLAG_HALF.test(character)) return 1;
  if (NOTHING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
