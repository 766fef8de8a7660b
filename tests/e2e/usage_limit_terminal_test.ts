/** What a person at a terminal sees while a session waits for the end of a usage limit. */
import { ZAG } from "../support/zag.ts";
import { Pty } from "../support/pty.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { limit, untilWaits, withoutJitter } from "./limit_support.ts";
import { inHome, onlyLog, script } from "./support.ts";

const LINE = /⏳ Mock agent: usage limit \(weekly\), goes on at [^(]*\(in ([\dhms]+)\)/g;

Deno.test({
  name: "exec counts down at a terminal, and Ctrl-C ends the wait and the session",
  ignore: Deno.build.os === "windows",
  fn: inHome(async (home) => {
    await withoutJitter(home);
    const args = [...ZAG.args, "-p", "mock", "exec", "do it"];
    await using pty = new Pty(ZAG.program, args, {
      cwd: home.work,
      env: home.env({ ...script(limit(900), [{ do: "say", text: "all of it" }]), TERM: "xterm" }),
      columns: 150,
    });
    const { incidentId, sessionId } = await untilWaits(home);
    await pty.waitFor(`zag usage cancel ${incidentId.slice(0, 8)} stops waiting`);
    const times = () => new Set([...pty.text.matchAll(LINE)].map(([, left]) => left));
    // It is one line, in which the time goes on.
    let seen = pty.text.length;
    while (times().size < 3) seen = await pty.waitFor(/\(in [\dhms]+\)/, seen);
    assertEquals(pty.text.split("\n").filter((line) => line.includes("⏳")).length, 1);
    assert(pty.raw.split("\r⏳").length > 3, "it is written over");
    pty.type("\x03");
    const { code } = await pty.exit;
    assertEquals(code, 130);
    assertStringIncludes(pty.text, `zag exec --resume ${sessionId} "..."`);
    assert(!pty.text.includes("all of it"));
    // Nothing of the line is left.
    assert(!pty.screen.text.includes("⏳"), pty.screen.text);
    const log = await onlyLog(home);
    assertEquals(log.map(({ type }) => type).slice(-2), ["usage_limit_cancelled", "session_ended"]);
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["interrupted"]);
    assertEquals(home.rows("resumes"), []);
  }),
});

Deno.test({
  name: "exec takes the countdown away when it goes on",
  ignore: Deno.build.os === "windows",
  fn: inHome(async (home) => {
    await withoutJitter(home);
    const args = [...ZAG.args, "-p", "mock", "plan", "a goal"];
    await using pty = new Pty(ZAG.program, args, {
      cwd: home.work,
      env: home.env({ ...script(limit(900), [{ do: "say", text: "all of it" }]), TERM: "xterm" }),
      columns: 150,
    });
    const { incidentId } = await untilWaits(home);
    await pty.waitFor("stops waiting");
    assertEquals((await home.zag(["usage", "resume", incidentId])).code, 0);
    assertEquals((await pty.exit).code, 0);
    assertStringIncludes(pty.screen.text, "all of it");
    assert(!pty.screen.text.includes("⏳"), pty.screen.text);
  }),
});
