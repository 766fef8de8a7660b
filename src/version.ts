import manifest from "../deno.json" with { type: "json" };

/** The version of this program: three numbers. */
export const version: string = manifest.version;
