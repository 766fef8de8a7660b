/** The schemas of schemas, as ajv has them. */
import type { ValidateFunction } from "ajv";
import { type Draft, draftId, draftOf } from "./drafts.ts";

type AjvClass = typeof import("ajv").Ajv;
type AjvInstance = InstanceType<AjvClass>;

const CLASSES: Readonly<Record<Draft, () => Promise<AjvClass>>> = {
  2020: async () => exportOf(await import("ajv/dist/2020.js")),
  2019: async () => exportOf(await import("ajv/dist/2019.js")),
  7: async () => exportOf(await import("ajv")),
  // What draft 7 adds to it is annotations and `if`.
  6: async () => exportOf(await import("ajv")),
};

/** These modules are CommonJS, and of such a one a bundle has no other export. */
function exportOf(module: unknown): AjvClass {
  return (module as { default: AjvClass }).default;
}

/** They never hold anything but the drafts' own schemas, so nothing can leak from one to another. */
const instances = new Map<Draft, Promise<AjvInstance>>();

function instance(draft: Draft): Promise<AjvInstance> {
  let made = instances.get(draft);
  if (made === undefined) {
    made = CLASSES[draft]().then((Ajv) =>
      new Ajv({ strict: false, logger: false, validateFormats: false, verbose: true })
    );
    instances.set(draft, made);
  }
  return made;
}

/** Checks whether a value is a schema of a draft. */
export async function metaschemaCheck(draft: Draft): Promise<ValidateFunction> {
  return (await instance(draft)).getSchema(draftId(draft === 6 ? 7 : draft))!;
}

/** A draft's own schema, or a part of it, by its address. */
export async function metaschema(uri: string): Promise<unknown> {
  const draft = draftOf(uri) ?? (uri.includes("/2019-09/") ? 2019 : 2020);
  const known = draft === 6 ? uri.replace("draft-06", "draft-07") : uri;
  const { schemas, refs } = await instance(draft);
  const found = schemas[known] ?? refs[known] ?? schemas[`${known}#`] ?? refs[`${known}#`];
  return typeof found === "object" ? found.schema : undefined;
}
