/**
 * The type of the values that a JSON Schema describes. It never says more than the schema does: what
 * TypeScript cannot tell, and what only narrows a value down further, is left out.
 *
 * @module
 */

/**
 * What a value is that matches the schema, which is to be written down `as const`: `type`, `enum`,
 * `const`, `properties`, `required`, `additionalProperties`, `items`, `prefixItems`, `anyOf`, `oneOf` and
 * `allOf` count. It is `unknown` for a schema that refers to another one, is nested more than
 * twelve levels deep, or is not known before the program runs.
 *
 * @example
 * ```ts ignore
 * type Colour = FromSchema<{ type: "object"; properties: { hue: { type: "number" } } }>;
 * // { hue?: number }
 * ```
 */
export type FromSchema<Schema> = ValueOf<Schema, []>;

/** One element for each level that was gone down. */
type Level = readonly unknown[];

/** What is nested deeper is `unknown`: the compiler gives up at some depth, too, but with an error. */
type MostLevels = 12;

/** A list that was written down, or any other. */
type List = readonly unknown[];

/**
 * The same, so many levels down.
 *
 * @internal
 */
export type ValueOf<Schema, At extends Level> = At["length"] extends MostLevels ? unknown
  : IsAny<Schema> extends true ? unknown
  : Schema extends false ? never
  // In older drafts nothing counts beside it.
  : Schema extends { readonly $ref: unknown } ? unknown
  : Schema extends object
    ? Flat<Own<Schema, At> & Either<Schema, At> & OneOf<Schema, At> & All<Schema, At>>
  : unknown;

type IsAny<T> = 0 extends 1 & T ? true : false;

/** An intersection of objects as one object; all else as it is. */
type Flat<T> = unknown extends T ? T
  : T extends List ? T
  : T extends object ? { [Key in keyof T]: T[Key] }
  : T;

/** What the schema says itself. */
type Own<Schema, At extends Level> =
  & (Schema extends { readonly const: infer Only } ? Only : unknown)
  & (Schema extends { readonly enum: infer Values extends List } ? Values[number] : unknown)
  & (Schema extends { readonly type: infer Type }
    ? Type extends List ? Typed<Type[number], Schema, At> : Typed<Type, Schema, At>
    : unknown);

type Either<Schema, At extends Level> = Schema extends { readonly anyOf: infer Some extends List }
  ? AnyOf<Some[number], [...At, 0]>
  : unknown;

type OneOf<Schema, At extends Level> = Schema extends { readonly oneOf: infer Some extends List }
  ? AnyOf<Some[number], [...At, 0]>
  : unknown;

type AnyOf<Schema, At extends Level> = Schema extends unknown ? ValueOf<Schema, At> : never;

/** A value that is the argument of each of these functions is all that they want. */
type All<Schema, At extends Level> = Schema extends { readonly allOf: infer Each extends List }
  ? Wants<Each[number], [...At, 0]> extends (value: infer Value) => void ? Value : unknown
  : unknown;

type Wants<Schema, At extends Level> = Schema extends unknown ? (value: ValueOf<Schema, At>) => void
  : never;

/** By the name of a type; a name that is not known yet tells nothing. */
type Typed<Name, Schema, At extends Level> = string extends Name ? unknown
  : Name extends "string" ? string
  : Name extends "number" | "integer" ? number
  : Name extends "boolean" ? boolean
  : Name extends "null" ? null
  : Name extends "array" ? ArrayOf<Schema, At>
  : Name extends "object" ? ObjectOf<Schema, At>
  : unknown;

type ObjectOf<Schema, At extends Level> = Properties<Schema> extends infer Known
  ? [keyof Known] extends [never] ? { [key: string]: Additional<Schema, At> }
  : string extends keyof Known ? { [key: string]: unknown }
  : Members<Known, RequiredKeys<Schema>, Schema, At>
  : never;

type Members<Known, Needed, Schema, At extends Level> = Flat<
  & { -readonly [Key in keyof Known as Key & Needed]: ValueOf<Known[Key], [...At, 0]> }
  & {
    -readonly [Key in keyof Known as Exclude<Key, Needed>]?: ValueOf<Known[Key], [...At, 0]>;
  }
  & (unknown extends Additional<Schema, At> ? unknown
    : {
      // Whatever stands under a name that nobody knows may also be one of the others.
      [key: string]:
        | Additional<Schema, At>
        | { [Key in keyof Known]: ValueOf<Known[Key], [...At, 0]> }[keyof Known]
        | (Exclude<keyof Known, Needed> extends never ? never : undefined);
    })
>;

/** The schemas of the properties by name, those included that only have to be there. */
type Properties<Schema> =
  & (Schema extends { readonly properties: infer Known extends object } ? Known : unknown)
  & Record<Exclude<RequiredKeys<Schema>, KnownKeys<Schema>>, unknown>;

type KnownKeys<Schema> = Schema extends { readonly properties: infer Known } ? keyof Known : never;

/** The names that have to be there, as far as they are known. */
type RequiredKeys<Schema> = Schema extends { readonly required: infer Names extends List }
  ? string extends Names[number] ? never : Extract<Names[number], string>
  : never;

/** What other properties hold: `unknown` where nothing is said, or where there are none. */
type Additional<Schema, At extends Level> = Schema extends { readonly patternProperties: unknown }
  ? unknown
  : Schema extends { readonly additionalProperties: infer Rest extends object }
    ? ValueOf<Rest, [...At, 0]>
  : unknown;

/** With `items` as a list, as older drafts have it, `prefixItems` is meant. */
type ArrayOf<Schema, At extends Level> = Schema extends
  { readonly prefixItems: infer First extends List }
  ? [...Tuple<First, Least<Schema>, [...At, 0]>, ...Rest<Schema, "items", At>]
  : Schema extends { readonly items: infer First extends List }
    ? [...Tuple<First, Least<Schema>, [...At, 0]>, ...Rest<Schema, "additionalItems", At>]
  : Schema extends { readonly items: infer Each } ? ValueOf<Each, [...At, 0]>[]
  : unknown[];

/** An array may be shorter than its schema, unless that says otherwise. */
type Tuple<
  Schemas extends List,
  Min,
  At extends Level,
  Done extends readonly unknown[] = [],
  IsOver = false,
> = Schemas extends readonly [infer First, ...infer Others]
  ? Done["length"] extends Min ? Tuple<Schemas, -1, At, Done, true>
  : Tuple<
    Others,
    Min,
    At,
    IsOver extends true ? [...Done, ValueOf<First, At>?] : [...Done, ValueOf<First, At>],
    IsOver
  >
  : Schemas extends readonly [] ? Done
  : unknown[];

type Least<Schema> = Schema extends { readonly minItems: infer Min extends number }
  ? number extends Min ? 0 : Min
  : 0;

type Rest<Schema, Keyword extends string, At extends Level> = Schema extends
  { readonly [Key in Keyword]: infer Each } ? Each extends false ? [] : ValueOf<Each, [...At, 0]>[]
  : unknown[];
