// An MCP server over stdio that packs: a line in a file for each thing. One thing it refuses, after it was tried.
import { appendFileSync } from "node:fs";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

const [file, broken] = process.argv.slice(2);

const server = new McpServer({ name: "packing", version: "1.0.0" });
server.registerTool(
  "pack",
  {
    description: "Packs one thing into the suitcase.",
    inputSchema: { item: z.string() },
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  },
  async ({ item }) => {
    appendFileSync(file, `${item}\n`);
    if (item === broken) return { isError: true, content: [{ type: "text", text: "The zip is stuck." }] };
    return { content: [{ type: "text", text: `Packed: ${item}` }] };
  },
);
// The app that started this one may be killed: then there is nobody left to work for.
process.stdin.on("close", () => process.exit(0));
await server.connect(new StdioServerTransport());
