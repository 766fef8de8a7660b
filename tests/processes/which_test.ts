import { findProgram } from "../../src/processes/which.ts";
import { unwrapBatchFile } from "../../src/processes/windows_program.ts";
import { assertEquals } from "../support/assert.ts";
import { writeProgram } from "../support/program_file.ts";

/** Looks for a name among a fixed set of files, and tells what was tried. */
async function look(
  name: string,
  options: { path: string; pathExt?: string; windows?: boolean; cwd?: string },
  files: readonly string[],
) {
  const tried: string[] = [];
  const found = await findProgram(name, {
    windows: false,
    cwd: options.windows ? "C:\\here" : "/here",
    ...options,
    isExecutable: (path) => {
      tried.push(path);
      return Promise.resolve(files.includes(path));
    },
  });
  return { found, tried };
}

Deno.test("findProgram() takes the first match on PATH", async () => {
  const files = ["/b/claude", "/c/claude"];
  assertEquals(await look("claude", { path: "/a:/b:/c" }, files), {
    found: "/b/claude",
    tried: ["/a/claude", "/b/claude"],
  });
  assertEquals((await look("codex", { path: "/a:/b:/c" }, files)).found, undefined);
  assertEquals((await look("", { path: "/a:/b:/c" }, files)).tried, []);
  assertEquals((await look("claude", { path: "" }, files)).tried, []);
});

Deno.test("findProgram() skips empty entries and resolves relative ones", async () => {
  const { tried } = await look("claude", { path: ":bin::../x:" }, []);
  assertEquals(tried, ["/here/bin/claude", "/x/claude"]);
});

Deno.test("findProgram() takes a name with a slash for the file itself", async () => {
  const rows: [string, string][] = [
    ["/opt/claude", "/opt/claude"],
    ["./claude", "/here/claude"],
    ["../claude", "/claude"],
    ["bin/claude", "/here/bin/claude"],
  ];
  for (const [name, path] of rows) {
    assertEquals(await look(name, { path: "/a" }, [path]), { found: path, tried: [path] });
    assertEquals((await look(name, { path: "/a" }, [])).found, undefined);
  }
});

Deno.test("findProgram() tries the extensions of Windows", async () => {
  const path = 'C:\\a;"C:\\b c"';
  assertEquals(await look("claude", { path, windows: true }, ["C:\\b c\\claude.cmd"]), {
    found: "C:\\b c\\claude.cmd",
    tried: [
      "C:\\a\\claude.com",
      "C:\\a\\claude.exe",
      "C:\\a\\claude.bat",
      "C:\\a\\claude.cmd",
      "C:\\b c\\claude.com",
      "C:\\b c\\claude.exe",
      "C:\\b c\\claude.bat",
      "C:\\b c\\claude.cmd",
    ],
  });
  const own = await look("claude.EXE", { path: "C:\\a", pathExt: ".EXE", windows: true }, []);
  assertEquals(own.tried, ["C:\\a\\claude.EXE", "C:\\a\\claude.EXE.exe"]);
  const relative = await look("bin\\claude", { path: "", pathExt: ".EXE", windows: true }, []);
  assertEquals(relative.tried, ["C:\\here\\bin\\claude.exe"]);
});

Deno.test("findProgram() wants an executable file", async () => {
  const dir = await Deno.makeTempDir();
  try {
    for (const name of ["directory", "plain", "script", "broken"]) {
      await Deno.mkdir(`${dir}/${name}`);
    }
    await Deno.mkdir(`${dir}/directory/tool`);
    await Deno.writeTextFile(`${dir}/plain/tool`, "", { mode: 0o644 });
    await Deno.symlink("nowhere", `${dir}/broken/tool`);
    await writeProgram(`${dir}/real`, "#!/bin/sh\n");
    await Deno.symlink("../real", `${dir}/script/tool`);
    const dirs = ["missing", "real", "directory", "plain", "broken", "script"];
    const path = dirs.map((name) => `${dir}/${name}`).join(":");
    assertEquals(await findProgram("tool", { path, cwd: "/" }), `${dir}/script/tool`);
    assertEquals(await findProgram("plain/tool", { path, cwd: dir }), undefined);
    assertEquals(await findProgram("script/tool", { path: "", cwd: dir }), `${dir}/script/tool`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("unwrapBatchFile() sees through what npm installs", () => {
  const path = "C:\\npm\\tool.cmd";
  const node = [
    "@ECHO off",
    "GOTO start",
    ":find_dp0",
    "SET dp0=%~dp0",
    "EXIT /b",
    ":start",
    "SETLOCAL",
    "CALL :find_dp0",
    'IF EXIST "%dp0%\\node.exe" (',
    '  SET "_prog=%dp0%\\node.exe"',
    ") ELSE (",
    '  SET "_prog=node"',
    ")",
    'endLocal & goto #_undefined_# 2>NUL || title %COMSPEC% & "%_prog%"  "%dp0%\\node_modules\\@x\\tool\\cli.js" %*',
    "",
  ].join("\r\n");
  const script = "C:\\npm\\node_modules\\@x\\tool\\cli.js";
  assertEquals(unwrapBatchFile(path, node, () => false), { program: "node.exe", args: [script] });
  assertEquals(unwrapBatchFile(path, node, (file) => file === "C:\\npm\\node.exe"), {
    program: "C:\\npm\\node.exe",
    args: [script],
  });
  const native = '@ECHO off\r\n"%~dp0\\node_modules\\tool\\bin\\tool.exe"   %*\r\n';
  assertEquals(unwrapBatchFile(path, native, () => false), {
    program: "C:\\npm\\node_modules\\tool\\bin\\tool.exe",
    args: [],
  });
  const flags = '"%_prog%" --no-warnings "%dp0%\\cli.js" %*';
  assertEquals(unwrapBatchFile(path, flags, () => false), {
    program: "node.exe",
    args: ["--no-warnings", "C:\\npm\\cli.js"],
  });
  for (
    const foreign of [
      "",
      "echo hello",
      '"%_prog%" "%OTHER%\\cli.js" %*',
      "start tool.exe",
      "tool %*",
      "%* ",
    ]
  ) {
    assertEquals(unwrapBatchFile(path, foreign, () => false), undefined, foreign);
  }
});
