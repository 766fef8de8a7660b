const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Text made safe for an XML element or attribute. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

/**
 * Text in which every character may stand in an XML document: control characters become the symbols
 * that Unicode has for them, what is no character becomes U+FFFD.
 */
export function xmlCharacters(text: string): string {
  return text.toWellFormed().replace(
    // deno-lint-ignore no-control-regex -- these are the ones that XML has no way to write
    /[\0-\x08\v\f\x0e-\x1f\ufffe\uffff]/g,
    (character) => {
      const code = character.charCodeAt(0);
      return String.fromCharCode(code < 0x20 ? 0x2400 + code : 0xfffd);
    },
  );
}

/** Text for between the tags of an XML element; quotes stay, so that it can be read as it is. */
export function xmlText(text: string): string {
  return xmlCharacters(text.replace(/[&<>]/g, (character) => ESCAPES[character] ?? character));
}
