/**
 * How the index names logs: below its own directory relative to it, so that a state directory can be
 * moved or copied with all that is in it.
 *
 * @module
 */
import { dirname, isAbsolute, join, relative, resolve, sep as SEPARATOR } from "node:path";
import { logInHome } from "../config/paths.ts";
import { isFile } from "../is_file.ts";

/** Turns the paths of records into those of rows, and back. */
export class LogPaths {
  readonly #home: string;

  /** @param database path of the index */
  constructor(database: string) {
    this.#home = resolve(dirname(database));
  }

  /** The same fields with the log's path as a row has it. */
  toRow<Fields extends { readonly logPath?: string | null | undefined }>(fields: Fields): Fields {
    const { logPath } = fields;
    const below = logPath == null ? undefined : this.#below(logPath);
    return below === undefined ? fields : { ...fields, logPath: below };
  }

  /** The same fields with the log's path absolute. */
  fromRow<Fields extends { readonly logPath: string | null }>(fields: Fields): Fields {
    const { logPath } = fields;
    return logPath === null ? fields : { ...fields, logPath: this.#find(logPath) };
  }

  #find(stored: string): string {
    if (!isAbsolute(stored)) return join(this.#home, stored);
    if (this.#below(stored) !== undefined) return stored;
    // It was written before paths were relative; the state directory may have moved since.
    const here = logInHome(this.#home, stored);
    return here !== undefined && isFile(here) ? here : stored;
  }

  /** Relative to the index, with slashes; undefined for what lies elsewhere. */
  #below(path: string): string | undefined {
    if (!isAbsolute(path)) return undefined;
    const below = relative(this.#home, path);
    if (below === "" || isAbsolute(below) || /^\.\.([/\\]|$)/.test(below)) return undefined;
    return SEPARATOR === "/" ? below : below.replaceAll(SEPARATOR, "/");
  }
}
