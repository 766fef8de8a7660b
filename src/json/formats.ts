/** The formats that are checked: those of ajv-formats, and what it lacks or has wrong. */
import { domainToUnicode } from "node:url";
import type { Ajv } from "ajv";
import formats from "ajv-formats";

type Check = (text: string) => boolean;

/** Adds the formats to an instance of ajv. Formats that nobody knows are not checked. */
export function addFormats(ajv: Ajv): void {
  // The package is CommonJS: its function is the default export, or that export's own default.
  const add = (formats as { default?: unknown }).default ?? formats;
  (add as (ajv: unknown) => void)(ajv);
  const known = (name: string): Check => {
    const format = ajv.formats[name] as RegExp | Check;
    return (text) => typeof format === "function" ? format(text) : format.test(text);
  };
  const ipv4 = known("ipv4");
  const ipv6 = known("ipv6");
  const plainEmail = known("email");
  const email: Check = (text) => isEmail(text, plainEmail, ipv4, ipv6);
  const plainUri = known("uri");
  const uri: Check = (text) => plainUri(text) && hasHost(text);
  const uriReference = known("uri-reference");
  ajv.addFormat("email", email);
  ajv.addFormat("idn-email", (text) => isIdnEmail(text, email));
  ajv.addFormat("uri", uri);
  // That of ajv-formats takes the square of a text's length.
  ajv.addFormat("url", (text) => /^(?:https?|ftp):\/\/[^/?#]/i.test(text) && uri(encoded(text)));
  ajv.addFormat("iri", (text) => uri(encoded(text)));
  ajv.addFormat("iri-reference", (text) => uriReference(encoded(text)));
  ajv.addFormat("idn-hostname", isIdnHostname);
}

/** RFC 5321 also has local parts in quotes, and addresses in brackets instead of a domain. */
function isEmail(text: string, plain: Check, ipv4: Check, ipv6: Check): boolean {
  if (plain(text)) return true;
  const at = text.lastIndexOf("@");
  const local = text.slice(0, at);
  const domain = text.slice(at + 1);
  const [, version, address = ""] = /^\[(IPv6:)?([^\]]*)\]$/i.exec(domain) ?? [];
  const isDomain = version ? ipv6(address) : ipv4(address) || plain(`x@${domain}`);
  const isQuoted = /^"(?:[ !#-[\]-~]|\\[ -~])*"$/.test(local);
  return at > 0 && isDomain && (isQuoted || plain(`${local}@example.com`));
}

/** With letters of any script in the local part, and an international domain. */
function isIdnEmail(text: string, email: Check): boolean {
  if (email(text)) return true;
  const at = text.lastIndexOf("@");
  const local = text.slice(0, at).replace(/[^\p{ASCII}\p{Cc}\p{Zs}]/gu, "x");
  return at > 0 && email(`${local}@example.com`) && isIdnHostname(text.slice(at + 1));
}

/** Whether what follows `//` is a host; ajv-formats takes an IPv6 address without brackets for one. */
function hasHost(text: string): boolean {
  const [, authority = ""] = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i.exec(text) ?? [];
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  return /^(?:\[[^\]]*\]|[^:[\]]*)(?::\d*)?$/.test(host);
}

/** An IRI as the URI it stands for. Control characters and private ones stay, and are refused. */
function encoded(text: string): string {
  return text.replace(/[^\p{ASCII}\p{C}]/gu, "%20");
}

/** Characters that RFC 5892 disallows by name. */
const DISALLOWED = /[\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b]/;

/** What RFC 5892 allows in some places only; each matches a place that is wrong. */
const MISPLACED: readonly RegExp[] = [
  /(?<!l)\u00b7|\u00b7(?!l)/,
  /\u0375(?!\p{Script=Greek})/u,
  /(?<!\p{Script=Hebrew})[\u05f3\u05f4]/u,
  /^(?!.*[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]).*\u30fb/u,
  /[\u0660-\u0669].*[\u06f0-\u06f9]|[\u06f0-\u06f9].*[\u0660-\u0669]/,
];

/** How long a host name is at most, in characters. */
const LONGEST_HOSTNAME = 253;

function isIdnHostname(text: string): boolean {
  // Its letters may take two units each, and some of what is below would take very long.
  if (text.length > 2 * LONGEST_HOSTNAME) return false;
  const labels = text.split(/[.\u3002\uff0e\uff61]/);
  const ascii = labels.map(asciiLabel);
  if (ascii.some((label) => label === undefined)) return false;
  return ascii.join(".").length <= LONGEST_HOSTNAME;
}

/** A label as it is in the DNS; undefined for one that is none. */
function asciiLabel(label: string): string | undefined {
  const isEncoded = /^xn--/i.test(label);
  const unicode = isEncoded ? domainToUnicode(label) : label.toLowerCase();
  if (unicode === "" || /^-|-$|^..--/u.test(unicode)) return undefined;
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x2c\x2e\x2f\x3a-\x40\x5b-\x60\x7b-\x9f\xad]/.test(unicode)) return undefined;
  if (DISALLOWED.test(unicode) || MISPLACED.some((wrong) => wrong.test(unicode))) return undefined;
  const ascii = URL.parse(`http://${unicode}.example/`)?.hostname.slice(0, -".example".length);
  // A long label is refused here, and not by the parser.
  return ascii === undefined || ascii === "" || ascii.length > 63 ? undefined : ascii;
}
