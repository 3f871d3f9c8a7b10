import { StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { McpError } from "@modelcontextprotocol/sdk/types.js";
import { connectionLost, messageOf, noAnswerInTime, ToolCallError } from "./errors.ts";

/** Errors of fetch after which the request certainly never reached the server. */
const neverSent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/**
 * Says of a call that failed whether the tool may have run. When in doubt, it may: an error that nothing is
 * known about gets the code of a lost connection.
 */
export function toCallError(
  error: unknown,
  { tool, server, callTimeoutMs }: { tool: string; server: string; callTimeoutMs: number },
): ToolCallError {
  const call = `${tool} on server "${server}"`;
  const cause = { cause: error };
  if (error instanceof McpError) {
    if (error.code === noAnswerInTime) {
      const text = `${call} gave no answer within ${callTimeoutMs} ms. It may have run: look before you call it again.`;
      return new ToolCallError(noAnswerInTime, text, cause);
    }
    if (error.code === connectionLost) return lost(call, error);
    const text = `${call} was refused: ${error.message}. Check its arguments, and the server's log.`;
    return new ToolCallError(error.code, text, cause);
  }
  if (error instanceof StreamableHTTPError && error.code && error.code >= 400 && error.code < 500) {
    const text = `${call} was refused with HTTP ${error.code}. Check the server's url and headers in mcp.json.`;
    return new ToolCallError(`http_${error.code}`, text, cause);
  }
  const code = (error as { cause?: { code?: string } }).cause?.code ?? "";
  // "Not connected" is what the SDK says when the connection ended before it sent anything.
  if (neverSent.has(code) || messageOf(error) === "Not connected") {
    const text = `${call} was not called: the server cannot be reached (${code || "not connected"}). Check that it runs.`;
    return new ToolCallError("server_unavailable", text, cause);
  }
  return lost(call, error);
}

function lost(call: string, error: unknown): ToolCallError {
  const text = `The answer of ${call} was lost (${messageOf(error)}). It may have run: look before you call it again.`;
  return new ToolCallError(connectionLost, text, { cause: error });
}
