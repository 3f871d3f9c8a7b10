// An MCP server over stdio: `post` writes a line into a ledger at once, and answers only when the file `go` is
// there. So a test can end the app in the middle of a tool that has done its work and has not said so.
import { appendFileSync, existsSync, watch } from "node:fs";
import { join } from "node:path";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

const directory = process.argv[2];
const go = join(directory, "go");

const server = new McpServer({ name: "ledger", version: "1.0.0" });
server.registerTool(
  "post",
  {
    description: "Posts a line to the ledger.",
    inputSchema: { line: z.string(), amount: z.number() },
    annotations: {
      readOnlyHint: false,
      destructiveHint: false,
      idempotentHint: false,
      openWorldHint: false,
    },
  },
  async ({ line, amount }) => {
    appendFileSync(join(directory, "ledger.txt"), `${line} ${amount}\n`);
    await untilGo();
    return { content: [{ type: "text", text: `Posted: ${line} ${amount}` }] };
  },
);
// The app that started this one may be killed: then there is nobody left to work for.
process.stdin.on("close", () => process.exit(0));
await server.connect(new StdioServerTransport());

function untilGo() {
  return new Promise((resolve) => {
    const watcher = watch(directory, look);
    look();
    function look() {
      if (!existsSync(go)) return;
      watcher.close();
      resolve();
    }
  });
}
