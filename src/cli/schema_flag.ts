/** The value of `--json-schema`, before anything is started. */
import type { SchemaCheck } from "../json/schema.ts";
import type { CliContext } from "./context.ts";

/** The flags that matter here. */
export interface SchemaFlags {
  readonly jsonSchema: string | undefined;
  /** No warnings. */
  readonly quiet: boolean;
}

/**
 * The schema, ready to check values; undefined when none is given. Warns about keywords that look
 * misspelt, which JSON Schema would pass over.
 *
 * @throws {SchemaError} when it cannot be used
 */
export async function readSchemaFlag(
  ctx: CliContext,
  { jsonSchema, quiet }: SchemaFlags,
): Promise<SchemaCheck | undefined> {
  if (jsonSchema === undefined) return undefined;
  const [{ loadSchema }, { compileSchema }] = await Promise.all([
    import("../json/schema_file.ts"),
    import("../json/schema.ts"),
  ]);
  const check = await compileSchema(await loadSchema(jsonSchema, ctx.cwd));
  if (!quiet) {
    const [{ keywordWarnings }, { printMessage }] = await Promise.all([
      import("../json/unknown_keywords.ts"),
      import("./message.ts"),
    ]);
    for (const line of keywordWarnings(check.schema)) await printMessage(ctx, `warning: ${line}`);
  }
  return check;
}
