/** The types that the npm copies of @std/toml and @std/yaml lack, for what is used here. */
export declare function parse(text: string): unknown;
