/** A small XML parser that refuses whatever is not well-formed: elements, attributes and text only. */

/** An element with all that it holds. */
export interface XmlElement {
  name: string;
  attributes: Record<string, string>;
  children: (XmlElement | string)[];
}

const NAMED: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/**
 * Parses a document that is one element.
 *
 * @throws {Error} where it is not well-formed.
 */
export function parseXml(document: string): XmlElement {
  // deno-lint-ignore no-control-regex -- these may stand nowhere in a document
  const forbidden = /[\0-\x08\v\f\x0e-\x1f\ufffe\uffff]/;
  if (forbidden.test(document) || !document.isWellFormed()) fail("a character that XML forbids", 0);
  // What every parser does with line breaks before it looks at anything else.
  const text = document.replace(/\r\n?/g, "\n");
  let at = 0;

  function fail(what: string, where = at): never {
    throw new Error(`${what} at ${where}: ${JSON.stringify(document.slice(where, where + 60))}`);
  }
  function take(pattern: RegExp, what: string): RegExpExecArray {
    const match = new RegExp(pattern.source, "yu");
    match.lastIndex = at;
    const found = match.exec(text);
    if (!found) return fail(`no ${what}`);
    at = match.lastIndex;
    return found;
  }
  function decode(raw: string): string {
    return raw.replace(/&([^;&]*)(;?)/g, (_, name: string, end: string) => {
      if (end === "") return fail("a bare &");
      const number = /^#(?:x([0-9a-fA-F]+)|(\d+))$/.exec(name);
      if (!number) return NAMED[name] ?? fail(`an unknown entity ${name}`);
      const code = number[1] ? parseInt(number[1], 16) : Number(number[2]);
      const character = String.fromCodePoint(code);
      if (forbidden.test(character)) return fail("a forbidden character, as a number");
      return character;
    });
  }
  function element(): XmlElement {
    const name = take(/<([A-Za-z][\w-]*)/, "element")[1]!;
    const attributes: Record<string, string> = {};
    while (/\s/.test(text[at] ?? "")) {
      take(/\s+/, "blank");
      if (/[/>]/.test(text[at] ?? "")) break;
      const [, key, value] = take(/([A-Za-z][\w-]*)="([^"<]*)"/, "attribute");
      if (key! in attributes) fail(`a second ${key}`);
      attributes[key!] = decode(value!.replace(/[\t\n]/g, " "));
    }
    if (text.startsWith("/>", at)) {
      at += 2;
      return { name, attributes, children: [] };
    }
    take(/>/, "end of a tag");
    const children: XmlElement["children"] = [];
    while (!text.startsWith("</", at)) {
      if (at >= text.length) fail(`no end of ${name}`);
      if (text[at] === "<") children.push(element());
      else {
        const raw = take(/[^<]+/, "text")[0];
        if (raw.includes("]]>")) fail("]]>");
        children.push(decode(raw));
      }
    }
    take(new RegExp(`</${name}>`), `end of ${name}`);
    return { name, attributes, children };
  }

  const root = element();
  if (at !== text.length) fail("something behind the document");
  return root;
}
