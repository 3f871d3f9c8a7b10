import type { StructuredToolInterface } from "@langchain/core/tools";
import { messageOf } from "./errors.ts";
import { type McpConfig, parseMcpConfig } from "./mcp-config.ts";
import { toLangChainTool } from "./mcp-tool.ts";
import { createServerConnection, type ServerConnection } from "./server-connection.ts";
import { createNames } from "./tool-names.ts";

/** How a configured server is. */
export interface ServerStatus {
  name: string;
  status: "ready" | "failed";
  /** Why it failed, with the end of what it wrote to stderr. */
  error?: string;
  /** Its tools, under the names that {@link ConnectedServers.tools} have. */
  tools: string[];
}

export interface ConnectedServers {
  /** Of every server that could be reached, in the order of the configuration. */
  tools: StructuredToolInterface[];
  /** Every server that is not disabled, as it is when this is read. */
  readonly servers: ServerStatus[];
  /** Ends every connection and the servers that were started. Calls that are under way fail. */
  close(): Promise<void>;
}

export interface ConnectOptions {
  /** Longest time for a server to start, and again to list its tools; 20,000 when left out. */
  connectTimeoutMs?: number;
  /** Longest time for a call without an answer or a sign of progress; 600,000 when left out. */
  callTimeoutMs?: number;
}

/**
 * Connects to the servers of an mcp.json, all at once, and offers their tools as LangChain tools. A server that
 * fails is reported in `servers`; the rest work. A tool keeps its server's name for it; when a server before has
 * a tool of that name, it is called `server__name`.
 *
 * @throws {@link McpConfigError} when the configuration has not the shape it must have.
 */
export async function connectServers(
  config: McpConfig,
  { connectTimeoutMs = 20_000, callTimeoutMs = 600_000 }: ConnectOptions = {},
): Promise<ConnectedServers> {
  const { mcpServers } = parseMcpConfig(config);
  const connections = Object.entries(mcpServers)
    .filter(([, server]) => server.disabled !== true)
    .map(([name, server]) => createServerConnection(name, server, { connectTimeoutMs, callTimeoutMs }));
  const listed = await Promise.all(connections.map(openOrReport));

  const nameOf = createNames();
  const offers = listed.map(({ connection, definitions, error }) => {
    const tools = definitions.map((definition) =>
      toLangChainTool(connection, definition, nameOf(connection.name, definition.name)),
    );
    return { connection, tools, error };
  });
  return {
    tools: offers.flatMap(({ tools }) => tools),
    get servers() {
      return offers.map(({ connection, tools, error }): ServerStatus => {
        const failure = connection.failure() ?? error;
        const names = tools.map(({ name }) => name);
        if (failure === undefined) return { name: connection.name, status: "ready", tools: names };
        return { name: connection.name, status: "failed", error: failure, tools: names };
      });
    },
    async close() {
      await Promise.allSettled(connections.map((connection) => connection.close()));
    },
  };
}

async function openOrReport(connection: ServerConnection) {
  try {
    return { connection, definitions: await connection.open(), error: undefined };
  } catch (error) {
    await connection.close().catch(() => undefined);
    return { connection, definitions: [], error: messageOf(error) };
  }
}
