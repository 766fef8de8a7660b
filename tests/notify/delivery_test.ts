import { deliver } from "../../src/notify/delivery.ts";
import { desktopCall } from "../../src/notify/desktop.ts";
import { inWords } from "../../src/notify/notification.ts";
import { runProgram } from "../../src/notify/program.ts";
import { livingWith, waitFor } from "../support/living.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { notification, Programs } from "./support.ts";
import { writeProgram } from "../support/program_file.ts";

const never = new AbortController().signal;

/** Text that would do something in a shell, in markup, in AppleScript, in PowerShell or to an option. */
const HOSTILE =
  `--help $(touch /tmp/x) \`id\` " & do shell script "id" & " '; Start-Process calc; ' ` +
  "<b>&amp;</b> \\x41 \u001b[31m";

function hostile() {
  return inWords(notification({ session_name: HOSTILE, result: HOSTILE }));
}

Deno.test("deliver starts a command without a shell, with the JSON on stdin", async () => {
  await using programs = await Programs.make();
  await programs.add("tell");
  const told = notification({ result: "a 'quoted' text" });
  const args = ["$HOME", "a b", "; ls"];
  const target = { kind: "command", program: "tell", args } as const;
  const world = programs.world({ TOKEN: "t" });
  assertEquals(await deliver(target, told, world, never), { ok: true });
  const { stdin, env, args: seen } = await programs.seen("tell");
  assertEquals(JSON.parse(stdin), told);
  assert(stdin.endsWith("}\n"));
  assertEquals(seen, args);
  assertEquals([env.ZAG_NOTIFICATION, env.TOKEN], ["end", "t"]);
});

Deno.test("deliver says how a command has failed, and whether to try again", async () => {
  await using programs = await Programs.make();
  const path = await programs.add("tell", "echo secret >&2; exit 3");
  const run = (program: string) =>
    deliver({ kind: "command", program, args: [] }, notification(), programs.world(), never);
  assertEquals(await run(path), {
    ok: false,
    error: "the program ended with exit code 3",
    again: true,
  });
  assertEquals(await run("nothing-like-it"), {
    ok: false,
    error: "there is no such program on the PATH",
    again: false,
  });
  await writeProgram(`${programs.path}/broken`, "#!/no/such/interpreter\n");
  assertEquals((await run("broken")).ok, false);
});

Deno.test("deliver ends a command that takes too long, with all that it has started", async () => {
  await using programs = await Programs.make();
  const path = await programs.add("tell", "sleep 1000 & sleep 1000");
  const over = new AbortController();
  const world = programs.world({ NOTIFY_TEST: programs.path });
  const target = { kind: "command", program: path, args: [] } as const;
  const delivered = deliver(target, notification(), world, over.signal);
  const living = () => livingWith(`NOTIFY_TEST=${programs.path}`);
  await waitFor("the program", async () => (await living()).length >= 3 ? true : undefined);
  over.abort();
  assertEquals(await delivered, { ok: false, error: "it took too long", again: false });
  await waitFor("its end", async () => (await living()).length === 0 ? true : undefined);
});

Deno.test("deliver posts JSON to a webhook, with the password of the URL in a header", async () => {
  await using hook = new Hook(() => new Response("thanks"));
  const told = notification();
  assertEquals(await hook.deliver("/path?token=t", "us%40er:p%3Ass@"), { ok: true });
  const [request] = hook.requests;
  assertEquals([request?.method, request?.path], ["POST", "/path?token=t"]);
  assertEquals(JSON.parse(request!.body), told);
  assertEquals(request?.headers["content-type"], "application/json; charset=utf-8");
  assertEquals(request?.headers["idempotency-key"], told.id);
  assertEquals(request?.headers.authorization, `Basic ${btoa("us@er:p:ss")}`);
});

Deno.test("deliver tries again what a server refuses, and follows no redirect", async () => {
  for (const status of [400, 404, 429, 500, 503]) {
    await using hook = new Hook(() => new Response("secret", { status }));
    assertEquals(await hook.deliver("/"), {
      ok: false,
      error: `the server answered ${status}`,
      again: true,
    });
  }
  await using other = new Hook(() => new Response("stolen"));
  for (const status of [301, 302, 307, 308]) {
    await using hook = new Hook(() =>
      new Response(null, { status, headers: { location: other.url("/elsewhere") } })
    );
    assertEquals(await hook.deliver("/"), {
      ok: false,
      error: `the server answered ${status}, and redirects are not followed`,
      again: false,
    });
  }
  assertEquals(other.requests, []);
});

Deno.test("deliver does not wait for a slow server, and reads no answer of any length", async () => {
  const over = new AbortController();
  const reached = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Response>();
  await using slow = new Hook(() => {
    reached.resolve();
    return answer.promise;
  });
  const delivered = slow.deliver("/", "", over.signal);
  await reached.promise;
  over.abort();
  assertEquals(await delivered, { ok: false, error: "it took too long", again: false });
  answer.resolve(new Response());
  await using endless = new Hook(() =>
    new Response(
      new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1024)) }),
    )
  );
  assertEquals(await endless.deliver("/"), { ok: true });
});

Deno.test("deliver says that nobody listens, and not where", async () => {
  // A port that the system gave would soon be that of another server.
  const url = "http://u:secret@127.0.0.1:2/secret";
  const result = await deliver({ kind: "webhook", url }, notification(), world, never);
  assertEquals(result, { ok: false, error: "the connection was refused", again: true });
});

Deno.test("desktopCall hands texts over where nothing interprets them", async () => {
  await using programs = await Programs.make();
  const clean = (text: string) => text.replaceAll("\u001b", " ").trim();
  const title = clean(`${HOSTILE} is done`);
  const body = clean(HOSTILE);

  await programs.add("notify-send");
  await programs.add("osascript");
  await programs.add("powershell.exe");
  const show = async (os: "linux" | "darwin" | "windows") => {
    const call = desktopCall(os, hostile());
    assertEquals(await runProgram(call, "end", programs.world(), never), { ok: true });
    return await programs.seen(call.program);
  };

  const linux = await show("linux");
  const literal = body.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll("\\", "\\\\");
  assertEquals(linux.args, ["--app-name=zag", "--", title, literal]);

  const apple = await show("darwin");
  assertEquals(apple.args, ["-", title, body]);
  assertEquals(apple.stdin, desktopCall("darwin", { title: "", body: "" }).stdin);

  const windows = await show("windows");
  assertEquals(windows.args, desktopCall("windows", { title: "", body: "" }).args);
  assertEquals(windows.args.slice(0, 3), ["-NoProfile", "-NonInteractive", "-Command"]);
  assertEquals(
    [windows.env.ZAG_NOTIFICATION_TITLE, windows.env.ZAG_NOTIFICATION_BODY],
    [title, body],
  );
});

Deno.test("desktopCall shows the beginning of a long text, by whole characters", () => {
  const { args } = desktopCall("darwin", { title: "t", body: "😀".repeat(1000) });
  assertEquals(args[2], "😀".repeat(250));
});

Deno.test("deliver says how to show something on a desktop that cannot", async () => {
  await using programs = await Programs.make();
  const nothing = programs.world({ PATH: programs.path });
  const result = await deliver({ kind: "desktop" }, notification(), nothing, never);
  assert(!result.ok && !result.again);
  assert(/there is no (notify-send|osascript|powershell)/.test(result.error), result.error);
});

Deno.test("inWords tells each event in a line and some more", () => {
  const words = (changes: Parameters<typeof notification>[0]) => inWords(notification(changes));
  assertEquals(words({}), { title: "mock 0a1b2c3d is done", body: "all done" });
  assertEquals(
    words({ event: "failure", session_name: "fix", outcome: "timeout", error: "too slow" }),
    { title: "fix has failed", body: "too slow" },
  );
  assertEquals(
    words({ event: "limit", resumes_at: "2026-01-02T04:00:00.000Z" }),
    {
      title: "mock 0a1b2c3d waits for the end of a usage limit",
      body: "It goes on at 2026-01-02T04:00:00.000Z",
    },
  );
  assertEquals(
    words({ event: "question", question: { id: "q", text: "Bash: ls" } }),
    { title: "mock 0a1b2c3d waits for an answer", body: "Bash: ls" },
  );
});

const world = { env: Deno.env, cwd: "/" };

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly headers: Record<string, string>;
}

/** A server on this machine. */
class Hook implements AsyncDisposable {
  readonly requests: Seen[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(answer: () => Response | Promise<Response>) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (request) => {
        const { pathname, search } = new URL(request.url);
        const body = await request.text();
        const headers = Object.fromEntries(request.headers);
        this.requests.push({ method: request.method, path: pathname + search, body, headers });
        return await answer();
      },
    );
  }

  url(path: string, user = ""): string {
    return `http://${user}127.0.0.1:${this.#server.addr.port}${path}`;
  }

  deliver(path: string, user = "", signal: AbortSignal = never) {
    const target = { kind: "webhook", url: this.url(path, user) } as const;
    return deliver(target, notification(), world, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
