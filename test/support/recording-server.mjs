// An MCP server that writes down every call it receives before it answers: over stdio, or with `http` as its second
// argument over streamable HTTP, and then it prints its address. What is called "broken" fails.
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { z } from "zod";

const [file, kind = "stdio"] = process.argv.slice(2);
const name = kind === "http" ? "record_there" : "record_here";

function createRecorder() {
  const server = new McpServer({ name, version: "1.0.0" });
  server.registerTool(
    name,
    {
      description: "Writes a line down; the same again writes it twice.",
      inputSchema: { line: z.string() },
      annotations: {
        readOnlyHint: false,
        destructiveHint: true,
        idempotentHint: false,
        openWorldHint: false,
      },
    },
    async ({ line }, { _meta }) => {
      appendFileSync(file, `${JSON.stringify({ line, key: _meta?.["countersign/idempotency-key"] })}\n`);
      if (line === "broken") return { isError: true, content: [{ type: "text", text: "The pen is dry." }] };
      return { content: [{ type: "text", text: `Written: ${line}` }] };
    },
  );
  return server;
}

if (kind === "http") {
  const listener = createServer(async (request, response) => {
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    response.on("close", () => transport.close());
    await createRecorder().connect(transport);
    await transport.handleRequest(request, response);
  });
  listener.listen(0, "127.0.0.1", () =>
    process.stdout.write(`http://127.0.0.1:${listener.address().port}/mcp\n`),
  );
  process.on("disconnect", () => process.exit(0));
} else {
  process.stdin.on("close", () => process.exit(0));
  await createRecorder().connect(new StdioServerTransport());
}
