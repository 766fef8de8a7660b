import { conversation, COPILOT } from "./copilot_support.ts";
import { testLimits } from "./limit_support.ts";

// The CLI tries five times more by itself.
testLimits(COPILOT, { tries: 6, says: /429/, conversation });
