/** The types that the npm copy of @std/cli/unicode-width lacks. */
export declare function unicodeWidth(text: string): number;
