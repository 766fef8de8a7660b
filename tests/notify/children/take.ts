/** Takes notices over as soon as its stdin ends, and says which it has got: PATH... */
import { take } from "../../../src/notify/notice.ts";

const say = async (line: string) =>
  void await Deno.stdout.write(new TextEncoder().encode(`${line}\n`));

await say("ready");
for await (const _ of Deno.stdin.readable);
await say(JSON.stringify(Deno.args.filter((path) => take(path) !== undefined)));
// What the dead have got may be taken from them; the test ends this.
setTimeout(() => {}, 60_000);
