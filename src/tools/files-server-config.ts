import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { StdioServerConfig } from "./mcp-config.ts";

/**
 * The mcp.json entry that starts our own file server on a directory, with the Node that runs this process:
 * `{ mcpServers: { files: filesServerConfig("workspace") } }`. It names the compiled file beside this module, so
 * it starts from the built package only.
 */
export function filesServerConfig(workspace: string): StdioServerConfig {
  const main = fileURLToPath(new URL("./files-server-main.js", import.meta.url));
  return { command: process.execPath, args: [main, resolve(workspace)] };
}
