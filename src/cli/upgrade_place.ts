/** What kind of zag this is: how it came to this machine says how a newer one comes. */
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import manifest from "../../deno.json" with { type: "json" };

/** Where the running program comes from. */
export type ProgramPlace =
  /** One compiled file, by its absolute path. */
  | { readonly kind: "binary"; readonly path: string; readonly target: string }
  /** `zag.js`, or `main.ts` of a checkout, by its absolute path. */
  | { readonly kind: "bundle" | "source"; readonly path: string }
  /** A module that Deno has fetched. */
  | { readonly kind: "module"; readonly url: string };

/**
 * The place of this program.
 *
 * @param entry URL of the main module.
 */
export function programPlace(entry: string): ProgramPlace {
  if (Deno.build.standalone) {
    return { kind: "binary", path: Deno.execPath(), target: Deno.build.target };
  }
  if (!entry.startsWith("file:")) return { kind: "module", url: entry };
  const path = fileURLToPath(entry);
  return { kind: basename(path).endsWith(".js") ? "bundle" : "source", path };
}

/** What the person does where zag does not replace itself. */
export interface OtherWay {
  readonly why: string;
  readonly hint: string;
}

/**
 * How a newer version comes to a place that is no binary.
 *
 * @param version The version that is wanted; the newest without it.
 * @param url Where releases are; empty if nobody has said so.
 */
export function otherWay(
  place: Exclude<ProgramPlace, { kind: "binary" }>,
  version: string | undefined,
  url: string,
): OtherWay {
  switch (place.kind) {
    case "source":
      return {
        why: `this zag runs from its source in ${dirname(place.path)}`,
        hint: `Run: git -C ${JSON.stringify(dirname(place.path))} ` +
          (version === undefined ? "pull" : `checkout v${version}`),
      };
    case "bundle": {
      const folder = version === undefined ? "latest/download" : `download/v${version}`;
      return {
        why: `this zag is the bundle ${place.path}`,
        hint: `Unpack ${
          url === "" ? "zag-bundle.tar.gz of a release" : `${url}/${folder}/zag-bundle.tar.gz`
        } in its directory`,
      };
    }
    case "module": {
      const wanted = `jsr:${manifest.name}${version === undefined ? "" : `@${version}`}`;
      return {
        why: `this zag is a module that Deno has fetched from ${place.url}`,
        hint: place.url.startsWith("https://jsr.io/")
          ? `Run deno run --reload ${wanted}, or deno install --global --force --reload ${wanted}`
          : `Run: deno cache --reload ${place.url}`,
      };
    }
  }
}
