import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import {
  createWriter,
  realContext,
  StdoutClosedError,
  withoutColor,
} from "../../src/cli/context.ts";
import { fakeContext } from "../fakes/context.ts";

const decoder = new TextDecoder();

Deno.test("createWriter() writes on where the system stopped short", async () => {
  let text = "";
  const write = createWriter((bytes) => {
    const part = bytes.subarray(0, 3);
    text += decoder.decode(part);
    return Promise.resolve(part.length);
  }, "throw");
  await write("one line\n");
  await write(new TextEncoder().encode("another\n"));
  await write("");
  assertEquals(text, "one line\nanother\n");
});

Deno.test("createWriter() keeps the order of writes that nobody waits for", async () => {
  let text = "";
  const write = createWriter(async (bytes) => {
    // The first piece takes longest: without a queue, the others would overtake it.
    await new Promise((resolve) => setTimeout(resolve, text === "" ? 5 : 0));
    text += decoder.decode(bytes.subarray(0, 2));
    return Math.min(2, bytes.length);
  }, "throw");
  await Promise.all([write("aaaa"), write("bbb"), write("c")]);
  assertEquals(text, "aaaabbbc");
});

Deno.test("createWriter() waits while a non-blocking pipe is full", async () => {
  let attempts = 0;
  let text = "";
  const write = createWriter((bytes) => {
    if (++attempts < 3) return Promise.reject(new Deno.errors.WouldBlock());
    text += decoder.decode(bytes);
    return Promise.resolve(bytes.length);
  }, "throw");
  await write("late");
  assertEquals([text, attempts], ["late", 3]);
});

Deno.test("createWriter() tells that the reader is gone, or discards what is left", async () => {
  const gone = () => Promise.reject(new Deno.errors.BrokenPipe("gone"));
  const write = createWriter(gone, "throw");
  const error = await assertRejects(() => write("x"), StdoutClosedError);
  assert(error.cause instanceof Deno.errors.BrokenPipe);
  await assertRejects(() => write("y"), StdoutClosedError);
  await createWriter(gone, "discard")("x");
});

Deno.test("createWriter() says what it could not write; on stderr nobody could be told", async () => {
  const full = () => Promise.reject(new Error("No space left"));
  const wanted = "Cannot write to stdout: No space left";
  await assertRejects(() => createWriter(full, "throw")("x"), Error, wanted);
  await createWriter(full, "discard")("x");
});

Deno.test("realContext() shows this process", () => {
  const ctx = realContext();
  assertEquals(ctx.cwd, Deno.cwd());
  assertEquals(ctx.env.toObject(), Deno.env.toObject());
  assertEquals(ctx.env.get("ZAG_NO_SUCH_VARIABLE"), undefined);
  assert(Math.abs(ctx.now().getTime() - Date.now()) < 60_000);
  assert(ctx.stdout.columns > 0);
  const dumb = Deno.env.get("TERM") === "dumb";
  assertEquals(ctx.color("stdout"), ctx.stdout.isTerminal && !Deno.noColor && !dumb);
});

Deno.test("withoutColor() changes nothing but the colour", () => {
  const ctx = fakeContext({ stdoutTty: true, cwd: "/there", env: { A: "1" } });
  const plain = withoutColor(ctx);
  assertEquals([ctx.color("stdout"), plain.color("stdout")], [true, false]);
  assertEquals([plain.cwd, plain.env.get("A"), plain.stdout], ["/there", "1", ctx.stdout]);
});

Deno.test("fakeContext() colours terminals unless NO_COLOR says something", () => {
  const rows: [boolean, string | undefined, boolean][] = [
    [true, undefined, true],
    [true, "", true],
    [true, "1", false],
    [false, undefined, false],
  ];
  for (const [stderrTty, noColor, expected] of rows) {
    const env: Record<string, string> = noColor === undefined ? {} : { NO_COLOR: noColor };
    assertEquals(fakeContext({ stderrTty, env }).color("stderr"), expected);
  }
});

Deno.test("fakeContext() has the stdin of the test and remembers both outputs", async () => {
  const ctx = fakeContext({ stdin: "hello" });
  assertEquals(await new Response(ctx.stdin.readable as ReadableStream).text(), "hello");
  const bytes = new TextEncoder().encode("é");
  await ctx.stdout.write(bytes.subarray(0, 1));
  await ctx.stdout.write(bytes.subarray(1));
  await ctx.stderr.write("warning\n");
  assertEquals([ctx.out, ctx.err], ["é", "warning\n"]);
});
