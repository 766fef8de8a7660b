/** YAML, with the types that its npm copy lacks. */

// @ts-types="../std_parse.d.ts"
export { parse as parseYaml } from "@std/yaml/parse";
// @ts-types="../std_stringify.d.ts"
export { stringify as stringifyYaml } from "@std/yaml/stringify";
