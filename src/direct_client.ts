/** Requests to this machine that no proxy sees. */

/** Where Deno looks for the proxy of plain HTTP. */
const PROXIES = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/**
 * A client for servers on this machine; undefined where the ordinary one will do. A proxy that the
 * environment names would look for the server on its own machine, and Deno asks it all the same.
 *
 * A server gets the whole address in the request line from it, as every proxy does. HTTP/1.1 wants
 * servers to take that, yet some simple ones do not, so it is used only where a proxy is named.
 *
 * @param isSet Tells whether a variable of the environment is set.
 */
export function directClient(
  url: URL,
  isSet: (variable: string) => boolean = mayBeSet,
): Deno.HttpClient | undefined {
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (!loopback || url.protocol !== "http:" || !PROXIES.some(isSet)) return undefined;
  const port = Number(url.port || "80");
  return Deno.createHttpClient({ proxy: { transport: "tcp", hostname: url.hostname, port } });
}

/** Whether a variable is set, or cannot be read. */
function mayBeSet(variable: string): boolean {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state !== "granted" || Boolean(Deno.env.get(variable));
}
