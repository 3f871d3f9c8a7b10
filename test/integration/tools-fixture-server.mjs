// An MCP server over stdio for tests: each tool shows one thing that a real server may do.
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

console.error("fixture: starting");
if (process.env.FIXTURE_EXIT) process.exit(3);
if (process.env.FIXTURE_SILENT) setInterval(() => undefined, 60_000);
else await serve();

async function serve() {
  const server = new McpServer({ name: "fixture", version: "1.0.0" });
  let release = () => {};
  let cancelled = "not cancelled";
  const said = (text) => ({ content: [{ type: "text", text }] });

  server.registerTool("pid", { description: "Says its process id." }, () => said(String(process.pid)));
  server.registerTool("environment", {}, () => said(JSON.stringify(process.env)));
  server.registerTool("meta", {}, ({ _meta }) => said(JSON.stringify(_meta ?? null)));
  server.registerTool("die", {}, () => process.exit(1));
  server.registerTool("hang", {}, async ({ signal, _meta, sendNotification }) => {
    signal.addEventListener("abort", () => {
      cancelled = `cancelled: ${signal.reason}`;
      release();
    });
    const params = { progressToken: _meta?.progressToken, progress: 0, message: "hanging" };
    await sendNotification({ method: "notifications/progress", params });
    return new Promise(() => {});
  });
  server.registerTool("was_cancelled", {}, async () => {
    if (cancelled === "not cancelled") await new Promise((resolve) => (release = resolve));
    return said(cancelled);
  });
  // Reports, and then waits to be let go, so that a test needs no clock.
  server.registerTool("work", {}, async ({ _meta, sendNotification }) => {
    const progressToken = _meta?.progressToken;
    const report = (params) => sendNotification({ method: "notifications/progress", params });
    await report({ progressToken, progress: 1, total: 2, message: "half of it" });
    await report({ progressToken, progress: 2, total: 2 });
    await new Promise((resolve) => (release = resolve));
    return said("all of it");
  });
  server.registerTool("release", {}, () => {
    release();
    return said("released");
  });
  server.registerTool("fail", {}, () => ({ ...said("No luck today. Try tomorrow."), isError: true }));
  server.registerTool("picture", {}, () => ({
    content: [
      { type: "text", text: "Here it is." },
      { type: "image", mimeType: "image/png", data: Buffer.alloc(12_000).toString("base64") },
      { type: "resource", resource: { uri: "memo:1", mimeType: "text/plain", text: "a memo" } },
    ],
  }));
  server.registerTool(
    "gallery",
    { inputSchema: { count: z.number(), bytes: z.number() } },
    ({ count, bytes }) => {
      const data = Buffer.alloc(bytes, 7).toString("base64");
      const image = { type: "image", mimeType: "image/png", data };
      const resource = { uri: "chart:1", mimeType: "image/webp", blob: data };
      return { content: [...Array(count).fill(image), { type: "resource", resource }] };
    },
  );
  server.registerTool("odd name/with.things", { inputSchema: { post: z.string() } }, () => said("odd"));
  await server.connect(new StdioServerTransport());
}
