import { KnownEntries } from "../../src/import/known.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import { knowSecrets } from "../../src/redact/redact.ts";
import { LogAppender } from "../../src/sessions/log.ts";
import { assertEquals } from "../support/assert.ts";
import { inTemp, message } from "../sessions/support.ts";

const START: LogKind = {
  type: "session_started",
  command: "import",
  model: null,
  cwd: null,
  resumed: false,
  backfilled: true,
};

Deno.test("KnownEntries.take() knows entries again whose secrets were taken out", () =>
  inTemp(async (dir) => {
    knowSecrets({ KNOWN_ENTRIES_TOKEN: "kn0wn-entries-s3cret" });
    using log = LogAppender.create({ path: `${dir}/s.jsonl`, provider: "mock", sessionId: "s" });
    log.append([
      START,
      message("it is kn0wn-entries-s3cret"),
      message("the key sk-ant-api03-abcdefgh0123456789 is one"),
      // A secret of a time whose variables are not set any more.
      message("from [redacted:GONE_TOKEN] to [redacted:GONE_TOKEN]."),
    ], "backfill");
    const known = await KnownEntries.read(log.path);
    assertEquals(
      [
        "it is kn0wn-entries-s3cret",
        "it is kn0wn-entries-s3cret",
        "the key sk-ant-api03-abcdefgh0123456789 is one",
        "from here to there",
        "from first-s3cret to second-s3cret.",
        "from first-s3cret to second-s3cret.",
      ].map((text) => known.take(message(text))),
      [true, false, true, false, true, false],
    );
  }));
