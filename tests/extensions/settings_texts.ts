/** Settings of the four agents as they are found on real machines, in endless variety. */
import type { Json } from "../../src/providers/json.ts";

/** A source of random numbers that a seed determines. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed * 2654435761 >>> 0 || 1;
  }

  /** A whole number from 0 up to below a limit. */
  below(limit: number): number {
    // Xorshift: what matters is only that it is the same everywhere.
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

const WORDS = [
  "theme",
  "ä€😀",
  "a b",
  "projects",
  "numStartups",
  "x/y",
  'q"uote',
  "tips\\",
  "{[}]",
];

function value(dice: Dice, depth = 0): unknown {
  switch (dice.below(depth > 2 ? 4 : 6)) {
    case 0:
      return dice.pick(WORDS);
    case 1:
      return dice.below(1e6);
    case 2:
      return dice.chance(50);
    case 3:
      return dice.pick(["// no comment", "/* none */", "# none", "}, ]", "[mcp_servers.zag]"]);
    case 4:
      return Array.from({ length: dice.below(3) }, () => value(dice, depth + 1));
    default:
      return object(dice, depth + 1);
  }
}

function object(dice: Dice, depth: number): Json {
  const names = WORDS.filter(() => dice.chance(35));
  return Object.fromEntries(names.map((name) => [name, value(dice, depth)]));
}

/** Settings in JSON; `plain` without comments and trailing commas. */
export function jsonText(dice: Dice, plain: boolean): string {
  const settings: Json = object(dice, 0);
  const servers: Json = {};
  for (const name of ["github", "zagreb", "a.b"]) {
    if (dice.chance(40)) servers[name] = { command: "npx", args: ["-y", name], env: {} };
  }
  if (dice.chance(70)) settings.mcpServers = servers;
  if (dice.chance(50)) settings.last = value(dice);
  const unit = dice.pick(["  ", "    ", "\t", "   "]);
  if (dice.chance(10)) return JSON.stringify(settings) + (dice.chance(50) ? "\n" : "");
  let text = write(dice, settings, "", unit, plain);
  if (!plain && dice.chance(30)) text = `// settings\n/* of\n mine */ ${text}`;
  if (!plain && dice.chance(30)) text += " // end";
  return finish(dice, text);
}

/** JSON as people write it. */
function write(dice: Dice, given: unknown, indent: string, unit: string, plain: boolean): string {
  const odd = () => plain ? "" : dice.pick(["", "", "", "", " ", "  "]);
  const comment = (line: boolean) =>
    plain || !dice.chance(15)
      ? ""
      : line && dice.chance(50)
      ? ' // why, "really", { ,'
      : " /* , } */";
  if (typeof given !== "object" || given === null) return JSON.stringify(given);
  const isList = Array.isArray(given);
  const [open, close] = isList ? ["[", "]"] : ["{", "}"];
  const parts = isList
    ? given.map((each) => write(dice, each, indent + unit, unit, plain))
    : Object.entries(given).map(([key, each]) =>
      `${JSON.stringify(key)}${odd()}:${odd() || " "}` +
      write(dice, each, indent + unit, unit, plain)
    );
  if (parts.length === 0) {
    return open + dice.pick(["", "", " ", `\n${indent}`, comment(false)]) + close;
  }
  if (dice.chance(15)) {
    return `${open}${odd()}${parts.join(`,${odd() || " "}`)}${odd()}${close}`;
  }
  const inner = indent + unit;
  const lines = parts.map((part, index) => {
    const last = index === parts.length - 1;
    const comma = !last || !plain && dice.chance(20) ? `${odd()},` : "";
    return inner + part + comma + comment(true);
  });
  return `${open}${comment(true)}\n${
    lines.join(dice.chance(10) ? "\n\n" : "\n")
  }\n${indent}${close}`;
}

const TOML_PARTS = [
  'model = "gpt-5.5"   # the best\n',
  "approval_policy = 'never'\n",
  'notify = [\n  "a", # [not.a.table]\n  "b",\n]\n',
  'text = """\n[mcp_servers.zag-none]\nx = 1\n"""\n',
  "raw = '''\n# no\n[[x]]\n'''\n",
  "pair = { a = 1, b = [ 2, 3 ] }\n",
  "\n\n# a comment\n",
];

const TOML_TABLES = [
  '[projects."/home/me/a b"]\ntrust_level = "trusted"\n',
  "[ tui ]\n  notifications = true\n",
  '[mcp_servers.github]\ncommand = "npx"\nargs = ["-y", "x"]\n\n[mcp_servers.github.env]\nT = "1"\n',
  '[mcp_servers."zag.reb"]\nurl = "https://example.com/#x"\n',
  "[[items]]\na = 1\n[[items]]\na = 2\n",
  "# before\n[features]\nplugins = false # after\n",
];

/** Settings in TOML. */
export function tomlText(dice: Dice): string {
  const parts = [...TOML_PARTS, ...TOML_TABLES].filter(() => dice.chance(45));
  return finish(dice, parts.join(dice.chance(60) ? "\n" : ""));
}

function finish(dice: Dice, text: string): string {
  const ended = dice.pick([text.trimEnd(), `${text.trimEnd()}\n`, `${text.trimEnd()}\n\n\n`]);
  const lines = dice.chance(25) ? ended.replaceAll("\n", "\r\n") : ended;
  return dice.chance(15) ? `\ufeff${lines}` : lines;
}
