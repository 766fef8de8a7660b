import {
  NotifyTargetError,
  parseKinds,
  parseTarget,
  publicName,
  splitWords,
} from "../../src/notify/target.ts";
import { notifyWish } from "../../src/notify/wish.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";

Deno.test("parseTarget reads the desktop, URLs, commands and paths", () => {
  const read = (text: string) => parseTarget(text, "/work", false);
  assertEquals(read(" Desktop "), { kind: "desktop" });
  assertEquals(read("https://h.example/a?b=c"), {
    kind: "webhook",
    url: "https://h.example/a?b=c",
  });
  assertEquals(read("HTTP://h.example"), { kind: "webhook", url: "http://h.example/" });
  assertEquals(read("command:tell 'a b' c"), {
    kind: "command",
    program: "tell",
    args: ["a b", "c"],
  });
  assertEquals(read("command:./tell"), { kind: "command", program: "/work/tell", args: [] });
  assertEquals(read("bin/tell me"), { kind: "command", program: "/work/bin/tell me", args: [] });
  assertEquals(read("/opt/tell"), { kind: "command", program: "/opt/tell", args: [] });
});

Deno.test("parseTarget refuses what it does not know, without saying what may be a secret", () => {
  for (
    const text of ["slack", "", "command:", "command:  ", "http:", "ftp://u:secret@h/x", "secret?x"]
  ) {
    const error = assertThrows(() => parseTarget(text, "/work", false), NotifyTargetError);
    assert(!error.message.includes("secret"), error.message);
  }
  const { message } = assertThrows(() => parseTarget("slack", "/work"), NotifyTargetError);
  assertEquals(
    message,
    'Cannot notify "slack": it must be desktop, an http or https URL, command:PROGRAM ARGS, or the ' +
      "path of a program",
  );
});

Deno.test("splitWords keeps quoted words together, and backslashes on Windows", () => {
  assertEquals(splitWords(`a "b 'c'" d\\ e '' 'f"g'h`, false), ["a", "b 'c'", "d e", "", 'f"gh']);
  assertEquals(splitWords(`C:\\tools\\tell.exe "a b"`, true), ["C:\\tools\\tell.exe", "a b"]);
  assertEquals(splitWords(`$(x) ; rm -rf "\\$HOME"`, false), ["$(x)", ";", "rm", "-rf", "$HOME"]);
  assertThrows(() => splitWords(`a "b`, false), NotifyTargetError, "never closed");
});

Deno.test("publicName says neither paths, passwords nor arguments", () => {
  const name = (text: string) => publicName(parseTarget(text, "/work", false));
  assertEquals(
    name("https://u:secret@h.example:8443/secret?token=secret"),
    "https://h.example:8443",
  );
  assertEquals(name("command:/opt/bin/tell --key secret"), "command:tell");
  assertEquals(name("desktop"), "desktop");
});

Deno.test("parseKinds reads a list in any order and case", () => {
  assertEquals(parseKinds("Question, end"), ["end", "question"]);
  assertThrows(() => parseKinds("end,start"), NotifyTargetError, 'Cannot notify on "start"');
  assertThrows(() => parseKinds(""), NotifyTargetError);
});

Deno.test("notifyWish takes what is configured for sessions that nobody else has started", () => {
  const configured = { target: "desktop", on: "failure" };
  const said = { targets: undefined, on: undefined, configured };
  const env = (vars: Record<string, string>) => ({ get: (name: string) => vars[name] });
  assertEquals(notifyWish(said, env({}), "/w"), {
    targets: [{ kind: "desktop" }],
    on: ["failure"],
  });
  assertEquals(notifyWish(said, env({ ZAG_SESSION_ID: "x" }), "/w"), undefined);
  assertEquals(notifyWish(said, env({ ZAG_NOTIFICATION: "end" }), "/w"), undefined);
  // What is asked for holds everywhere, and replaces what is configured.
  const given = { targets: ["/bin/tell", "/bin/tell"], on: ["end"] as const, configured };
  assertEquals(notifyWish(given, env({ ZAG_SESSION_ID: "x" }), "/w"), {
    targets: [{ kind: "command", program: "/bin/tell", args: [] }],
    on: ["end"],
  });
});
