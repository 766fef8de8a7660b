/** The writers of TOML and YAML, with the types that their npm copies lack. */

// @ts-types="../std_stringify.d.ts"
export { stringify as stringifyToml } from "@std/toml/stringify";
// @ts-types="../std_stringify.d.ts"
export { stringify as stringifyYaml } from "@std/yaml/stringify";
