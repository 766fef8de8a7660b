import { type ToolKind, toolKind } from "../../src/events/tool_kinds.ts";
import { assertEquals } from "../support/assert.ts";

/** What each agent calls its tools. */
const NAMES: Record<ToolKind, readonly string[]> = {
  shell: ["Bash", "bash", "shell", "exec", "run_shell_command", "BashOutput", "KillShell"],
  file_read: ["Read", "read_file", "view", "read", "cat", "read_many_files"],
  file_write: ["Write", "write_file", "write", "TodoWrite"],
  file_edit: ["Edit", "MultiEdit", "apply_patch", "edit_file", "edit", "str_replace_editor"],
  search: ["Glob", "Grep", "grep", "find", "search", "glob", "search_file_content", "ToolSearch"],
  sub_agent: ["Agent", "Task", "task", "codebase_agent"],
  web: ["WebFetch", "WebSearch", "web_fetch", "google_web_search", "fetch", "http_get"],
  notebook: ["NotebookEdit", "NotebookRead"],
  other: ["exec_command", "mcp__demo__ping", "Skill", "", "__proto__", "constructor"],
};

for (const [kind, names] of Object.entries(NAMES)) {
  Deno.test(`toolKind() knows tools of kind ${kind}`, () => {
    for (const name of names) assertEquals([name, toolKind(name)], [name, kind]);
  });
}

Deno.test("toolKind() takes the first row that fits, as documented", () => {
  // Each name fits two rows.
  const rows: [string, ToolKind][] = [
    ["notebook_bash", "notebook"],
    ["read_shell_output", "shell"],
    ["read_and_write", "file_read"],
    ["write_patch", "file_write"],
    ["edit_search", "file_edit"],
    ["search_agent", "search"],
    ["web_agent", "sub_agent"],
  ];
  for (const [name, kind] of rows) assertEquals([name, toolKind(name)], [name, kind]);
});

Deno.test("toolKind() answers the same after thousands of other names", () => {
  for (let index = 0; index < 3000; index++) toolKind(`tool-${index}`);
  assertEquals([toolKind("Bash"), toolKind("unseen_read")], ["shell", "file_read"]);
});
