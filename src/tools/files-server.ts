import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { registerArrangeTools } from "./files-arrange-tools.ts";
import { createAnswer, type FilesContext } from "./files-context.ts";
import { registerReadTools } from "./files-read-tools.ts";
import { registerSearchTools } from "./files-search-tools.ts";
import { registerWriteTools } from "./files-write-tools.ts";

/**
 * `countersign-files`: an MCP server with small, bounded tools on the files of one directory. It has no
 * transport yet; connect it to one.
 *
 * @param options.root - The workspace: no tool reaches anything outside it. It must exist when a tool is called.
 * @param options.byDescriptor - See {@link Workspace.byDescriptor}; for tests.
 */
export function createFilesServer(options: { root: string; byDescriptor?: boolean }): McpServer {
  const server = new McpServer(
    { name: "countersign-files", version: "1.0.0" },
    {
      instructions:
        'Tools on the files of one workspace. Every path is relative to it, such as notes/ideas.txt; "." is the ' +
        "workspace itself. Nothing outside it can be reached.",
    },
  );
  const context: FilesContext = { workspace: options, answer: createAnswer() };
  registerReadTools(server, context);
  registerSearchTools(server, context);
  registerWriteTools(server, context);
  registerArrangeTools(server, context);
  return server;
}
