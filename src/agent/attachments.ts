/** Files attached to a prompt: small texts are put into it, everything else is pointed to. */
import { basename, extname, isAbsolute, join } from "node:path";
import { checkArguments, listOf, OBJECT, TEXT, TEXTS } from "./argument_check.ts";
import { InvalidOptionError } from "./errors.ts";
import { escapeXml } from "./xml.ts";

/** Texts up to this many bytes are put into the prompt. */
export const INLINE_LIMIT = 50 * 1024;
/** Larger files are refused. */
export const SIZE_LIMIT = 10 * 1024 * 1024;

/** One attached file. */
export interface Attachment {
  /** Its name, without directories. */
  name: string;
  /** Canonical absolute path. */
  path: string;
  /** Its type. */
  mime: string;
  /** Bytes. */
  size: number;
  /** Whether it is a text. */
  encoding: "utf-8" | "binary";
  /** The text, when it is inlined. */
  text: string | undefined;
}

const MIME: Readonly<Record<string, string>> = {
  ".md": "text/markdown",
  ".markdown": "text/markdown",
  ".html": "text/html",
  ".htm": "text/html",
  ".css": "text/css",
  ".csv": "text/csv",
  ".xml": "application/xml",
  ".svg": "image/svg+xml",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".cjs": "text/javascript",
  ".ts": "text/typescript",
  ".mts": "text/typescript",
  ".tsx": "text/typescript",
  ".jsx": "text/javascript",
  ".py": "text/x-python",
  ".rs": "text/x-rust",
  ".go": "text/x-go",
  ".java": "text/x-java",
  ".c": "text/x-c",
  ".h": "text/x-c",
  ".cpp": "text/x-c++",
  ".cc": "text/x-c++",
  ".hpp": "text/x-c++",
  ".rb": "text/x-ruby",
  ".php": "text/x-php",
  ".sh": "text/x-shellscript",
  ".sql": "text/x-sql",
  ".json": "application/json",
  ".jsonl": "application/x-ndjson",
  ".ndjson": "application/x-ndjson",
  ".yaml": "application/yaml",
  ".yml": "application/yaml",
  ".toml": "application/toml",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".zip": "application/zip",
  ".gz": "application/gzip",
  ".tar": "application/x-tar",
  ".wasm": "application/wasm",
};

/**
 * Reads the files of `--file`. Relative paths start at `cwd`.
 *
 * @throws {InvalidOptionError} when a file is missing, unreadable, no file, or above 10 MiB.
 */
export async function readAttachments(
  paths: readonly string[],
  cwd: string,
): Promise<Attachment[]> {
  checkArguments("readAttachments()", [paths, "paths", TEXTS], [cwd, "cwd", TEXT]);
  const attachments: Attachment[] = [];
  for (const given of paths) attachments.push(await readAttachment(given, cwd));
  return attachments;
}

async function readAttachment(given: string, cwd: string): Promise<Attachment> {
  const refuse = (reason: string, cause?: unknown) =>
    new InvalidOptionError(`Cannot attach "${given}": ${reason}`, cause ? { cause } : {});
  try {
    const path = await Deno.realPath(isAbsolute(given) ? given : join(cwd, given));
    const { size, isFile } = await Deno.stat(path);
    if (!isFile) throw refuse("it is not a file");
    if (size > SIZE_LIMIT) {
      throw refuse(`it has ${size} bytes, and at most ${SIZE_LIMIT} can be attached`);
    }
    // Read even what is only pointed to: an agent could not open it either.
    const text = asText(await Deno.readFile(path));
    return {
      name: basename(path),
      path,
      mime: MIME[extname(path).toLowerCase()] ??
        (text === undefined ? "application/octet-stream" : "text/plain"),
      size,
      encoding: text === undefined ? "binary" : "utf-8",
      text: size <= INLINE_LIMIT ? text : undefined,
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      throw refuse("there is no such file", error);
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw refuse("it may not be read", error);
    }
    if (error instanceof InvalidOptionError || error instanceof Deno.errors.NotCapable) throw error;
    // The system names what it was doing, and the path once more, behind its reason.
    const [reason = ""] = (error instanceof Error ? error.message : String(error)).split(
      / \(os |: /,
    );
    throw refuse(reason.charAt(0).toLowerCase() + reason.slice(1), error);
  }
}

/** The bytes as text; undefined when they are none. Names say little: a Makefile has no suffix. */
function asText(bytes: Uint8Array): string | undefined {
  if (bytes.subarray(0, 8192).includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const ATTACHMENTS = listOf(OBJECT, "an array of attachments");

/** The block that stands before the prompt; well-formed XML whatever the files hold. */
export function formatAttachments(attachments: readonly Attachment[]): string {
  checkArguments("formatAttachments()", [attachments, "attachments", ATTACHMENTS]);
  if (attachments.length === 0) return "";
  const files = attachments.map((file) => {
    const attributes = [
      `name="${escapeXml(file.name)}"`,
      `path="${escapeXml(file.path)}"`,
      `mime="${file.mime}"`,
      `size="${file.size}"`,
      `encoding="${file.encoding}"`,
    ].join(" ");
    const body = file.text === undefined
      ? `Not included here; open @${escapeXml(file.path)} to read it.`
      : escapeXml(file.text);
    return `<file ${attributes}>\n${body}${body.endsWith("\n") ? "" : "\n"}</file>`;
  });
  return `<attached-files>\n${files.join("\n")}\n</attached-files>\n\n`;
}
