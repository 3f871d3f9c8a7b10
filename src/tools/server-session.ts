import { setImmediate } from "node:timers/promises";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { ListToolsResultSchema, type Tool } from "@modelcontextprotocol/sdk/types.js";
import { messageOf } from "./errors.ts";
import { createHttpTransport } from "./http-transport.ts";
import type { HttpServerConfig, ServerConfig, StdioServerConfig } from "./mcp-config.ts";

/** One connection to one server, initialized. */
export interface ServerSession {
  client: Client;
  close(): Promise<void>;
}

export interface SessionOptions {
  connectTimeoutMs: number;
  /** The connection ended, by whichever side. Not called for a connection that was never made. */
  onClose(): void;
}

interface Link {
  transport: Transport;
  /** What the server last wrote to its stderr; empty where there is none. */
  lastWords(): string;
  /** Says goodbye where the protocol knows one, before the transport closes. */
  leave(): Promise<void>;
}

/** Longest time that a server may take to hear goodbye. */
const leaveTimeoutMs = 2_000;
/** How much of a server's stderr is kept for the error that reports its end, in UTF-16 units. */
const maxLastWords = 2_000;

/**
 * Starts or reaches a server and initializes the connection.
 *
 * @throws an Error whose message says why it could not, with what the server wrote to its stderr.
 */
export async function openSession(config: ServerConfig, options: SessionOptions): Promise<ServerSession> {
  const link = "url" in config ? createHttpLink(config) : createStdioLink(config);
  const client = new Client({ name: "countersign", version: "1.0.0" });
  let isOpen = false;
  client.onclose = () => {
    if (isOpen) options.onClose();
  };
  const close = async () => {
    await link.leave().catch(() => undefined);
    await client.close();
  };
  try {
    const timeout = options.connectTimeoutMs;
    await withDeadline(client.connect(link.transport, { timeout }), timeout);
    isOpen = true;
    return { client, close };
  } catch (error) {
    await client.close().catch(() => undefined);
    // The last of stderr may still be on its way from the pipe.
    await setImmediate();
    throw new Error(explainStart(error, config, link.lastWords()), { cause: error });
  }
}

/** Every tool of a server; a server without the tools capability has none. */
export async function listTools(client: Client, timeoutMs: number): Promise<Tool[]> {
  if (!client.getServerCapabilities()?.tools) return [];
  const tools: Tool[] = [];
  const seen = new Set<string>();
  let cursor: string | undefined;
  do {
    // Not client.listTools(): it compiles every output schema, and one that does not compile loses all tools.
    const params = cursor === undefined ? {} : { cursor };
    const request = client.request({ method: "tools/list", params }, ListToolsResultSchema, {
      timeout: timeoutMs,
    });
    const page = await withDeadline(request, timeoutMs);
    tools.push(...page.tools);
    if (cursor !== undefined) seen.add(cursor);
    cursor = page.nextCursor;
  } while (cursor !== undefined && cursor !== "" && !seen.has(cursor));
  return tools;
}

function createStdioLink({ command, args = [], env = {}, cwd }: StdioServerConfig): Link {
  const transport = new StdioClientTransport({
    command,
    args,
    env,
    stderr: "pipe",
    ...(cwd === undefined ? {} : { cwd }),
  });
  let tail = "";
  transport.stderr?.on("data", (chunk: Buffer) => {
    tail = (tail + chunk.toString("utf8")).slice(-maxLastWords);
  });
  return { transport, lastWords: () => tail.trim(), leave: () => Promise.resolve() };
}

function createHttpLink(config: HttpServerConfig): Link {
  const transport = createHttpTransport(config);
  return {
    // The SDK's class declares `sessionId: string | undefined` where its interface says `sessionId?: string`.
    transport: transport as Transport,
    lastWords: () => "",
    leave: () => withDeadline(transport.terminateSession(), leaveTimeoutMs),
  };
}

function explainStart(error: unknown, config: ServerConfig, lastWords: string): string {
  const words = lastWords ? ` It wrote: “${lastWords}”.` : "";
  if ("url" in config) {
    const cause = (error as { cause?: { code?: string } }).cause?.code;
    return `${config.url} could not be reached (${cause ?? messageOf(error)}). Check that it runs, and its url.`;
  }
  if ((error as NodeJS.ErrnoException).code === "ENOENT") {
    return `the command ${config.command} was not found. Install it, or correct \`command\` or \`cwd\` in mcp.json.`;
  }
  return `${config.command} did not start as an MCP server (${messageOf(error)}).${words} Check its command in mcp.json.`;
}

async function withDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
