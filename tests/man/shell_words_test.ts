import { assertEquals } from "../support/assert.ts";
import { callsOf } from "./shell_words.ts";

Deno.test("callsOf() finds every call of a program in a script", () => {
  const rows: [script: string, calls: string[][]][] = [
    ["zag a b # zag c", [["a", "b"]]],
    [`zag exec "a b" 'c "d"' e\\ f`, [["exec", "a b", 'c "d"', "e f"]]],
    ["X=1 Y=2 zag a && zag b || zag c; zag d | zag e", [["a"], ["b"], ["c"], ["d"], ["e"]]],
    [`id=$(zag a); zag b "$id"`, [["a"], ["b", "$id"]]],
    [`eval "$(zag env --shell x)"`, [["env", "--shell", "x"]]],
    ['while read -r f; do zag a "$f"; done < zag.txt', [["a", "$f"]]],
    ["zag a > zag.txt 2>&1", [["a"]]],
    ["zag watch x -- zag b c", [["watch", "x", "--", "zag", "b", "c"], ["b", "c"]]],
    ["zag a \\\n  b\nzag c", [["a", "b"], ["c"]]],
    ["echo zag", []],
  ];
  for (const [script, calls] of rows) assertEquals(callsOf("zag", script), calls, script);
});
