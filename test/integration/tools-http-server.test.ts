import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { type ConnectedServers, connectServers } from "../../src/tools/index.ts";
import { toolOf } from "./tools-support.ts";

/** A streamable HTTP server in this process, whose connections and sessions a test can break. */
interface HttpFixture {
  url: string;
  /** Answers the next POST with this status, and does not read it. */
  failNext(status: number): void;
  /** Breaks off every response to a call. */
  hangUp(): void;
  /** Breaks off everything and is not there any more. */
  stopListening(): void;
  /** Forgets every session, as a restart does. */
  forgetSessions(): void;
  sessions(): number;
  close(): Promise<void>;
}

async function openHttp({ json = false, resumable = false } = {}): Promise<HttpFixture> {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const posts = new Set<ServerResponse>();
  let failure: number | undefined;

  function createMcp(): McpServer {
    const server = new McpServer({ name: "http-fixture", version: "1" });
    server.registerTool("echo", { inputSchema: { text: z.string() } }, ({ text }) => ({
      content: [{ type: "text", text }],
    }));
    server.registerTool("hang_up", {}, () => {
      hangUp();
      return new Promise<never>(() => {});
    });
    // Its response has begun when its progress arrives.
    server.registerTool("hang", {}, async ({ _meta, sendNotification }) => {
      const params = { progressToken: _meta?.progressToken ?? "", progress: 1 };
      await sendNotification({ method: "notifications/progress", params });
      return new Promise<never>(() => {});
    });
    return server;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = request.headers["mcp-session-id"];
    if (request.headers.authorization !== "Bearer t") return void response.writeHead(401).end();
    if (request.method === "POST" && failure !== undefined) {
      response.writeHead(failure).end("broken");
      failure = undefined;
      return;
    }
    if (typeof id === "string" && !sessions.has(id))
      return void response.writeHead(404).end("no such session");
    if (request.method === "POST") {
      posts.add(response);
      response.on("close", () => posts.delete(response));
    }
    await (sessions.get(String(id)) ?? (await openSession())).handleRequest(request, response);
  }

  async function openSession(): Promise<StreamableHTTPServerTransport> {
    const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      enableJsonResponse: json,
      ...(resumable ? { eventStore: { storeEvent, replayEventsAfter } } : {}),
      onsessioninitialized: (id) => void sessions.set(id, transport),
      onsessionclosed: (id) => void sessions.delete(id),
    });
    await createMcp().connect(transport as Parameters<McpServer["connect"]>[0]);
    return transport;
  }

  function hangUp(): void {
    for (const response of posts) response.destroy();
  }

  let events = 0;
  const storeEvent = async (stream: string) => `${stream}_${++events}`;
  const replayEventsAfter = async (event: string) => event.split("_")[0] ?? "";

  function stopListening(): void {
    server.close();
    server.closeAllConnections();
  }

  const server: Server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    failNext: (status) => {
      failure = status;
    },
    hangUp,
    stopListening,
    forgetSessions: () => sessions.clear(),
    sessions: () => sessions.size,
    close: () =>
      new Promise((resolve) => {
        server.on("close", resolve);
        if (!server.listening) resolve();
        stopListening();
      }),
  };
}

let http: HttpFixture;
let connected: ConnectedServers;

beforeEach(async () => {
  http = await openHttp();
  connected = await connectServers({
    mcpServers: { web: { type: "http", url: http.url, headers: { Authorization: "Bearer t" } } },
  });
});
afterEach(async () => {
  await connected.close();
  await http.close();
});

const echo = (text: string) => toolOf(connected, "echo").invoke({ text });

test("tools of a streamable HTTP server are offered and called, with the headers of the configuration", async () => {
  expect(connected.servers).toEqual([{ name: "web", status: "ready", tools: ["echo", "hang_up", "hang"] }]);
  expect(await echo("hello")).toBe("hello");
});

test("a server that answers in JSON, not in a stream, works as well", async () => {
  const other = await openHttp({ json: true });
  const servers = { web: { url: other.url, headers: { Authorization: "Bearer t" } } };
  const both = await connectServers({ mcpServers: servers });
  expect(await toolOf(both, "echo").invoke({ text: "hello" })).toBe("hello");
  await expect(toolOf(both, "hang_up").invoke({})).rejects.toMatchObject({ code: -32000 });
  await both.close();
  await other.close();
});

test("a response that breaks off is a lost connection at once, not a time-out much later", async () => {
  const lost = {
    name: "ToolCallError",
    code: -32000,
    message: /The answer of hang(_up)? on server "web" was lost .*It may have run/,
  };
  await expect(toolOf(connected, "hang_up").invoke({})).rejects.toMatchObject(lost);
  const callbacks = [{ handleToolEvent: () => http.hangUp() }];
  await expect(toolOf(connected, "hang").invoke({}, { callbacks })).rejects.toMatchObject(lost);
  expect(await echo("still here")).toBe("still here");
});

test("a response that could be resumed is lost when the server is gone for good", async () => {
  const other = await openHttp({ resumable: true });
  const servers = { web: { url: other.url, headers: { Authorization: "Bearer t" } } };
  const both = await connectServers({ mcpServers: servers });
  const callbacks = [{ handleToolEvent: () => other.stopListening() }];
  await expect(toolOf(both, "hang").invoke({}, { callbacks })).rejects.toMatchObject({
    code: -32000,
    message: /The response ended before the answer came/,
  });
  await both.close();
});

test("a server that was restarted and knows the session no more is asked for a new one, and the call is made", async () => {
  http.forgetSessions();
  expect(await echo("hello again")).toBe("hello again");
  expect(http.sessions()).toBe(1);
});

test("a call that the server refuses is not in doubt; one that broke inside it is", async () => {
  http.failNext(403);
  await expect(echo("x")).rejects.toMatchObject({
    code: "http_403",
    message: /Check the server's url and headers/,
  });
  http.failNext(503);
  await expect(echo("x")).rejects.toMatchObject({ code: -32000 });
  expect(await echo("y")).toBe("y");
});

test("a server that cannot be reached any more was not called", async () => {
  await http.close();
  // The first call may still meet a connection that this process believes open, and is in doubt then.
  const failure = () =>
    echo("x").then(
      () => undefined,
      (error: unknown) => error,
    );
  await expect.poll(failure).toMatchObject({
    code: "server_unavailable",
    message: /echo on server "web" was not called: the server cannot be reached \(ECONNREFUSED\)/,
  });
});

test("a server that refuses the connection is reported as failed", async () => {
  const without = await connectServers({ mcpServers: { web: { url: http.url } } });
  expect(without.servers).toMatchObject([{ status: "failed", error: /could not be reached .*Check/ }]);
});

test("closing ends the session at the server", async () => {
  expect(http.sessions()).toBe(1);
  await connected.close();
  expect(http.sessions()).toBe(0);
});
