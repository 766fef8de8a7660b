import { readPolicy } from "../../src/agent/policy.ts";
import { decide } from "../../src/agent/policy_match.ts";
import { formsOf, readShellLine } from "../../src/agent/policy_shell.ts";
import { writePolicy } from "../../src/agent/policy_text.ts";
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
  ] as const
) {
  Deno.test(`readPolicy refuses ${given.replaceAll("\n", " ")}, and says where`, async () => {
    const { message } = await assertRejects(() => policy(given)) as Error;
    for (const part of parts) assertStringIncludes(message, part);
  });
}

/** What a policy says of a call, in /project, where /project/link leads to /etc. */
async function decided(given: string, subject: ToolSubject): Promise<string> {
  const { action } = decide(await policy(given), subject, {
    cwd: "/project",
    home: "/home/me",
    realPath: (path) => path.replace("/project/link", "/etc"),
  });
  return action;
}

const rules = (...list: string[]) => `{"rules":[${list.join(",")}]}`;

Deno.test("decide takes the strictest rule that matches, in whatever order", async () => {
  const [allow, ask, deny] = ['{"allow":"shell"}', '{"ask":"shell"}', '{"deny":"any"}'];
  const subject = { kind: "shell", text: "ls" } as const;
  assertEquals(await decided(rules(allow!), subject), "allow");
  assertEquals(await decided(rules(ask!, allow!), subject), "ask");
  assertEquals(await decided(rules(deny!, ask!, allow!), subject), "deny");
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
    ["git push *", "git   push origin", true],
    ["git push *", "git pull", false],
  ] as const
) {
  Deno.test(`decide: {"deny":"shell","pattern":"${pattern}"} ${denied ? "denies" : "does not deny"} ${command}`, async () => {
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
  const address = rules('{"allow":"network","pattern":"https://example.org/docs/*"}');
  assertEquals(await decided(address, at("https://example.org/docs/a")), "allow");
  assertEquals(await decided(address, at("http://example.org/docs/a")), "deny");
  const other = rules('{"allow":"other","pattern":"mcp__files__*"}');
  assertEquals(await decided(other, { kind: "other", text: "mcp__files__list" }), "allow");
  assertEquals(await decided(other, { kind: "other", text: "mcp__mail__send" }), "deny");
  assertEquals(await decided(rules('{"allow":"shell","pattern":"*"}'), { kind: "shell" }), "deny");
});

Deno.test("readShellLine takes a line apart", () => {
  assertEquals(readShellLine("a 'b;c' && d | e").commands, ["a 'b;c'", "d", "e"]);
  assert(readShellLine("a; b").isPlain);
  assert(!readShellLine("a; (b)").isPlain);
  assertEquals(formsOf("sudo X=1 /usr/bin/rm -r").at(-1), "rm -r");
});

Deno.test("askingPart names what makes a policy ask", async () => {
  assertEquals(askingPart(await policy('{"default":"ask"}')), '{"default":"ask"}');
  assertEquals(askingPart(await policy(rules('{"ask":"read"}'))), '{"ask":"read"}');
  assertEquals(askingPart(await policy('{"default":"ask","rules":[{"allow":"any"}]}')), undefined);
  assertEquals(askingPart(await policy("{}")), undefined);
});
