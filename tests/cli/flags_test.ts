import { assert, assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";
import {
  defineCommand,
  type Flag,
  flagName,
  type FlagTable,
  type FlagValues,
  listFlag,
  optionalFlag,
  switchFlag,
  valueFlag,
} from "../../src/cli/command.ts";
import { createApp } from "../../src/cli/create_app.ts";
import { parseDuration, parseDurationOrOff } from "../../src/cli/duration.ts";
import {
  outputFlag,
  parseCount,
  parseDollars,
  parseTokens,
  parseWhole,
} from "../../src/cli/flags.ts";
import { isName } from "../../src/cli/names.ts";
import { isFlagShaped } from "../../src/cli/tokens.ts";
import { fakeContext } from "../fakes/context.ts";
import { sizeOf } from "../support/size.ts";
import { allGroups, runFake } from "./fake_commands.ts";

const VALUES = sizeOf("ZAG_TEST_VALUES", 2_000);

/** Numbers from 0 to below 1, always the same ones for a seed. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The values most likely to be misread, then mixtures of their pieces. */
function awkwardValues(count: number): string[] {
  const random = seededRandom(20260102);
  // deno-fmt-ignore
  const pieces = [
    "", "\n", "\r\n", "\u2028", "-", "--", "---", "=", " ", "\t", '"', "'", "\\", "$HOME", "`id`",
    "x", "Q", "5", "é", "日本語", "👩‍👩‍👧", "\u0301", "\u0000", "--flag=x", "-x", "-x=1", "--root",
    "--root=", "--no-debug", "-aq", "exec", "help", "--help", "-h", "--version", "--constructor",
    "__proto__", "true", "false", "../x", "{}", "%s", ".", "_", ",",
  ];
  const values = [
    ...pieces,
    "y".repeat(70_000),
    "-" + "y".repeat(70_000),
    "--x=" + "\n".repeat(99),
  ];
  while (values.length < count) {
    const length = 1 + Math.floor(random() * 5);
    let value = "";
    for (let i = 0; i < length; i++) value += pieces[Math.floor(random() * pieces.length)];
    values.push(value);
  }
  return values;
}

/** The same flags, but any text will do as a value. */
function withoutChecks(flags: FlagTable): FlagTable {
  return Object.fromEntries(
    Object.entries(flags).map(([key, flag]): [string, Flag] => {
      if (flag.kind === "optional") return [key, { ...flag, take: "any" }];
      if (flag.kind === "switch") return [key, flag];
      const { parse: _parse, ...rest } = flag;
      if (rest.kind === "list") return [key, rest];
      const { choices: _choices, ...value } = rest;
      return [key, value];
    }),
  );
}

Deno.test(`createApp() delivers ${VALUES} awkward values of every flag unchanged`, async (t) => {
  const table = withoutChecks({ ...allGroups, ...outputFlag(["json"]) });
  const { prompt: _prompt, ...others } = table;
  const valued = Object.entries(others).filter(([, { kind }]) => kind !== "switch");
  const values = awkwardValues(VALUES);
  const calls: [Record<string, unknown>, string[]][] = [];
  const app = createApp([defineCommand({
    name: "exec",
    brief: "Remember what was given",
    flags: table,
    operand: { name: "prompt", brief: "Anything", required: true },
    run(_ctx, flags, operands) {
      calls.push([flags, operands]);
      return Promise.resolve(0);
    },
  })]);

  for (const place of ["before", "after"] as const) {
    for (const form of ["--flag=value", "--flag value"] as const) {
      await t.step(`${form} ${place} the command`, async () => {
        for (let i = 0; i < VALUES; i++) {
          // Each flag gets another value of the list, and over all rounds every value.
          const given = valued.map(([key, flag], offset) => {
            const value = values[(i + offset * 397) % VALUES] ?? "";
            return { key, flag, value };
          });
          const argv = given.flatMap(({ key, flag, value }) => {
            const long = `--${flagName(key)}`;
            const alone = form === "--flag value" && canStandAlone(flag, value, place);
            return alone ? [long, value] : [`${long}=${value}`];
          });
          const prompt = values[(i + 5) % VALUES] ?? "";
          const prompts = i % 2 ? [`--prompt=${prompt}`] : ["--", prompt];
          const ctx = fakeContext();
          const code = await app.run(
            place === "before" ? [...argv, "exec", ...prompts] : ["exec", ...argv, ...prompts],
            ctx,
          );
          const call = calls.pop();
          assert(code === 0 && call !== undefined, `${i}: ${ctx.err}`);
          const [flags, operands] = call;
          for (const { key, flag, value } of given) {
            const expected = flag.kind === "list"
              ? [value]
              : flag.kind === "optional" && value === ""
              ? true
              : value;
            const same = JSON.stringify(flags[key]) === JSON.stringify(expected);
            if (!same) assertEquals([key, flags[key]], [key, expected]);
          }
          if (operands.length !== 1 || operands[0] !== prompt) assertEquals(operands, [prompt]);
        }
      });
    }
  }
});

/** Whether the grammar lets a value follow its flag as an argument of its own. */
function canStandAlone(flag: Flag, value: string, place: "before" | "after"): boolean {
  if (value === "--" || isFlagShaped(value)) return false;
  return flag.kind !== "optional" || place === "after" || !["exec", "help"].includes(value);
}

Deno.test("createApp() gives absent flags their empty values", async () => {
  const seen: Record<string, unknown>[] = [];
  const app = createApp([defineCommand({
    name: "go",
    brief: "Go",
    flags: {
      one: switchFlag({ brief: "" }),
      two: valueFlag({ placeholder: "x", brief: "" }),
      three: listFlag({ placeholder: "x", brief: "" }),
      four: optionalFlag({ placeholder: "x", brief: "", take: "any" }),
      five: valueFlag({ placeholder: "x", brief: "", choices: ["a", "b"] }),
    },
    run(_ctx, flags) {
      seen.push(flags);
      return Promise.resolve(0);
    },
  })]);
  await app.run(["go"], fakeContext());
  assertEquals(seen, [{
    one: false,
    two: undefined,
    three: [],
    four: undefined,
    five: undefined,
    debug: false,
    quiet: false,
    verbose: false,
  }]);
});

Deno.test("FlagValues has the types that the declarations promise", () => {
  const flags = {
    one: switchFlag({ brief: "" }),
    two: valueFlag({ placeholder: "x", brief: "" }),
    three: valueFlag({ placeholder: "x", brief: "", choices: ["a", "b"] }),
    four: valueFlag({ placeholder: "x", brief: "", parse: Number }),
    five: listFlag({ placeholder: "x", brief: "" }),
    six: listFlag({ placeholder: "x", brief: "", parse: Number }),
    seven: optionalFlag({ placeholder: "x", brief: "", take: "name" }),
  };
  type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
    : false;
  type Values = FlagValues<typeof flags>;
  const same: [
    Same<Values["one"], boolean>,
    Same<Values["two"], string | undefined>,
    Same<Values["three"], "a" | "b" | undefined>,
    Same<Values["four"], number | undefined>,
    Same<Values["five"], string[]>,
    Same<Values["six"], number[]>,
    Same<Values["seven"], string | true | undefined>,
  ] = [true, true, true, true, true, true, true];
  // The compiler is what this test asks; the values only have to exist.
  assertEquals(same.length, Object.keys(flags).length);
});

Deno.test("agentFlags accept positive whole numbers for --max-turns", async () => {
  for (const text of ["1", "007", "4294967295"]) {
    const { calls } = await runFake(["exec", `--max-turns=${text}`, "x"]);
    assertEquals(calls[0]?.flags, { maxTurns: Number(text) });
  }
  for (const text of ["", "0", "-1", "1.5", "1e3", "x", "4294967296", "99999999999999999999"]) {
    assertEquals((await runFake(["exec", `--max-turns=${text}`, "x"])).code, 64, text);
  }
});

Deno.test("isolationFlags read a UUID in any case as one id", async () => {
  const session = "ABCDEF01-2345-6789-abcd-ef0123456789";
  const { calls } = await runFake(["exec", "--session", session, "x"]);
  assertEquals(calls[0]?.flags, { session: session.toLowerCase() });
  for (const text of ["", `${session}0`, `x${session}`, session.replaceAll("-", ""), "../x"]) {
    assertEquals((await runFake(["exec", `--session=${text}`, "x"])).code, 64, text);
  }
});

Deno.test("metadataFlags take names and tags of one line; a description may have more", async () => {
  const given = ["--name=שלום 👩‍👩‍👧", "--tag=a b", "--description=one\ntwo"];
  const { calls } = await runFake(["exec", ...given, "x"]);
  assertEquals(calls[0]?.flags, {
    name: "שלום 👩‍👩‍👧",
    tag: ["a b"],
    description: "one\ntwo",
  });
  for (const text of ["a\nb", "a\rb", "\x1b[1m", "\t", "\x9b", "\x7f", "a\u2028b"]) {
    for (const flag of ["name", "tag"]) {
      const { code, ctx } = await runFake(["exec", `--${flag}=${text}`, "x"]);
      assertEquals(code, 64, JSON.stringify(text));
      assertStringIncludes(ctx.err, `Wrong value for "--${flag}": Cannot use `);
    }
  }
  for (const text of ["", " ", "\u3000"]) {
    assertEquals((await runFake(["exec", `--tag=${text}`, "x"])).code, 64);
  }
});

Deno.test("parseDuration() adds up whole numbers with units", () => {
  const rows: [string, number][] = [
    ["90", 90_000],
    ["30s", 30_000],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["2d", 172_800_000],
    ["1h30m", 5_400_000],
    ["1h30", 3_630_000],
    ["1d1h1m1s1", 90_062_000],
    ["1s1s", 2_000],
    ["0h5", 5_000],
    ["30d", 2_592_000_000],
    ["9007199254740", 9_007_199_254_740_000],
  ];
  for (const [text, milliseconds] of rows) assertEquals(parseDuration(text), milliseconds, text);
});

Deno.test("parseDurationOrOff() takes off, and any time that is 0", () => {
  for (const text of ["off", "OFF", "0", "0s", "0h0m"]) assertEquals(parseDurationOrOff(text), 0);
  assertEquals(parseDurationOrOff("1m"), 60_000);
  for (const text of ["of", "", "-1"]) assertThrows(() => parseDurationOrOff(text), SyntaxError);
});

Deno.test("parseDuration() names the text and what is wrong with it", () => {
  const rows: [string, new () => Error, string][] = [
    ["5x", SyntaxError, 'the unit must be s, m, h or d, not "x"'],
    ["5ms", SyntaxError, 'the unit must be s, m, h or d, not "ms"'],
    ["5M", SyntaxError, 'the unit must be s, m, h or d, not "M"'],
    ["", SyntaxError, "such as 90, 5m or 1h30m"],
    ["m", SyntaxError, "such as 90, 5m or 1h30m"],
    ["-5", SyntaxError, "such as 90, 5m or 1h30m"],
    ["1.5h", SyntaxError, "such as 90, 5m or 1h30m"],
    ["5 m", SyntaxError, "such as 90, 5m or 1h30m"],
    ["5m ", SyntaxError, "such as 90, 5m or 1h30m"],
    ["0", RangeError, "it must be longer than 0"],
    ["0h0m", RangeError, "it must be longer than 0"],
    ["9007199254741", RangeError, "it is too long"],
    ["9".repeat(400) + "d", RangeError, "it is too long"],
  ];
  for (const [text, errorClass, message] of rows) {
    const error = assertThrows(() => parseDuration(text), errorClass, message);
    assert(error.message.startsWith(`Cannot parse duration ${JSON.stringify(text)}: `));
  }
});

Deno.test("isName() allows what can be a directory and a branch", () => {
  for (const text of ["a", "0", "a.b", "a_b-c", "A1", "x".repeat(100)]) {
    assertEquals([isName(text, false), isName(text, true)], [true, true], text);
  }
  assertEquals([isName("a/b", false), isName("a/b", true)], [false, true]);
  for (const text of ["", ".a", "-a", "_a", "/a", "a b", "a..b", "a/../b", "é", "a\n"]) {
    assertEquals([isName(text, false), isName(text, true)], [false, false], text);
  }
  assertEquals(isName("x".repeat(101), true), false);
});

Deno.test("parseTokens() and parseDollars() read amounts as people write them", () => {
  const tokens = ["200000", "200k", "200K", "1.5M", "1.5m"].map(parseTokens);
  assertEquals(tokens, [200_000, 200_000, 200_000, 1_500_000, 1_500_000]);
  const dollars = ["5", "$5", "0.25", ".5", "1000000000000"].map(parseDollars);
  assertEquals(dollars, [5, 5, 0.25, 0.5, 1e12]);
});

Deno.test("parsers of numbers say what is wrong with one", () => {
  const cases: [(text: string) => number, string, string][] = [
    [parseTokens, "0", "it must be a number of tokens above 0, such as 200000, 200k or 1.5M"],
    [parseTokens, "1.5", "it must be a number of tokens above 0, such as 200000, 200k or 1.5M"],
    [parseDollars, "0", "it must be an amount of US dollars above 0, such as 0.5"],
    [parseDollars, "-1", "it must be an amount of US dollars above 0, such as 0.5"],
    [parseDollars, "1000000000001", "it must be an amount of US dollars of at most 1000000000000"],
    [parseCount, "-1", "it must be a whole number above 0"],
    [parseCount, "10000000000", "it must be a whole number, at most 4294967295"],
    [parseWhole, "-1", "it must be a whole number, 0 or more"],
    [parseWhole, "1e3", "it must be a whole number"],
    [parseWhole, "99999999999999999", "it must be a whole number, at most 9007199254740991"],
  ];
  for (const [parse, text, why] of cases) {
    const said = assertThrows(() => parse(text), RangeError).message;
    assertEquals(said, `Cannot use "${text}": ${why}`);
  }
});
