/** The reader of TOML, with the type that its npm copy lacks. */

// @ts-types="../std_parse.d.ts"
export { parse as parseToml } from "@std/toml/parse";
