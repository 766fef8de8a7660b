/**
 * An MCP server on stdin and stdout with one tool, `ping`: it answers with its `GREETING` and what
 * it was given.
 */

const TOOL = {
  name: "ping",
  description: "Answers",
  inputSchema: { type: "object", properties: { text: { type: "string" } } },
};

// deno-lint-ignore no-explicit-any -- the client's JSON is answered, not typed
function answer(method: string, params: any): unknown {
  switch (method) {
    case "initialize":
      return {
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: "demo", version: "1.0.0" },
      };
    case "tools/list":
      return { tools: [TOOL] };
    case "tools/call": {
      const text = `${Deno.env.get("GREETING")} ${params.arguments.text}`;
      return { content: [{ type: "text", text }] };
    }
    default:
      return {};
  }
}

for await (
  const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream()).pipeThrough(split())
) {
  if (line === "") continue;
  const { id, method, params } = JSON.parse(line);
  if (id !== undefined) {
    console.log(JSON.stringify({ jsonrpc: "2.0", id, result: answer(method, params) }));
  }
}

function split(): TransformStream<string, string> {
  let rest = "";
  return new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const line of lines) controller.enqueue(line);
    },
  });
}
