// Tools from MCP servers.

export type { ConnectedServers, ConnectOptions, ServerStatus } from "./connect-servers.ts";
export { connectServers } from "./connect-servers.ts";
export { McpConfigError, ToolCallError, ToolError } from "./errors.ts";
// countersign-files: our own file server.
export { createFilesServer } from "./files-server.ts";
export { filesServerConfig } from "./files-server-config.ts";
export type { HttpServerConfig, McpConfig, ServerConfig, StdioServerConfig } from "./mcp-config.ts";
export { parseMcpConfig, readMcpConfig } from "./mcp-config.ts";
export { idempotencyMetaKey } from "./mcp-tool.ts";
export { createSampleWorkspace } from "./sample-workspace.ts";
export type { Risk, ToolAnnotations, ToolSpec } from "./spec.ts";
// What a tool does, as plans, people and policies see it.
export { describeTool } from "./spec.ts";
