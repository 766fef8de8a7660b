import { assertEquals } from "./assert.ts";
import { Pty } from "./pty.ts";
import { standStill } from "./stand_still.ts";

Deno.test({
  name: "Pty has all that a program wrote before its end, also when this process stood still then",
  ignore: Deno.build.os === "windows",
  async fn() {
    const { setTimeout } = globalThis;
    // What node-pty waits for between the end of the program and that of its stream.
    globalThis.setTimeout = ((call: () => void, ms: number) => {
      const timer = setTimeout(call, ms);
      if (ms === 200) standStill(350);
      return timer;
    }) as typeof setTimeout;
    try {
      const script = "printf '%05000d\\n' 0; echo end";
      await using pty = new Pty("/bin/sh", ["-c", script], { cwd: "/", env: {} });
      standStill(300);
      assertEquals(await pty.waitForExit(), { code: 0, signal: 0 });
      assertEquals(pty.text, `${"0".repeat(5000)}\nend\n`);
    } finally {
      globalThis.setTimeout = setTimeout;
    }
  },
});
