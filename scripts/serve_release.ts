/**
 * Serves `dist/release/` on this machine as a publisher would, so that the install scripts and
 * `zag upgrade` can be tried before anything is published.
 *
 * `deno run -A scripts/serve_release.ts [--port=PORT] [--release=DIR] [-- COMMAND...]`
 *
 * Prints the address for `ZAG_RELEASE_URL`. With a command it runs that with this variable, and ends
 * with its exit code; without one it serves until it is interrupted.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const RELEASE = fileURLToPath(new URL("../dist/release", import.meta.url));

/** Answers `/latest/download/FILE` and `/download/vX.Y.Z/FILE` with files of a directory. */
export async function answer(release: string, path: string): Promise<Response> {
  const [, version, name] = /^\/(?:latest\/download|download\/v([^/]+))\/([\w.-]+)$/.exec(path) ??
    [];
  if (name === undefined) return new Response("not found\n", { status: 404 });
  try {
    const published = (await Deno.readTextFile(join(release, "VERSION"))).trim();
    if (version !== undefined && version !== published) throw new Deno.errors.NotFound();
    return new Response(await Deno.readFile(join(release, name)));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return new Response("not found\n", { status: 404 });
  }
}

async function main(args: readonly string[]): Promise<number> {
  const dashes = args.indexOf("--");
  const own = dashes < 0 ? args : args.slice(0, dashes);
  const [program, ...rest] = dashes < 0 ? [] : args.slice(dashes + 1);
  const value = (flag: string) =>
    own.find((arg) => arg.startsWith(`${flag}=`))?.slice(flag.length + 1);
  const unknown = own.find((arg) => !/^--(port=\d+|release=.+)$/.test(arg));
  if (unknown !== undefined) {
    console.error(
      `Cannot use ${JSON.stringify(unknown)}: see the head of scripts/serve_release.ts`,
    );
    return 64;
  }
  const release = value("--release") ?? RELEASE;
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: Number(value("--port") ?? 0), onListen() {} },
    (request) => answer(release, new URL(request.url).pathname),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  console.error(`ZAG_RELEASE_URL=${url}`);
  if (program === undefined) {
    await server.finished;
    return 0;
  }
  const env = { ZAG_RELEASE_URL: url };
  return (await new Deno.Command(program, { args: rest, env }).spawn().status).code;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
