/** Whether a rule with a pattern is about files. */
import { posix, win32 } from "node:path";
import type { ToolSubject } from "../providers/policy.ts";

/** What is known of the place in which the agent works. */
export interface PathContext {
  /** Absolute. */
  readonly cwd: string;
  readonly home: string;
  /** Where links lead to; for a path that is not there, where its nearest directory leads to. */
  realPath(path: string): string;
  /** Whose names of files they are. @default those of this system */
  readonly os?: typeof Deno.build.os | undefined;
}

/** Whether names that differ in their case alone are the same file, as a rule. */
export function foldsCase({ os = Deno.build.os }: Pick<PathContext, "os">): boolean {
  return os === "windows" || os === "darwin";
}

/**
 * Whether a pattern fits the files of a call.
 *
 * @param isOpen The rule allows: then all files have to fit, on both sides of a link and in every way to
 * read the path; else any.
 */
export function fitsPaths(
  pattern: string,
  { paths = [], searches = false }: ToolSubject,
  context: PathContext,
  isOpen: boolean,
): boolean {
  // A call that does not tell can be about any file.
  if (paths.length === 0) return !isOpen;
  if (paths.some(({ length }) => length > LONGEST)) return !isOpen;
  const names = new FileNames(context);
  const globs = names.patternsOf(pattern);
  const fits = (path: string) =>
    globs.some((glob) =>
      sourceOf(glob).test(path) || !isOpen && searches && mayLieBelow(glob, path)
    );
  return isOpen
    ? paths.every((path) => !isOfSomebody(path) && names.readingsOf(path).every(fits))
    : paths.some((path) => names.readingsOf(path).some(fits));
}

/** No file can be reached by a longer path. */
const LONGEST = 4096;

/** `~somebody/x`, which some programs take for a file in the home directory of that user. */
function isOfSomebody(path: string): boolean {
  return /^\s*~[^/\\\s]/.test(path);
}

/** Makes names of files comparable: with slashes, and in one case where case means nothing. */
class FileNames {
  readonly #context: PathContext;
  readonly #isWindows: boolean;

  constructor(context: PathContext) {
    this.#context = context;
    this.#isWindows = (context.os ?? Deno.build.os) === "windows";
  }

  get #path(): typeof posix {
    return this.#isWindows ? win32 : posix;
  }

  /**
   * The files that a path can mean: agents' CLIs take blanks around it away, or do not, and put the
   * home directory for `~`, or do not.
   */
  readingsOf(path: string): string[] {
    const { cwd, realPath } = this.#context;
    const readings = new Set<string>();
    for (const each of new Set([path, path.trim(), this.#atHome(path.trim())])) {
      const whole = this.#path.resolve(cwd, each);
      for (const side of [whole, realPath(whole)]) {
        readings.add(this.#comparable(side));
        if (!this.#isWindows) continue;
        // There `.env. ` and `.env::$DATA` are the file `.env`.
        const plain = this.#comparable(side).replaceAll(/(?<=\/[^/]+):[^/]*|[. ]+(?=\/|$)/g, "");
        readings.add(plain);
      }
    }
    return [...readings];
  }

  /**
   * The pattern as it stands, and with what links there are on the way to where it begins: a directory
   * whose links the agent cannot have made.
   */
  patternsOf(pattern: string): string[] {
    const { cwd, home, realPath } = this.#context;
    const text = this.#isWindows ? pattern.replaceAll("\\", "/") : pattern;
    if (text !== "~" && !text.includes("/")) return [this.#comparable(text)];
    const expanded = this.#atHome(text);
    const isAbsolute = this.#path.isAbsolute(expanded);
    const whole = isAbsolute ? this.#path.normalize(expanded) : this.#path.join(cwd, expanded);
    const [top = ""] = /^(?:[A-Za-z]:)?[/\\][^/\\*?]*(?=[/\\]|$)/.exec(whole) ?? [];
    const base = [cwd, home].find((each) => whole.startsWith(each + this.#path.sep)) ?? top;
    const real = base === "" ? whole : realPath(base) + whole.slice(base.length);
    return [...new Set([whole, real].map((each) => this.#comparable(each)))];
  }

  #atHome(path: string): string {
    const { home } = this.#context;
    if (path === "~") return home;
    return /^~[/\\]/.test(path) && (this.#isWindows || path[1] === "/")
      ? this.#path.join(home, path.slice(2))
      : path;
  }

  #comparable(path: string): string {
    let text = this.#isWindows ? path.replaceAll("\\", "/") : path;
    if (foldsCase(this.#context)) text = text.normalize("NFC").toLowerCase();
    return text.replace(/(.)\/$/, "$1");
  }
}

/** Whether something below a directory could match. */
function mayLieBelow(glob: string, directory: string): boolean {
  if (!glob.includes("/")) return true;
  const fixed = glob.split("*")[0]!;
  const below = directory.endsWith("/") ? directory : `${directory}/`;
  return fixed.startsWith(below) || below.startsWith(fixed);
}

/**
 * A pattern without a slash is about a name anywhere. `*` stays within a name, `**` crosses directories:
 * `src/**` is everything below `src`, and `src` itself.
 */
function sourceOf(glob: string): RegExp {
  const source = glob.split(/(\/\*\*(?=\/|$)|\*\*|\*)/).map((part) => {
    if (part === "/**") return "(?:/.*)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    return part.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  }).join("");
  return new RegExp(`${glob.includes("/") ? "^" : "(?:^|/)"}${source}$`, "s");
}
