import { conversation, GEMINI } from "./gemini_support.ts";
import { testLimits } from "./limit_support.ts";

testLimits(GEMINI, { tries: 1, says: /exhausted your daily quota/, conversation });
