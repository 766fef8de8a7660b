/** How many cells of a terminal a text takes, with the types that the npm copy lacks. */

// @ts-types="../../unicode_width.d.ts"
export { unicodeWidth } from "@std/cli/unicode-width";
