/** JSON as one line, for whoever reads the value elsewhere. */

/** JSON as it was written, and what it stands for. */
export interface ParsedJson {
  text: string;
  value: unknown;
}

/**
 * Numbers of more digits than this program keeps, and those that it writes in another way: with an
 * exponent, with zeros at the end or many in front, and the zero below zero.
 */
const SPECIAL_NUMBER = /\d[\d.]{15}|\d[eE]|\d\.\d*0(?!\d)|\.0{6}|-0(?![\d.])/;

/**
 * The value on one line without white space. Of a key that is there twice the last one counts, as for
 * whoever has checked the value; a number keeps the digits that it was written with, also those that
 * this program cannot count with.
 *
 * @throws {RangeError} when the value is nested deeper than can be written.
 */
export function compactJson({ text, value }: ParsedJson): string {
  return JSON.stringify(SPECIAL_NUMBER.test(text) ? withWrittenNumbers(text) : value);
}

// TypeScript does not know these yet.
type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;
const { parse, rawJSON } = JSON as unknown as {
  parse(text: string, reviver: Reviver): unknown;
  rawJSON(text: string): unknown;
};

function withWrittenNumbers(text: string): unknown {
  return parse(
    text,
    (_, value, { source }) =>
      typeof value === "number" && source !== undefined && String(value) !== source
        ? rawJSON(source)
        : value,
  );
}
