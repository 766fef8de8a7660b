/** Values of flags that cannot be used: a mistake in the command line, told before anything starts. */
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { inHome } from "./support.ts";

const EXAMPLE = 'give a path, a name, or JSON such as {"default": "deny"';

const CASES: [args: string[], why: string, hint?: string][] = [
  [["--permissions", ""], "Cannot use --permissions: the policy is empty", EXAMPLE],
  [["--permissions", "{"], "Cannot use the permission policy of --permissions: ", EXAMPLE],
  [["--permissions", "[]"], "it must be an object", EXAMPLE],
  [["--permissions", '{"rule":[]}'], 'it has no "rule"', EXAMPLE],
  [["--permissions", "nobody"], 'Cannot read the permission policy "nobody": there is no', EXAMPLE],
  [["--permissions", "{}", "--ask-command", ""], "Cannot use --ask-command: the command is empty"],
  [["--max-cost", "1000000000001"], "of at most 1000000000000"],
  [["--max-tokens", "0"], "it must be a number of tokens above 0"],
  [["--idle-timeout", "never"], 'Cannot parse duration "never"'],
  [["--notify", "foo"], 'Cannot notify "foo"'],
  [["--fallback", "foo"], 'Unknown provider "foo"'],
];

Deno.test(
  "exec takes a flag's value that cannot be used for a mistake in the command line",
  inHome(async (home) => {
    const ran = await Promise.all(
      CASES.map(([args]) => home.zag(["-p", "mock", "exec", ...args, "hi"])),
    );
    for (const [index, { code, stderr }] of ran.entries()) {
      const [args, why, hint = ""] = CASES[index]!;
      assertEquals(code, 64, `${args}: ${stderr}`);
      assertStringIncludes(stderr, why);
      assertStringIncludes(stderr, hint);
    }
    assertEquals(await home.logs(), []);
  }),
);

Deno.test(
  "exec takes a policy's file that holds none for an error of the file",
  inHome(async (home) => {
    await Deno.writeTextFile(`${home.work}/policy.json`, '{"rule":[]}');
    const { code, stderr } = await home.zag(
      ["-p", "mock", "exec", "--permissions", "policy.json", "hi"],
    );
    assertEquals(code, 1, stderr);
    assertStringIncludes(stderr, 'it has no "rule"');
  }),
);
