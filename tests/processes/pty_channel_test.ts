import { PtyChannel } from "../../src/processes/pty_channel.ts";
import { type Libc, libc, memory } from "../../src/processes/pty_libc.ts";
import { assertEquals } from "../support/assert.ts";

const POSIX = Deno.build.os === "linux" || Deno.build.os === "darwin";

// It stays loaded, which is not a leak of the test that happens to be first.
if (POSIX) libc();

/** The C library, with a list of the descriptors that were closed. */
function watched(): { lib: Libc; closed: number[] } {
  const closed: number[] = [];
  const lib = {
    ...libc(),
    close(fd: number) {
      closed.push(fd);
      return libc().close(fd);
    },
  };
  return { lib, closed };
}

function pipe(): [number, number] {
  const ends = memory(8);
  assertEquals(libc().pipe(ends), 0);
  return [...new Int32Array(ends.buffer)] as [number, number];
}

// By the second time the number may be that of another file, and a database that loses a descriptor
// loses its locks.
for (
  const [what, ask] of [
    ["is read from", (channel: PtyChannel) => channel.read()],
    ["is written to", (channel: PtyChannel) => channel.write(new Uint8Array(1))],
    ["is closed again", (channel: PtyChannel) => channel.close()],
  ] as const
) {
  Deno.test({
    name: `a terminal's descriptors are closed once, also when it ${what} later`,
    ignore: !POSIX,
    async fn() {
      const { lib, closed } = watched();
      const [end, other] = pipe();
      const channel = new PtyChannel(lib, end);
      const reading = channel.read();
      channel.close();
      assertEquals(await reading, undefined);
      const once = [...closed];
      assertEquals([once.length, new Set(once).size, once.includes(end)], [3, 3, true]);
      await ask(channel);
      assertEquals(closed, once);
      libc().close(other);
    },
  });
}
