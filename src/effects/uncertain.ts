/**
 * True when an error leaves open whether the work was done: the call was cut off, or nobody waited for its end.
 * A tool that says it failed has failed.
 */
export function isUncertain(error: unknown): boolean {
  const { name, code } = (error ?? {}) as { name?: string; code?: string | number };
  return (
    name === "TimeoutError" ||
    name === "AbortError" ||
    ["ETIMEDOUT", "ECONNRESET", "EPIPE", "UND_ERR_SOCKET"].includes(String(code)) ||
    // JSON-RPC codes of the MCP SDK: connection closed, request timed out.
    code === -32000 ||
    code === -32001
  );
}
