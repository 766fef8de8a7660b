import { readPolicy } from "../../src/agent/policy.ts";
import { decide } from "../../src/agent/policy_match.ts";
import { formsOf } from "../../src/agent/policy_commands.ts";
import type { MatchContext } from "../../src/agent/policy_match.ts";
import { readShellLine } from "../../src/agent/policy_shell.ts";
import { fitsGlob } from "../../src/agent/policy_glob.ts";
import { writePolicy } from "../../src/agent/policy_text.ts";
import { claudeSubject } from "../../src/providers/claude/permissions.ts";
import { askingPart, type Policy, type ToolSubject } from "../../src/providers/policy.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";

const PLACE = { cwd: "/project", policies: "/nowhere" };

async function policy(given: Parameters<typeof readPolicy>[0]): Promise<Policy> {
  return await readPolicy(given, PLACE);
}

Deno.test("readPolicy takes JSON with comments, and denies what it does not mention", async () => {
  const read = await policy(`{
    // what it may
    "rules": [{ "allow": "read" }, { "ask": "shell", "pattern": " git * " },],
  }`);
  assertEquals(read, {
    default: "deny",
    rules: [
      { action: "allow", kind: "read" },
      { action: "ask", kind: "shell", pattern: "git *" },
    ],
  });
  assertEquals(await policy(writePolicy(read)), read);
});

Deno.test("readPolicy takes a path, and the name of a policy that is kept", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${directory}/policies`);
    await Deno.writeTextFile(`${directory}/policies/mild.jsonc`, '{"default":"allow"}');
    await Deno.writeTextFile(`${directory}/own.json`, '{"default":"ask"}');
    const place = { cwd: directory, policies: `${directory}/policies` };
    assertEquals((await readPolicy("mild", place)).default, "allow");
    assertEquals((await readPolicy("own.json", place)).default, "ask");
    const error = await assertRejects(() => readPolicy("other", place));
    assertStringIncludes((error as Error).message, `no other.json in ${directory}/policies`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

for (
  const [given, ...parts] of [
    ['{"rules": [\n  {"allow": "reed"}]}', "line 2, column 13", '"reed"', "read, write, shell"],
    ['{"default": "maybe"}', "line 1, column 13", '"allow", "deny" or "ask"'],
    ['{"rule": []}', '"rule"', "line 1"],
    ['{"rules": [{"pattern": "x"}]}', "rule 1", "one of"],
    ['{"rules": [{"allow": "read", "deny": "read"}]}', "rule 1", "one of"],
    ['{"rules": [{"allow": "any", "pattern": "x"}]}', "cannot have a pattern"],
    ['{"rules": [{"allow": "read", "pattern": " "}]}', "not empty"],
    ['{"rules": [{"allow": "read", "patern": "x"}]}', '"patern"'],
    ['{"rules": {}}', "must be an array"],
    ['{"rules": [', "line 1"],
    ['{"default": "deny",\n "default": "allow"}', "line 2, column 2", '"default" is there twice'],
    ['{"rules": [{"deny": "any"}], "rules": []}', "line 1, column 30", '"rules" is there twice'],
    ['{"rules": [{"deny": "shell",\n  "deny": "write"}]}', "line 2, column 3", '"deny"'],
    ['{"rules": [{"deny": "shell", "d\\u0065ny": "write"}]}', "column 30", '"deny"'],
    ['{"rules": [{"deny": "read", "pattern": {"a": {"b": 1, "b": 2}}}]}', "column 55", '"b"'],
    ['{"$schema": [{"x": 1, /* again */ "x": 2,}]}', "column 35", '"x"'],
    ["[".repeat(100_000) + "]".repeat(100_000), "nested too deeply"],
  ] as const
) {
  const shown = given.replaceAll("\n", " ").slice(0, 80);
  Deno.test(`readPolicy refuses ${shown}, and says where`, async () => {
    const { message } = await assertRejects(() => policy(given)) as Error;
    for (const part of parts) assertStringIncludes(message, part);
  });
}

/** What a policy says of a call, in /project, where /project/link leads to /etc. */
async function decided(
  given: string,
  subject: ToolSubject,
  context: Partial<MatchContext> = {},
): Promise<string> {
  const { action } = decide(await policy(given), subject, {
    cwd: "/project",
    home: "/home/me",
    realPath: (path) => path.replace("/project/link", "/etc"),
    os: "linux",
    ...context,
  });
  return action;
}

const rules = (...list: string[]) => `{"rules":[${list.join(",")}]}`;

Deno.test("decide takes the strictest rule that matches, in whatever order", async () => {
  const [allow, ask, deny] = ['{"allow":"shell"}', '{"ask":"shell"}', '{"deny":"any"}'];
  const subject = { kind: "shell", text: "ls" } as const;
  assertEquals(await decided(rules(allow!), subject), "allow");
  assertEquals(await decided(rules(ask!, allow!), subject), "ask");
  assertEquals(await decided(rules(allow!, ask!), subject), "ask");
  assertEquals(await decided(rules(deny!, ask!, allow!), subject), "deny");
  assertEquals(await decided(rules(allow!, ask!, deny!), subject), "deny");
  assertEquals(await decided(rules(allow!), { kind: "read", paths: ["a"] }), "deny");
  assertEquals(await decided('{"default":"allow"}', subject), "allow");
});

for (
  const [pattern, command, allowed] of [
    ["git *", "git status", true],
    ["git *", "git", true],
    ["git *", "  git   status ", true],
    ["git *", "gitea status", false],
    ["git *", "git status && git diff | git apply", true],
    ["git *", "git status; rm -rf /", false],
    ["git *", "git status\nrm -rf /", false],
    ["git *", "git status & rm x", false],
    ["git *", "git log $(rm x)", false],
    ["git *", "git log `rm x`", false],
    ["git *", 'git log "$(rm x)"', false],
    ["git *", "git log '$(rm x)'", true],
    ["git *", "git log \"a; b\" 'c && d'", true],
    ["git *", "git diff > file", false],
    ["git *", "git diff 2>&1 >/dev/null", true],
    ["git *", "git diff >/dev/null/../x", false],
    ["git *", "git diff <(rm x)", false],
    ["git *", "(git status)", false],
    ["git *", "GIT_PAGER=x git log", false],
    ["git *", "git log 'unfinished", false],
    ["git *", "git log $'a\\'; rm x; '", false],
    ["git *", "g\\it status; rm x", false],
    ["git *", "", false],
    ["git *", "git log # '\nrm x\n# '", false],
    ["git *", "git log;# '\nrm x\n# '", false],
    ["git *", "git log # \\\nrm x", false],
    ["git *", "git log ''#'\nrm x\n# '", false],
    ["git *", "git log a#b HEAD~1 'x # y'", true],
    ["git *", "git log >&1file", false],
    ["git *", "git log 2>&1.txt", false],
    ["git *", "git log 2>&1", true],
    ["git *", "git log >/dev/null; git diff 2>>/dev/null", true],
    ["git *", "git log '2>&1'", true],
    ["git *", "git\u00a0log", false],
    ["git *", "git log\u2028rm", true],
    ["git *", "git log\rrm x", false],
    ["git *", "git log $[`rm x`]", false],
    ["git *", 'git log "\\\n"', false],
    ["git *", 'git log $HEAD "$HEAD" $?', true],
    ["git status", "git status", true],
    ["git status", "git status -s", false],
    ["npm run *", "npm run test", true],
    ["npm run *", "npm install", false],
  ] as const
) {
  Deno.test(`decide: {"allow":"shell","pattern":"${pattern}"} ${allowed ? "allows" : "does not allow"} ${JSON.stringify(command)}`, async () => {
    const rule = JSON.stringify({ allow: "shell", pattern });
    assertEquals(
      await decided(rules(rule), { kind: "shell", text: command }),
      allowed ? "allow" : "deny",
    );
  });
}

for (
  const [pattern, command, denied] of [
    ["rm *", "rm x", true],
    ["rm *", "ls; rm x", true],
    ["rm *", "ls && sudo rm x", true],
    ["rm *", "A=1 B='2 3' rm x", true],
    ["rm *", "echo $(rm x)", true],
    ["rm *", "echo `rm x`", true],
    ["rm *", "/bin/rm x", true],
    ["rm *", '"rm" x', true],
    ["rm *", "\\rm x", true],
    ["rm *", "(rm x)", true],
    ["rm *", "rmdir x", false],
    ["rm *", "echo rm", false],
    ["rm *", "echo 'a; rm x'", false],
    ["rm *", "ls # '\nrm x\n# '", true],
    ["rm *", ">/tmp/x rm -rf y", true],
    ["rm *", "2>>'/tmp/x y' rm -rf y", true],
    ["rm *", 'echo "$(rm y)"', true],
    ["rm *", 'echo "`rm y`"', true],
    ["rm *", "while rm y; do :; done", true],
    ["rm *", "until rm y; do :; done", true],
    ["rm *", "if rm y; then :; elif rm z; then :; fi", true],
    ["rm *", "if true; then :; else rm z; fi", true],
    ["rm *", "{ rm y; }", true],
    ["rm *", "{rm,-rf,y}", true],
    ["rm *", "f() { rm y; }; f", true],
    ["rm *", "case a in a) rm y;; esac", true],
    ["rm *", "env -i rm y", true],
    ["rm *", "sudo -u me rm y", true],
    ["rm *", "timeout 5 nice -n 3 rm y", true],
    ["rm *", "xargs rm < list", true],
    ["rm *", "find . -exec rm {} +", true],
    ["rm *", "sh -c 'ls; rm y'", true],
    ["rm *", "r\\m y", true],
    ["rm *", "'r'm y", true],
    ["rm *", "r\\\nm y", true],
    ["rm *", "$'rm' y", true],
    ["rm *", "cat <<EOF\n$(rm y)\nEOF", true],
    ["rm *", "A[0]=1 B+=x\\ y rm y", true],
    ["rm *", "/bin/RM x", false],
    ["git push *", "git >x push", true],
    ["git push *", 'git "push" origin', true],
    ["git push *", "git   push origin", true],
    ["git push *", "git pull", false],
  ] as const
) {
  Deno.test(`decide: {"deny":"shell","pattern":"${pattern}"} ${denied ? "denies" : "does not deny"} ${JSON.stringify(command)}`, async () => {
    const rule = JSON.stringify({ deny: "shell", pattern });
    const given = `{"default":"allow","rules":[${rule}]}`;
    assertEquals(await decided(given, { kind: "shell", text: command }), denied ? "deny" : "allow");
  });
}

for (
  const [pattern, path, allowed] of [
    ["src/**", "src/a/b.ts", true],
    ["src/**", "/project/src/b.ts", true],
    ["src/**", "src/../secret", false],
    ["src/**", "/srv/src/b.ts", false],
    ["src/*", "src/a.ts", true],
    ["src/*", "src/a/b.ts", false],
    ["src/**/*.ts", "src/a/b.ts", true],
    ["src/**/*.ts", "src/b.ts", true],
    ["*.md", "docs/a.md", true],
    ["*.md", "docs/a.md.txt", false],
    ["/tmp/*", "/tmp/x", true],
    ["~/notes/*", "/home/me/notes/x", true],
    ["link/*", "link/passwd", false],
    ["/etc/*", "link/passwd", false],
    ["a+b/(c)", "a+b/(c)", true],
    ["./**", "src/a", true],
    ["./**", "~", false],
    ["./**", "~/.ssh/id", false],
    ["./**", "~root/.ssh/id", false],
    ["./**", " /etc/passwd", false],
    ["./**", "", true],
    ["~", "~", false],
  ] as const
) {
  Deno.test(`decide: {"allow":"write","pattern":"${pattern}"} ${allowed ? "allows" : "does not allow"} ${path}`, async () => {
    const rule = JSON.stringify({ allow: "write", pattern });
    assertEquals(
      await decided(rules(rule), { kind: "write", paths: [path] }),
      allowed ? "allow" : "deny",
    );
  });
}

Deno.test("decide: what denies a path holds on both sides of a link, and for searches around it", async () => {
  const given = '{"default":"allow","rules":[{"deny":"read","pattern":"/etc/**"}]}';
  assertEquals(await decided(given, { kind: "read", paths: ["link/passwd"] }), "deny");
  assertEquals(await decided(given, { kind: "read", paths: ["/"], searches: true }), "deny");
  assertEquals(
    await decided(given, { kind: "read", paths: ["/project"], searches: true }),
    "allow",
  );
  const names = '{"default":"allow","rules":[{"deny":"read","pattern":".env"}]}';
  assertEquals(await decided(names, { kind: "read", paths: ["."], searches: true }), "deny");
  assertEquals(await decided(names, { kind: "read", paths: ["a/.env"] }), "deny");
  assertEquals(await decided(names, { kind: "read", paths: ["a/env"] }), "allow");
});

Deno.test("decide: hosts, addresses and names of tools", async () => {
  const network = rules('{"allow":"network","pattern":"*.example.org"}');
  const at = (text: string): ToolSubject => ({ kind: "network", text });
  assertEquals(await decided(network, at("https://a.example.org/x")), "allow");
  assertEquals(await decided(network, at("https://example.org.evil/")), "deny");
  assertEquals(await decided(network, at("https://evil/?a.example.org")), "deny");
  assertEquals(await decided(network, at("what is new")), "deny");
  assertEquals(await decided(network, at("https://a.example.org./x")), "allow");
  const address = rules('{"allow":"network","pattern":"https://example.org/docs/*"}');
  assertEquals(await decided(address, at("https://example.org/docs/a")), "allow");
  assertEquals(await decided(address, at("http://example.org/docs/a")), "deny");
  const other = rules('{"allow":"other","pattern":"mcp__files__*"}');
  assertEquals(await decided(other, { kind: "other", text: "mcp__files__list" }), "allow");
  assertEquals(await decided(other, { kind: "other", text: "mcp__mail__send" }), "deny");
  assertEquals(await decided(rules('{"allow":"shell","pattern":"*"}'), { kind: "shell" }), "deny");
});

for (
  const [pattern, address, allowed, denied] of [
    ["https://*.example.org/*", "https://a.example.org/x", true, true],
    ["https://*.example.org/*", "https://evil.com/x.example.org/y", false, false],
    ["https://*.example.org/*", "https://evil.com/?.example.org/", false, false],
    ["https://*.example.org/*", "https://a.example.org@evil.com/", false, false],
    ["https://*.example.org/*", "https://a.example.org:8443/", false, true],
    ["https://example.org:*/*", "https://example.org/x", true, true],
    ["https://example.org:443/*", "https://example.org/x", true, true],
    ["https://EXAMPLE.org", "https://example.org/x?y", true, true],
    ["https://example.org/", "https://example.org/x", false, false],
    ["*://example.org/*", "http://example.org/x", true, true],
    ["https://example.org/a*", "http://example.org/a", false, false],
    ["example.org/a*", "http://example.org/a", true, true],
    ["example.org", "https://example.org./", true, true],
    ["example.org", "https://EXAMPLE.org:81/x", true, true],
    ["127.0.0.1", "http://0x7f.1/", true, true],
    ["[::1]", "http://[0:0::1]:80/", true, true],
    ["bücher.example", "https://xn--bcher-kva.example/", true, true],
    ["https://example.org/secret*", "https://example.org/%73ecret", true, true],
    ["https://example.org/secret*", "https://example.org/%2573ecret", false, true],
    ["https://example.org/secret*", "https://example.org//secret", false, true],
    ["https://example.org/secret*", "https://example.org/a/%2e%2e/secret", true, true],
    ["https://example.org/secret*", "https://example.org/a%2f..%2fsecret", false, true],
    ["https://example.org/docs/*", "https://example.org/docs/..%2fsecret", false, true],
    ["https://example.org/docs/*", "https://example.org/docs/..%5csecret", false, true],
    ["https://example.org/docs/*", "https://example.org/docs/%zz", false, true],
    ["https://example.org/docs/*", "https://example.org/docs/100%25?q=a%20b", true, true],
    ["https://example.org/a%20b", "https://example.org/a b", true, true],
    ["https://example.org/docs", "https://example.org/docs?x=1", false, true],
  ] as const
) {
  Deno.test(`decide: ${pattern} ${allowed ? "allows" : "does not allow"} and ${denied ? "denies" : "does not deny"} ${address}`, async () => {
    const subject = { kind: "network", text: address } as const;
    const allow = rules(JSON.stringify({ allow: "network", pattern }));
    assertEquals(await decided(allow, subject), allowed ? "allow" : "deny");
    const deny = `{"default":"allow","rules":[${JSON.stringify({ deny: "network", pattern })}]}`;
    assertEquals(await decided(deny, subject), denied ? "deny" : "allow");
  });
}

for (
  const [pattern, path, os, allowed, denied] of [
    [".env", "C:\\p\\.env", "windows", true, true],
    [".env", "C:\\p\\.ENV", "windows", true, true],
    [".env", "C:\\p\\.env. ", "windows", false, true],
    [".env", "C:\\p\\.env::$DATA", "windows", false, true],
    ["src/*.ts", "C:\\p\\src\\a.ts", "windows", true, true],
    ["src/*.ts", "src/deep/x.ts", "windows", false, false],
    ["src\\*.ts", "src/x.ts", "windows", true, true],
    ["config/**/key", "C:\\p\\config\\key", "windows", true, true],
    ["~/.ssh/**", "C:\\home\\.ssh\\id", "windows", true, true],
    ["C:/p/**", "D:\\p\\a", "windows", false, false],
    [".env", "/p/.ENV", "darwin", true, true],
    ["caf\u00e9/*", "cafe\u0301/x", "darwin", true, true],
    [".env", "/p/.ENV", "linux", false, false],
  ] as const
) {
  Deno.test(`decide: {"pattern":"${pattern}"} on ${os} ${allowed ? "allows" : "does not allow"} and ${denied ? "denies" : "does not deny"} ${path}`, async () => {
    const subject = { kind: "write", paths: [path] } as const;
    const context = os === "windows"
      ? { os, cwd: "C:\\p", home: "C:\\home", realPath: (path: string) => path }
      : { os, cwd: "/p", home: "/home", realPath: (path: string) => path };
    const allow = rules(JSON.stringify({ allow: "write", pattern }));
    assertEquals(await decided(allow, subject, context), allowed ? "allow" : "deny");
    const deny = `{"default":"allow","rules":[${JSON.stringify({ deny: "write", pattern })}]}`;
    assertEquals(await decided(deny, subject, context), denied ? "deny" : "allow");
  });
}

Deno.test("decide: a directory that lies behind a link of the system allows what it allows elsewhere", async () => {
  const behind = {
    cwd: "/tmp/p",
    realPath: (path: string) => path.replace(/^\/tmp\b/, "/private/tmp"),
  };
  const write = (path: string) => ({ kind: "write", paths: [path] }) as const;
  for (const pattern of ["src/**", "/tmp/p/src/**"]) {
    const allow = rules(JSON.stringify({ allow: "write", pattern }));
    assertEquals(await decided(allow, write("src/a"), behind), "allow");
    assertEquals(await decided(allow, write("/private/tmp/p/src/a"), behind), "allow");
    assertEquals(await decided(allow, write("/tmp/p/a"), behind), "deny");
  }
  // A link that the agent may have made is none of the system's.
  const allow = rules('{"allow":"write","pattern":"link/**"}');
  const own = { cwd: "/tmp/p", realPath: (path: string) => path.replace("/tmp/p/link", "/etc") };
  assertEquals(await decided(allow, write("link/passwd"), own), "deny");
});

Deno.test("decide: what denies or asks matches a call that does not tell, and what allows does not", async () => {
  for (
    const subject of [
      { kind: "shell" },
      { kind: "network" },
      { kind: "network", text: "what is new" },
      { kind: "write", paths: [] },
      { kind: "other" },
    ] as const
  ) {
    const rule = (action: string) => JSON.stringify({ [action]: subject.kind, pattern: "none/*" });
    assertEquals(await decided(`{"default":"allow","rules":[${rule("deny")}]}`, subject), "deny");
    assertEquals(await decided(`{"default":"allow","rules":[${rule("ask")}]}`, subject), "ask");
    assertEquals(await decided(rules(rule("allow").replace("none/", "")), subject), "deny");
  }
});

Deno.test("decide: no pattern allows a line for PowerShell, and what denies sees into its quotes", async () => {
  const line = (text: string) => claudeSubject("PowerShell", { command: text })!;
  const git = rules('{"allow":"shell","pattern":"git *"}');
  assertEquals(await decided(git, line("git status")), "deny");
  assertEquals(await decided(rules('{"allow":"shell"}'), line("git status")), "allow");
  const noRemoval = '{"default":"allow","rules":[{"deny":"shell","pattern":"rm *"}]}';
  for (const text of ['git log "\\"; rm x; "\\"', "ls | RM x", "r`m x", "& 'rm' x", "rm x"]) {
    assertEquals(await decided(noRemoval, line(text)), "deny", text);
  }
  assertEquals(await decided(noRemoval, line("git log")), "allow");
});

Deno.test("decide: names of programs mean the same in any case where files do", async () => {
  const given = '{"default":"allow","rules":[{"deny":"shell","pattern":"rm -R *"}]}';
  const said = (text: string) => decided(given, { kind: "shell", text }, { os: "darwin" });
  assertEquals(await said("/bin/RM -R x"), "deny");
  assertEquals(await said("rm -r x"), "allow");
});

Deno.test("claudeSubject: what a search looks through is its directory, or all where the pattern leaves that", async () => {
  const given = rules('{"allow":"read","pattern":"./**"}', '{"deny":"read","pattern":"~/.ssh/**"}');
  for (
    const [name, input, action] of [
      ["Grep", { pattern: "x" }, "allow"],
      ["Grep", { pattern: "x", path: "src" }, "allow"],
      ["Grep", { pattern: "x", path: "~" }, "deny"],
      ["Grep", { pattern: "x", path: " /etc" }, "deny"],
      ["Glob", { pattern: "**/*.ts" }, "allow"],
      ["Glob", { pattern: "*", path: "~/" }, "deny"],
      ["Glob", { pattern: "{a,/etc}/*" }, "deny"],
      ["Glob", { pattern: " ~/x" }, "deny"],
      ["LSP", { filePath: "~/x.ts" }, "deny"],
      ["LS", { path: "\t/etc" }, "deny"],
    ] as const
  ) {
    assertEquals(await decided(given, claudeSubject(name, input)!), action, JSON.stringify(input));
  }
  const noKeys = '{"default":"allow","rules":[{"deny":"read","pattern":"~/.ssh/**"}]}';
  for (const path of ["~/.ssh", " ~/.ssh/id", "~"]) {
    assertEquals(await decided(noKeys, claudeSubject("Grep", { path })!), "deny", path);
  }
});

Deno.test("fitsGlob takes no longer than the text is", () => {
  assert(!fitsGlob("*a".repeat(40) + "b", "a".repeat(100_000)));
  assert(fitsGlob("a*b*", "a-b"));
  assert(!fitsGlob("ab*ba", "aba"));
});

Deno.test("readShellLine takes a line apart", () => {
  assertEquals(readShellLine("a 'b;c' && d | e").commands, ["a 'b;c'", "d", "e"]);
  assert(readShellLine("a; b").isPlain);
  assert(!readShellLine("a; (b)").isPlain);
  assert([...formsOf("sudo X=1 /usr/bin/rm -r")].includes("rm -r"));
});

Deno.test("askingPart names what makes a policy ask", async () => {
  assertEquals(askingPart(await policy('{"default":"ask"}')), '{"default":"ask"}');
  assertEquals(askingPart(await policy(rules('{"ask":"read"}'))), '{"ask":"read"}');
  assertEquals(askingPart(await policy('{"default":"ask","rules":[{"allow":"any"}]}')), undefined);
  assertEquals(askingPart(await policy("{}")), undefined);
});
