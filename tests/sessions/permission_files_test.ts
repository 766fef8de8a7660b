import {
  openQuestions,
  type PermissionQuestion,
  readAnswer,
  removeQuestion,
  writeAnswer,
  writeQuestion,
} from "../../src/sessions/permission_files.ts";
import { ZagError } from "../../src/errors.ts";
import { answerQuestion } from "../../src/orchestration/permission_answers.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";
import { inTemp } from "./support.ts";

const QUESTION: PermissionQuestion = {
  ...{ id: "q1", session_id: "s", provider: "mock", tool_name: "shell", kind: "shell" },
  ...{ description: "touch made", input: {}, cwd: "/work", asked_at: "2026-01-02T03:04:05.000Z" },
};

Deno.test("writeAnswer() lets the first answer stand", () =>
  inTemp((dir) => {
    writeQuestion(dir, QUESTION);
    assertEquals(openQuestions(dir), [QUESTION]);
    assertEquals(writeAnswer(dir, "q1", { granted: true, by: "permit" }), true);
    assertEquals(writeAnswer(dir, "q1", { granted: false, by: "command" }), false);
    assertEquals(readAnswer(dir, "q1"), { granted: true, by: "permit", reason: undefined });
    assertEquals(openQuestions(dir), []);
    removeQuestion(dir, "q1");
    assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name), ["answer-q1.json"]);
  }));

Deno.test("answerQuestion() is refused where the question was answered and taken away meanwhile", () =>
  inTemp((dir) => {
    writeQuestion(dir, QUESTION);
    const [question] = openQuestions(dir);
    writeAnswer(dir, "q1", { granted: false, by: "command" });
    removeQuestion(dir, "q1");
    const late = () =>
      answerQuestion({ question: question!, launchFiles: dir, sessionName: null }, {
        granted: true,
        by: "permit",
      });
    assertStringIncludes(assertThrows(late, ZagError).message, "somebody has answered it");
    assertEquals(readAnswer(dir, "q1")?.granted, false);
  }));

Deno.test("writeAnswer() has answered a run that ends, with its directory, by that answer", () =>
  inTemp((dir) => {
    writeQuestion(dir, QUESTION);
    const { linkSync } = Deno;
    Deno.linkSync = (from, to) => {
      linkSync(from, to);
      Deno.removeSync(dir, { recursive: true });
    };
    try {
      assertEquals(writeAnswer(dir, "q1", { granted: true, by: "permit" }), true);
    } finally {
      Deno.linkSync = linkSync;
      Deno.mkdirSync(dir, { recursive: true });
    }
  }));

Deno.test("writeAnswer() throws NotFound for a run that is over", () =>
  inTemp((dir) => {
    const answer = { granted: true, by: "permit" } as const;
    assertThrows(() => writeAnswer(`${dir}/gone`, "q1", answer), Deno.errors.NotFound);
  }));
