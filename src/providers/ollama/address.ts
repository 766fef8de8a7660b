/** Variables of Ollama itself, read as its own client reads them. */

/** Environment variables by name. */
export type OllamaEnvironment = Readonly<Record<string, string | undefined>>;

/** A variable without the blanks and quotes around its value; empty when it is not set. */
export function ollamaSetting(env: OllamaEnvironment, name: string): string {
  return (env[name] ?? "").trim().replace(/^["']+|["']+$/g, "").trim();
}

/** What to do when nobody answers. */
export const SERVER_ADVICE =
  'start it with "ollama serve", or set OLLAMA_HOST to the address of another server';

const LOOPBACK = "127.0.0.1";
const PORTS: Readonly<Record<string, string>> = { http: "80", https: "443" };
const OWN_PORT = "11434";

/**
 * Where the server is, by `OLLAMA_HOST`: `http://127.0.0.1:11434` unless it says otherwise. Takes a
 * host, `host:port`, `:port`, an IPv6 address with or without brackets, each with a scheme in front
 * and a path behind. An address that is only good for listening, `0.0.0.0`, means this machine. A
 * port that is none is replaced by the default one: 11434, with a scheme 80 or 443.
 *
 * @returns An address without a slash at its end. It is a valid URL if the variable holds one.
 */
export function ollamaAddress(env: OllamaEnvironment): string {
  const value = ollamaSetting(env, "OLLAMA_HOST");
  if (value === "ollama.com") return "https://ollama.com:443";
  const mark = value.indexOf("://");
  const scheme = mark < 0 ? "http" : value.slice(0, mark);
  const [authority = "", ...path] = value.slice(mark < 0 ? 0 : mark + 3).split("/");
  const fallback = (mark < 0 ? undefined : PORTS[scheme]) ?? OWN_PORT;
  const both = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:]*)$/.exec(authority);
  const host = both ? both[1] ?? both[2] ?? "" : authority.replace(/^\[+|\]+$/g, "");
  const port = both?.[3] ?? "";
  const isPort = /^\d+$/.test(port) && Number(port) <= 65_535;
  const address = `${scheme}://${reachable(host)}:${isPort ? port : fallback}/${path.join("/")}`;
  return address.replace(/\/+$/, "");
}

function reachable(host: string): string {
  if (host === "" || host === "0.0.0.0") return LOOPBACK;
  if (!host.includes(":")) return host;
  return /^[0:]+$/.test(host) ? "[::1]" : `[${host}]`;
}
