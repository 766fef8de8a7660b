/**
 * Reads an invoice, and prints what is in it: the answer is JSON that matches a schema, and its type
 * in this program is that of the schema.
 *
 *     deno run -A examples/extract.ts claude invoice.txt
 *
 * @module
 */
import { AgentBuilder, SchemaValidationError } from "@zag/cli/agent";

const [provider = "mock", path = "invoice.txt"] = Deno.args;

// `as const` lets TypeScript see the words in it, not only that they are strings.
const INVOICE = {
  type: "object",
  properties: {
    number: { type: "string" },
    currency: { enum: ["EUR", "USD"] },
    items: {
      type: "array",
      items: {
        type: "object",
        properties: { name: { type: "string" }, cents: { type: "integer", minimum: 0 } },
        required: ["name", "cents"],
        additionalProperties: false,
      },
    },
  },
  required: ["number", "currency", "items"],
  additionalProperties: false,
} as const;

try {
  const output = await new AgentBuilder({ provider })
    .file(path)
    .jsonSchema(INVOICE)
    // An answer that does not match is sent back with the reasons, so often at most.
    .jsonRetries(2)
    .exec("Extract the invoice from the attached file. Amounts are in cents.");
  // A failure that the agent reports is no exception, and there is no answer then.
  if (output.is_error) {
    console.error(`${output.agent} failed: ${output.error_message}`);
    Deno.exit(1);
  }
  const { json } = output;
  const cents = json.items.reduce((sum, item) => sum + item.cents, 0);
  for (const { name } of json.items) console.log(`- ${name}`);
  console.log(`Invoice ${json.number}: ${(cents / 100).toFixed(2)} ${json.currency}`);
} catch (error) {
  if (!(error instanceof SchemaValidationError)) throw error;
  console.error(`No invoice could be found in ${path}:`);
  for (const line of error.errors) console.error(`- ${line}`);
  Deno.exit(1);
}
