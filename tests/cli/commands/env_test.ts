import { assert, assertEquals, assertStringIncludes } from "../../support/assert.ts";
import { ago, Recorded, uuid } from "./session/support.ts";

const [NAMED, BARE, NEWEST] = [uuid(1), uuid(2), uuid(3)] as const;

async function recorded(name: string): Promise<Recorded> {
  const given = await Recorded.create();
  given.add(NAMED, { name, createdAt: ago(5), workspacePath: "/srv/app" });
  const run = { sessionId: NAMED, provider: "mock", command: "exec", ownerPid: 1 } as const;
  for (const [id, minutes] of [["run-2", 1], ["run-1", 2]] as const) {
    given.store.addProcess({ ...run, id, startedAt: ago(minutes), root: "/srv", status: "exited" });
  }
  given.add(BARE, { createdAt: ago(4), model: null, workspacePath: "" });
  given.add(NEWEST, { createdAt: ago(1) });
  return given;
}

const lineOf = (text: string, name: string) =>
  text.split("\n").find((line) => line.includes(`${name}=`));

Deno.test("env prints the variables of a session in their order", async () => {
  await using given = await recorded("my name");
  assertEquals(
    await given.out(["env", NAMED], { cwd: "/" }),
    `ZAG_SESSION_ID=${NAMED}
ZAG_SESSION_NAME=my name
ZAG_PROCESS_ID=run-2
ZAG_PROVIDER=mock
ZAG_MODEL=mock-medium
ZAG_ROOT=/srv
`,
  );
  assertEquals(await given.out(["env", BARE]), `ZAG_SESSION_ID=${BARE}\nZAG_PROVIDER=mock\n`);
  assertEquals(
    await given.out(["env", "--shell", BARE]),
    `export ZAG_SESSION_ID='${BARE}';\nexport ZAG_PROVIDER='mock';\n`,
  );
});

Deno.test("env chooses a session: the given one, the caller's, the newest", async () => {
  await using given = await recorded("my name");
  const env = { ZAG_SESSION_ID: BARE };
  const table: [string[], Record<string, string>, string][] = [
    [[], {}, NEWEST],
    [[], { ZAG_SESSION_ID: "" }, NEWEST],
    [[], env, BARE],
    [["--latest"], env, NEWEST],
    [["my name"], env, NAMED],
    [["--session", "00000001"], env, NAMED],
    [["--name", "my name"], env, NAMED],
    [["--ps", "run-1"], env, NAMED],
  ];
  for (const [args, env, expected] of table) {
    const out = await given.out(["env", ...args], { env });
    assertEquals(lineOf(out, "ZAG_SESSION_ID"), `ZAG_SESSION_ID=${expected}`, args.join(" "));
  }
});

const ODD = [
  "it's",
  "'",
  "''",
  '"quoted"',
  "$HOME `id` $(id) \\n \\",
  "two\nlines",
  "\nfirst",
  " space ",
  "trailing\\",
  "日本語 🚀",
  "!history *.ts ~ #no; & | > <",
  "-n",
  "a=b",
];

Deno.test("env --shell survives every value that a shell could take apart", async () => {
  for (const name of ODD) {
    await using given = await recorded(name);
    const text = await given.out(["env", "--shell", NAMED]);
    const script = `${text}printf %s "$ZAG_SESSION_NAME"`;
    const { stdout, stderr } = await new Deno.Command("sh", { args: ["-c", script] }).output();
    const decoder = new TextDecoder();
    assertEquals(
      [decoder.decode(stdout), decoder.decode(stderr)],
      [name, ""],
      JSON.stringify(name),
    );
    assert(text.split("\n").every((line) => !line.startsWith("export") || /='/.test(line)));
  }
});

Deno.test("env keeps every variable on one line that can be read back", async () => {
  for (const name of [...ODD, "esc \x1b[2J", "c1 \x9b", "tab\tin it", "\u2028"]) {
    await using given = await recorded(name);
    const lines = (await given.out(["env", NAMED])).split("\n");
    assertEquals(lines.length, 7, JSON.stringify(name));
    const value = lineOf(lines.join("\n"), "ZAG_SESSION_NAME")!.slice("ZAG_SESSION_NAME=".length);
    assertEquals(value.startsWith('"') ? JSON.parse(value) : value, name);
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x1f\x7f-\x9f\u2028]/.test(value), JSON.stringify(value));
  }
});

Deno.test("env lets no value drive a terminal", async () => {
  await using given = await recorded("a\x1b[2Jb");
  const out = await given.out(["env", "--shell", NAMED], { stdoutTty: true });
  assertEquals(lineOf(out, "ZAG_SESSION_NAME"), "export ZAG_SESSION_NAME='a[2Jb';");
});

const refused: [string[], Record<string, string>, number, string][] = [
  [["nobody"], {}, 1, 'Cannot find session "nobody"'],
  [[], { ZAG_SESSION_ID: "gone" }, 1, 'Cannot find session "gone"'],
  [[NAMED, "--session", BARE], {}, 64, "together with --session"],
  [["-r", "/"], {}, 1, "Cannot find a session: there is none in this project yet"],
];

for (const [args, env, expected, message] of refused) {
  Deno.test(`env refuses ${args.join(" ") || "what is not recorded"}`, async () => {
    await using given = await recorded("name");
    const { code, out, err } = await given.zag(["env", ...args], { env });
    assertStringIncludes(err, message);
    assertEquals([code, out], [expected, ""]);
  });
}
