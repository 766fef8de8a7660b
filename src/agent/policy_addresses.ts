/** Whether a rule with a pattern is about an address of the network. */
import { fitsGlob } from "./policy_glob.ts";

const PORTS: Readonly<Record<string, string>> = { http: "80", https: "443", ws: "80", wss: "443" };

/** A pattern, taken apart. */
interface AddressPattern {
  /** Undefined: any. */
  readonly scheme?: string;
  readonly host: string;
  /** Undefined: none is named. */
  readonly port?: string | undefined;
  /** With the query; undefined: any. */
  readonly path?: string;
}

/**
 * Whether a pattern fits an address: a host, or an address with `://` in it, whose host, port and path are
 * compared each for itself.
 *
 * @param isOpen The rule allows: then every way to read the address has to fit, else any.
 */
export function fitsAddress(pattern: string, text: string, isOpen: boolean): boolean {
  const url = URL.parse(text);
  // What is no address can be at any.
  if (!url) return !isOpen;
  const { scheme, host, port, path } = partsOf(pattern);
  const protocol = url.protocol.slice(0, -1);
  if (scheme !== undefined && !fitsGlob(scheme, protocol)) return false;
  if (!fitsGlob(host, url.hostname.replace(/\.+$/, ""))) return false;
  const ownPort = PORTS[protocol] ?? "";
  if (port !== undefined && !fitsGlob(port, url.port || ownPort)) return false;
  // Another port is another server; a pattern that names a host alone means all of them.
  if (port === undefined && scheme !== undefined && isOpen && url.port !== "") return false;
  if (path === undefined) return true;
  const fits = (each: string) => fitsGlob(path, each);
  const readings = readingsOf(url);
  if (isOpen) return readings !== undefined && readings.every(fits);
  const { pathname, search } = url;
  return fits(pathname + search) || fits(pathname) || (readings ?? []).some(fits);
}

function partsOf(pattern: string): AddressPattern {
  const [, scheme, rest = pattern] = /^([^/]*?):\/\/(.*)$/s.exec(pattern) ?? [];
  const cut = rest.search(/[/?#]/);
  const place = hostOf(cut < 0 ? rest : rest.slice(0, cut));
  const parts = { ...(scheme === undefined ? {} : { scheme: scheme.toLowerCase() }), ...place };
  if (cut < 0) return parts;
  const path = rest.slice(cut).replace(/^[?#]/, "/$&");
  return { ...parts, path: path.split("*").map((part) => decoded(part) ?? part).join("*") };
}

function hostOf(text: string): Pick<AddressPattern, "host" | "port"> {
  const place = text.slice(text.lastIndexOf("@") + 1).toLowerCase();
  const [, host = place, port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(place) ?? [];
  return { host: host.split(".").map(asciiOf).join(".").replace(/(.)\.+$/, "$1"), port };
}

/** Addresses have the names of hosts in letters of ASCII. */
function asciiOf(label: string): string {
  if (!/[^!-~]/.test(label) || label.includes("*")) return label;
  return URL.parse(`http://${label}`)?.hostname ?? label;
}

/**
 * What servers may take the path and the query for; undefined where that cannot be told. Some decode more
 * than once, go up at `..` behind that, and take several slashes for one.
 */
function readingsOf({ pathname, search }: URL): string[] | undefined {
  const readings = new Set<string>();
  let text = decoded(pathname + search);
  for (let depth = 0; text !== undefined; depth++) {
    if (depth === MOST_DECODED) return undefined;
    readings.add(text);
    const [path] = /^[^?#]*/.exec(text)!;
    const slashes = path.replaceAll("\\", "/").replaceAll(/\/+/g, "/") + text.slice(path.length);
    const url = URL.parse(slashes, "http://host");
    if (!url) return undefined;
    const resolved = url.pathname + url.search;
    readings.add(decoded(resolved) ?? resolved);
    const again = decoded(text);
    if (again === text) break;
    text = again;
  }
  return readings.size === 0 ? undefined : [...readings];
}

/** Nobody encodes an address so many times. */
const MOST_DECODED = 5;

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
