/** The tool ran and says that it failed. The message is what it said. */
export class ToolError extends Error {
  override name = "ToolError";
}

/** -32000 (`ConnectionClosed` of the MCP SDK): the connection was lost before the answer came. */
export const connectionLost = -32_000;
/** -32001 (`RequestTimeout` of the MCP SDK): no answer in time. */
export const noAnswerInTime = -32_001;

/**
 * The call failed, not the tool. `code` is
 *
 * - -32000 or -32001: no answer came, so it is not known whether the tool ran;
 * - another JSON-RPC error code: the server refused the call, as -32602 for arguments it does not take;
 * - `server_unavailable`: the call never left this process, so the tool did not run;
 * - `http_<status>`: the server answered the call with that HTTP status, 4xx, so the tool did not run.
 */
export class ToolCallError extends Error {
  override name = "ToolCallError";
  readonly code: number | "server_unavailable" | `http_${number}`;

  constructor(code: ToolCallError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The mcp.json cannot be used; the message says where and why. */
export class McpConfigError extends Error {
  override name = "McpConfigError";
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
