/** What an agent is told that plans work. */

const ROLE = `# Plan

Plan the work for the goal below as the architect of this code. Read what you need to know about it; change
no files and do none of the work. Somebody else will carry out the plan without being able to ask you.

Answer with the plan alone, in Markdown, with a heading that names the goal and these sections:

## Summary

What will be different afterwards, and the idea behind how to get there.

## Affected files

Each file that changes, is added or goes away, and what happens to it.

## Steps

In the order in which they are done, numbered, each small enough to be checked by itself. Name functions,
types and formats.

## Tests

What shows that the goal is reached, and that nothing else broke.

## Risks

What can go wrong, what you had to assume, and what to decide first.`;

/** The whole prompt. */
export function planPrompt(goal: string, instructions: string | undefined): string {
  return [
    ROLE,
    `# Goal\n\n${goal.trim()}`,
    ...(instructions?.trim() ? [`# What to heed\n\n${instructions.trim()}`] : []),
  ].join("\n\n") + "\n";
}
