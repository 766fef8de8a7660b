/**
 * The model server as a program, for use by hand:
 * `deno run -A tests/support/model_server/main.ts PORT [LOGFILE]`. Port 0 takes any free one; the
 * first line on stdout is `ready PORT`. The log gets one JSON line per request and one more when a
 * client gives up or the server cuts an answer. Runs until it is killed.
 *
 * | variable | meaning |
 * |---|---|
 * | `STUB_REPLY` | the answer to every prompt without a script |
 * | `STUB_BODIES` | a directory that gets the JSON body of each request |
 * | `STUB_KEYLESS` | set: the OpenAI protocols are answered without a key |
 *
 * @module
 */

import { type RequestRecord, startModelServer } from "./mod.ts";

if (import.meta.main) {
  const [port = "8787", logFile] = Deno.args;
  const reply = Deno.env.get("STUB_REPLY");
  const bodies = Deno.env.get("STUB_BODIES");
  const server = startModelServer({
    port: Number(port),
    ...(reply === undefined ? {} : { reply }),
    keyless: Deno.env.has("STUB_KEYLESS"),
    log: (record) => {
      if (logFile !== undefined) writeLine(logFile, record);
      if (bodies !== undefined) writeBody(bodies, record);
    },
  });
  console.log(`ready ${server.port}`);
}

function writeLine(file: string, record: RequestRecord): void {
  const { headers: _headers, body: _body, end, ...rest } = record;
  if (end === "sent") return;
  const line = end === null ? rest : { number: record.number, end };
  Deno.writeTextFileSync(file, `${JSON.stringify(line)}\n`, { append: true });
}

function writeBody(directory: string, record: RequestRecord): void {
  if (record.body === null || record.end !== null) return;
  const name = String(record.number).padStart(4, "0") + record.path.replaceAll(/[/?]/g, "_");
  Deno.writeTextFileSync(`${directory}/${name}.json`, JSON.stringify(record.body, null, 2));
}
