/** Requests to this machine that no proxy sees. */

/**
 * A client for servers on this machine; undefined where the ordinary one will do. A proxy that the
 * environment names would look for the server on its own machine, and Deno asks it all the same.
 */
export function directClient(url: URL): Deno.HttpClient | undefined {
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (!loopback || url.protocol !== "http:") return undefined;
  const port = Number(url.port || "80");
  return Deno.createHttpClient({ proxy: { transport: "tcp", hostname: url.hostname, port } });
}
