import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { type TestHome, ZAG } from "../support/zag.ts";
import {
  claude,
  inHome,
  jsonLines,
  leftovers,
  mock,
  onlyLog,
  standIn,
  waitFor,
} from "./support.ts";

const RESULT = '{"type":"result","subtype":"success","is_error":false,"result":"end"}';

/** A message of the assistant as claude prints it. */
function said(text: string): string {
  return JSON.stringify({
    type: "assistant",
    message: { role: "assistant", content: [{ type: "text", text }] },
  });
}

Deno.test(
  "exec ends quietly with 141 when its reader goes, and takes the agent with it",
  inHome(async (home) => {
    for (const format of [[], ["-o", "stream-json"], ["-o", "text"]]) {
      await standIn(home, `cat > /dev/null; yes '${said("x")}'`);
      const child = home.spawn(["exec", "hi", ...format], { env: { ZAG_CLAUDE_ALLOW_PRINT: "1" } });
      const reader = child.stdout.getReader();
      await reader.read();
      await reader.cancel();
      const { code } = await child.status;
      assertEquals([format, code], [format, 141]);
      assertEquals(await new Response(child.stderr).text(), "");
      assertEquals(await leftovers(home), []);
    }
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), Array(3).fill("interrupted"));
  }),
);

Deno.test(
  "exec | head ends quietly when the answer is over before the pipe is closed",
  inHome(async (home) => {
    const child = home.spawn(["-p", "mock", "exec", "hi"], { stdio: { stdout: "piped" } });
    await child.stdout.cancel();
    const { code } = await child.status;
    assertEquals([code, await new Response(child.stderr).text()], [141, ""]);
  }),
);

Deno.test(
  "exec stops the agent while nobody reads, and keeps memory flat",
  inHome(async (home) => {
    const lines = 60_000;
    const text = said("y".repeat(900));
    await standIn(home, `cat > /dev/null; yes '${text}' | head -n ${lines}; echo '${RESULT}'`);
    const child = home.spawn(["exec", "hi", "-o", "stream-json"], {
      env: { ZAG_CLAUDE_ALLOW_PRINT: "1" },
    });
    const blockedAt = await standstill(home);
    assert(blockedAt < 8_000_000, `${blockedAt} bytes were read ahead`);
    assertEquals((await leftovers(home, 0)).some((line) => /\byes\b/.test(line)), true);
    let newlines = 0;
    let peak = 0;
    for await (const chunk of child.stdout) {
      for (const byte of chunk) if (byte === 10) newlines++;
      peak = Math.max(peak, residentBytes(child.pid));
    }
    assertEquals([(await child.status).code, newlines], [0, lines + 2]);
    assert(peak < 250_000_000, `zag took ${peak} bytes for 60 MB of events`);
    await child.stderr.cancel();
    const [path] = await home.logPaths();
    assert((await Deno.stat(path!)).size > lines * text.length * 0.9, "all of it is logged");
  }),
);

/** Waits until the log does not grow any more; returns its size. */
async function standstill(home: TestHome): Promise<number> {
  let last = -1;
  return await waitFor("a standstill", async () => {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const [path] = await home.logPaths();
    const { size } = path === undefined ? { size: 0 } : await Deno.stat(path);
    const still = size > 10_000 && size === last;
    last = size;
    return still ? size : undefined;
  }, 60_000);
}

/** Memory that a process has taken; 0 where that cannot be seen. */
function residentBytes(pid: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

Deno.test(
  "exec passes over lines that are no events, and logs each with a warning",
  inHome(async (home) => {
    const { code, stdout, stderr } = await mock(home, [
      { do: "garbage", line: "Warning: deprecated" },
      { do: "garbage", line: '{"type":"nonsense"}' },
      { do: "garbage", line: "[1,2]" },
      { do: "garbage", line: "" },
      { do: "garbage", bytes: [0xff, 0xfe, 0x00, 0x41] },
      { do: "say", text: "fine" },
    ]);
    assertEquals([code, stdout, stderr], [0, "fine\n", ""]);
    const warnings = (await onlyLog(home)).filter(({ type }) => type === "parse_warning");
    assertEquals(warnings.map(({ raw }) => raw), [
      "Warning: deprecated",
      '{"type":"nonsense"}',
      "[1,2]",
      "\ufffd\ufffd\0A",
    ]);
  }),
);

Deno.test(
  "exec reads a last line without a newline, and a torn one as garbage",
  inHome(async (home) => {
    await standIn(home, `cat > /dev/null; echo '${said("hello")}'; printf '%s' '${RESULT}'`);
    const whole = await claude(home, ["hi"]);
    assertEquals([whole.code, whole.stdout], [0, "hello\n"]);
    await standIn(home, `cat > /dev/null; echo '${said("hello")}'; printf '%s' '{"type":"resu'`);
    const torn = await claude(home, ["hi"]);
    assertEquals([torn.code, torn.stdout], [2, "hello\n"]);
    const log = (await home.logs()).at(-1)!;
    assertEquals(log.find(({ type }) => type === "parse_warning")?.raw, '{"type":"resu');
  }),
);

Deno.test(
  "exec reads events with bytes that are no UTF-8",
  inHome(async (home) => {
    const [before, after] = said("a|b").split("|");
    await standIn(
      home,
      `cat > /dev/null; printf '%s\\377\\303%s\\n' '${before}' '${after}'; echo '${RESULT}'`,
    );
    const { code, stdout } = await claude(home, ["hi"]);
    assertEquals([code, stdout], [0, "a\ufffd\ufffdb\n"]);
  }),
);

Deno.test(
  "exec takes a line of 20 MB whole, and logs the head of it",
  inHome(async (home) => {
    const bytes = 20_000_000;
    const { code, stdout } = await mock(home, [{ do: "big", bytes }, { do: "say", text: "end" }]);
    assertEquals([code, stdout.length], [0, bytes + "\n\nend\n".length]);
    const [path] = await home.logPaths();
    assert((await Deno.stat(path!)).size < 1_000_000, "a log line is capped");
    const [first] = (await onlyLog(home)).filter(({ type }) => type === "assistant_message");
    assertEquals(first?.truncated, true);
    assertMatch(String(first?.content), /^x{100000}/);
  }),
);

Deno.test(
  "exec drops a line that is too long, says so in the log, and goes on",
  inHome(async (home) => {
    const [before, after] = said("|").split("|");
    const long =
      `printf '%s' '${before}'; head -c 70000000 /dev/zero | tr '\\0' x; echo '${after}'`;
    await standIn(home, `cat > /dev/null; ${long}; echo '${said("short")}'; echo '${RESULT}'`);
    const { code, stdout } = await claude(home, ["hi"]);
    assertEquals([code, stdout], [0, "short\n"]);
    const warning = (await onlyLog(home)).find(({ type }) => type === "parse_warning");
    assertMatch(String(warning?.message), /^A line of 700000\d\d bytes is too long/);
  }),
);

Deno.test(
  "exec prints each event before the next one is there",
  inHome(async (home) => {
    const child = home.spawn(["-p", "mock", "exec", "hi", "-o", "stream-json"], {
      env: { ZAG_MOCK_SCRIPT: '{"turns":[{"steps":[{"do":"say","text":"x"},{"do":"hang"}]}]}' },
    });
    let text = "";
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    while (!text.includes("assistant_message")) text += (await reader.read()).value;
    assertEquals(jsonLines(text).map(({ type }) => type), ["init", "assistant_message"]);
    child.kill("SIGTERM");
    await child.status;
    await reader.cancel();
    await child.stderr.cancel();
  }),
);

Deno.test({
  name: "exec says what it could not write where stdout is a full disk",
  ignore: Deno.build.os !== "linux",
  fn: inHome(async (home) => {
    await home.program("zag", `#!/bin/sh\nexec ${ZAG.shell} "$@"\n`);
    const { code, stderr } = await new Deno.Command("sh", {
      args: ["-c", "zag exec -p mock hi >/dev/full"],
      cwd: home.work,
      env: home.env(),
      clearEnv: true,
      stdin: "null",
    }).output();
    const said = new TextDecoder().decode(stderr);
    assertEquals(code, 1);
    assertStringIncludes(said, "error: Cannot write to stdout: ");
    const [log] = await home.logs();
    assertEquals(log?.find(({ type }) => type === "assistant_message")?.content, "hi");
  }),
});
