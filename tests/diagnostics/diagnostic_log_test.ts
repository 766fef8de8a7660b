import { join } from "node:path";
import { DiagnosticLog } from "../../src/diagnostics/diagnostic_log.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { inTemp } from "../sessions/support.ts";

const AT = new Date("2026-03-01T09:30:00.120Z");

function logIn(directory: string, pid = 17): DiagnosticLog {
  return new DiagnosticLog({
    directory,
    pid,
    redact: (text) => text.replaceAll("secret", "***"),
  });
}

Deno.test("DiagnosticLog makes one private file, with the first entry", async () => {
  await inTemp(async (dir) => {
    const directory = join(dir, "logs");
    const log = logIn(directory);
    log.append([]);
    assertEquals([log.path, [...Deno.readDirSync(dir)].length], [undefined, 0]);
    log.append([{ at: AT, level: "debug", text: "first" }]);
    log.append([{ at: new Date(AT.getTime() + 5000), level: "warn", text: "a secret" }]);
    const [{ name }] = [...Deno.readDirSync(directory)] as [Deno.DirEntry];
    assertMatch(name, /^zag-2026-0[23]-\d\dT\d\d-\d\d-00-17\.log$/);
    assertEquals(log.path, join(directory, name));
    const lines = (await Deno.readTextFile(log.path!)).split("\n");
    assertMatch(lines[0]!, /^2026-0[23]-\d\dT\d\d:\d\d:00\.120 \[DEBUG\] first$/);
    assertMatch(lines[1]!, /:05\.120 \[WARN\] a \*\*\*$/);
    assertEquals(lines.slice(2), [""]);
    if (Deno.build.os !== "windows") {
      assertEquals((Deno.statSync(log.path!).mode ?? 0) & 0o777, 0o600);
      assertEquals((Deno.statSync(directory).mode ?? 0) & 0o777, 0o700);
    }
  });
});

Deno.test("DiagnosticLog sets off further lines and leaves out controls", async () => {
  await inTemp(async (dir) => {
    const log = logIn(dir);
    const text = "one\n2026-01-01T00:00:00.000 [ERROR] forged\r\x1b[31m\n";
    log.append([{ at: AT, level: "info", text }]);
    const lines = (await Deno.readTextFile(log.path!)).trimEnd().split("\n");
    assertEquals(lines.length, 2);
    assertEquals(lines[1], "  2026-01-01T00:00:00.000 [ERROR] forged[31m");
  });
});

Deno.test("DiagnosticLog keeps processes apart that begin in the same second", async () => {
  await inTemp((dir) => {
    for (const pid of [1, 2]) logIn(dir, pid).append([{ at: AT, level: "info", text: "x" }]);
    assertEquals([...Deno.readDirSync(dir)].length, 2);
  });
});

Deno.test("DiagnosticLog drops what it cannot write", async () => {
  await inTemp(async (dir) => {
    const inTheWay = join(dir, "logs");
    await Deno.writeTextFile(inTheWay, "");
    logIn(inTheWay).append([{ at: AT, level: "error", text: "x" }]);
    assert(Deno.statSync(inTheWay).isFile);
  });
});
