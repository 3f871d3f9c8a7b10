import { type CallToolResult, CallToolResultSchema, type Tool } from "@modelcontextprotocol/sdk/types.js";
import { toCallError } from "./call-errors.ts";
import { messageOf, ToolCallError } from "./errors.ts";
import type { ServerConfig } from "./mcp-config.ts";
import { listTools, openSession, type ServerSession } from "./server-session.ts";

export interface CallRequest {
  /** The server's own name of the tool. */
  tool: string;
  args: Record<string, unknown>;
  signal?: AbortSignal | undefined;
  /** Sent as `params._meta`. */
  meta?: Record<string, unknown> | undefined;
  onProgress(progress: Progress): void;
}

/** A progress notification of the Model Context Protocol. */
export interface Progress {
  progress: number;
  total?: number | undefined;
  message?: string | undefined;
}

/** One configured server, over as many connections as it takes. */
export interface ServerConnection {
  name: string;
  config: ServerConfig;
  /** Connects and lists the server's tools. */
  open(): Promise<Tool[]>;
  /**
   * Calls a tool; a server that is gone is started, or reached, again first, one time. The result may say
   * `isError`.
   *
   * @throws {@link ToolCallError}; the signal's reason when it is aborted.
   */
  call(request: CallRequest): Promise<CallToolResult>;
  /** Why the server cannot be used at present; undefined when it can, as far as is known. */
  failure(): string | undefined;
  close(): Promise<void>;
}

export interface ConnectionOptions {
  connectTimeoutMs: number;
  callTimeoutMs: number;
}

export function createServerConnection(
  name: string,
  config: ServerConfig,
  { connectTimeoutMs, callTimeoutMs }: ConnectionOptions,
): ServerConnection {
  let current: Promise<ServerSession> | undefined;
  let failure: string | undefined;
  let isClosed = false;

  /** The open session, or a new one; calls that come meanwhile share the one that is being opened. */
  function session(): Promise<ServerSession> {
    if (isClosed)
      return Promise.reject(new Error("the connections were closed. Connect again to call tools."));
    if (current) return current;
    const opening: Promise<ServerSession> = openSession(config, {
      connectTimeoutMs,
      onClose: () => forget(opening),
    });
    current = opening;
    opening.then(
      () => (failure = undefined),
      (error) => {
        failure = messageOf(error);
        forget(opening);
      },
    );
    return opening;
  }

  function forget(old: Promise<ServerSession>): void {
    if (current === old) current = undefined;
  }

  async function connected(tool: string): Promise<ServerSession> {
    try {
      return await session();
    } catch (error) {
      const message = `${tool} was not called: server "${name}" is not available: ${messageOf(error)}`;
      throw new ToolCallError("server_unavailable", message, { cause: error });
    }
  }

  async function call(request: CallRequest): Promise<CallToolResult> {
    const first = await connected(request.tool);
    try {
      return await send(first, request);
    } catch (error) {
      // 404 says that the server does not know the session (it was restarted) and has not read the call.
      if (!(error instanceof ToolCallError) || error.code !== "http_404") throw error;
      if ((await current?.catch(() => undefined)) === first) current = undefined;
      await first.client.close();
      return send(await connected(request.tool), request);
    }
  }

  async function send({ client }: ServerSession, request: CallRequest): Promise<CallToolResult> {
    // The SDK never takes its listener off a signal again, and would cancel a call that is long done.
    const abort = new AbortController();
    const follow = () => abort.abort(request.signal?.reason);
    request.signal?.throwIfAborted();
    request.signal?.addEventListener("abort", follow, { once: true });
    const { tool, args, meta } = request;
    try {
      // Not client.callTool(): it fails a call that was done when its structured content has another shape.
      return await client.request(
        { method: "tools/call", params: { name: tool, arguments: args, ...(meta ? { _meta: meta } : {}) } },
        CallToolResultSchema,
        {
          signal: abort.signal,
          timeout: callTimeoutMs,
          resetTimeoutOnProgress: true,
          onprogress: request.onProgress,
        },
      );
    } catch (error) {
      request.signal?.throwIfAborted();
      throw toCallError(error, { tool, server: name, callTimeoutMs });
    } finally {
      request.signal?.removeEventListener("abort", follow);
    }
  }

  return {
    name,
    config,
    async open() {
      const { client } = await session();
      try {
        return await listTools(client, connectTimeoutMs);
      } catch (error) {
        failure = `its tools could not be listed (${messageOf(error)}). Check the server's log.`;
        throw error;
      }
    },
    call,
    failure: () => failure,
    async close() {
      isClosed = true;
      const open = await current?.catch(() => undefined);
      await open?.close();
    },
  };
}
