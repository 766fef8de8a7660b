/** A program elsewhere that uses the library drives the real Claude Code by every method. */
import { makeBundle } from "../../scripts/bundle.ts";
import { assertEquals } from "../support/assert.ts";
import { bundled, checkTypes, consume, consumerFolder, linked } from "../support/consumer.ts";
import type { Pty } from "../support/pty.ts";
import { type ClaudeHome, claudeProves, settleIn } from "./claude_support.ts";

/** Reads the answer in Claude's interface, says something, and leaves. */
async function person(pty: Pty, stage: string): Promise<void> {
  if (stage !== "run") {
    await pty.waitForScreen(/[●⏺] seven/);
    const line = `[[say:now ${stage}]]`;
    pty.type(line);
    await pty.waitForScreen(line);
    pty.type("\r");
    await pty.waitForScreen(new RegExp(`[●⏺] now ${stage}`));
  } else await pty.waitForScreen(/[●⏺] seven/);
  pty.type("/exit");
  await pty.waitForScreen("/exit");
  pty.type("\r");
}

async function consumeWith(claude: ClaudeHome, folder: string): Promise<void> {
  const id = await consume(folder, {
    provider: "claude",
    prompts: {
      say: "[[say:%]]",
      json: '[[json:{"n":6}]]',
      handIn: "[[bash:zag ps kill self done]][[hang]]",
    },
    cwd: claude.work,
    env: claude.env(),
    person,
  });
  assertEquals(await claude.living(), []);
  assertEquals(claude.stored(id).outcome, "success");
}

Deno.test("claude does what a program asks that imports the library by jsr: and links", () =>
  claudeProves(
    ["interactive", "resume", "resume_with_prompt", "streaming_input"],
    async (claude) => {
      await settleIn(claude);
      const folder = await consumerFolder(claude.home, linked());
      await checkTypes(folder, claude.env());
      await consumeWith(claude, folder);
    },
  ));

Deno.test("claude does what a program asks that imports the library from the bundle", () =>
  claudeProves([], async (claude) => {
    await settleIn(claude);
    const { library } = await makeBundle({ outdir: `${claude.path}/a bundle`, minify: true });
    await consumeWith(claude, await consumerFolder(claude.home, bundled(library)));
  }));
