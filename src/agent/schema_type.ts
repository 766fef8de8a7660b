/** The type of the values that a JSON Schema describes. */

/** What a value that matches the schema is, as far as TypeScript can tell; else `unknown`. */
export type FromSchema<Schema> = Schema extends { readonly const: infer Only } ? Only : unknown;
