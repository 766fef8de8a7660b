import { CODEX, conversation } from "./codex_support.ts";
import { testLimits } from "./limit_support.ts";

// The apostrophe is a typographic one; the time is of this minute, and so it is over.
testLimits(CODEX, {
  tries: 1,
  says: /^You\u2019ve hit your usage limit\..* try again at \d+:\d+ [AP]M\.$/,
  conversation,
});
