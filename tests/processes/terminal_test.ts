import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { PROGRAMS } from "./support.ts";

const args = ["run", "--quiet", "--allow-all", `${PROGRAMS}terminal.ts`];

/** The program `script` gives its child a terminal; its arguments differ between systems. */
function underTerminal(): { program: string; args: string[] } | undefined {
  const program = "/usr/bin/script";
  try {
    Deno.statSync(program);
  } catch {
    return undefined;
  }
  const words = [Deno.execPath(), ...args];
  if (Deno.build.os === "darwin") return { program, args: ["-q", "/dev/null", ...words] };
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  return { program, args: ["-qec", quoted, "/dev/null"] };
}

const call = underTerminal();

Deno.test("saveTerminal() finds nothing to save without a terminal", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).output();
  assertEquals(new TextDecoder().decode(stdout), "none\n");
});

Deno.test({
  name: "saveTerminal() restores modes and screen",
  ignore: call === undefined,
  async fn() {
    const { stdout } = await new Deno.Command(call!.program, { args: call!.args, stdin: "null" })
      .output();
    const text = new TextDecoder().decode(stdout);
    assertStringIncludes(text, "spoiled true restored true");
    for (const sequence of ["\x1b[?1049l", "\x1b[?25h", "\x1b[?2004l", "\x1b[?1003l", "\x1b[0m"]) {
      assertStringIncludes(text, sequence);
    }
  },
});
