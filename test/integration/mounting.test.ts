import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { Client } from "@langchain/langgraph-sdk";
import compression from "compression";
import express from "express";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { createServer as createCountersign, type ServerOptions } from "../../src/http/index.ts";
import { toNodeHandler } from "../../src/node/index.ts";
import { sqlite } from "../../src/sqlite/index.ts";
import { openEvents, openInterrupts, sendCommand, waitForStatus } from "../support/command.ts";
import { runExample } from "../support/example.ts";
import { createAskGraph } from "../support/graphs.ts";
import { temporaryDirectory } from "../support/serve.ts";

const input = { messages: [{ role: "user", content: "write to Ana" }] };
const prefix = "/api/agents";
const respond = (id: string | undefined, response: unknown) => ({
  method: "input.respond",
  params: { namespace: [], interrupt_id: id, response },
});

/** One question and its answer in each protocol. Each frame is awaited before what causes the next is sent. */
async function expectServed(url: string, answer: unknown): Promise<void> {
  const threadId = crypto.randomUUID();
  const headers = { "accept-encoding": "gzip" };
  await using stream = openEvents(url, threadId, { channels: ["lifecycle", "input"] }, headers);
  const response = await stream.response;
  expect(response.headers.get("cache-control")).toContain("no-transform");
  expect(response.headers.get("x-accel-buffering")).toBe("no");
  expect(response.headers.get("content-encoding")).toBeNull();
  const next = async (method: string) => {
    for (;;) {
      const { value, done } = await stream.events.next();
      expect(done, `the stream ended before ${method}`).toBe(false);
      if (value?.method === method) return value.params.data;
    }
  };
  await sendCommand(url, threadId, { method: "run.start", params: { assistant_id: "agent", input } });
  expect(await next("lifecycle")).toMatchObject({ event: "running" });
  const asked = await next("input.requested");
  expect(await sendCommand(url, threadId, respond(String(asked.interrupt_id), answer))).toMatchObject({
    type: "success",
  });
  expect(await next("input.answered")).toMatchObject({ interrupt_ids: [asked.interrupt_id] });
  await waitForStatus(url, threadId, "idle");

  const client = new Client({ apiUrl: url, apiKey: null, callerOptions: { maxRetries: 0 } });
  const { thread_id: other } = await client.threads.create();
  const frames: string[] = [];
  for await (const { event, data } of client.runs.stream(other, "agent", { input, streamMode: "updates" }))
    frames.push(`${event} ${Object.keys(data ?? {}).join()}`);
  expect(frames).toContain("updates __interrupt__");
  const done = await client.runs.wait(other, "agent", { command: { resume: answer } });
  expect(JSON.stringify(done)).toContain("Sent.");
}

/** The same over a WebSocket. */
async function expectSocket(url: string): Promise<void> {
  const threadId = crypto.randomUUID();
  const socket = new WebSocket(`${url.replace("http", "ws")}/threads/${threadId}/stream/events`);
  const asked = new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", (code) => reject(new Error(`closed with ${code}`)));
    socket.on("open", () => {
      const params = { channels: ["input"] };
      socket.send(JSON.stringify({ id: 1, method: "subscription.subscribe", params }));
      const start = { assistant_id: "agent", input };
      socket.send(JSON.stringify({ id: 2, method: "run.start", params: start }));
    });
    socket.on("message", (data) => {
      if (String(data).includes('"input.requested"')) resolve();
    });
  });
  await asked;
  socket.removeAllListeners("close");
  socket.terminate();
}

test.each(["node-http.mjs", "express.mjs", "fastify.mjs", "hono.mjs"])(
  "mounted as examples/%s does it: questions, answers, streams and sockets under a path of one's own",
  async (file) => {
    await using directory = await temporaryDirectory();
    await using example = await runExample(file, directory.path);
    expect(await (await fetch(example.url)).text()).toBe("A page of yours.");
    await expectServed(`${example.url}${prefix}`, "yes");
    await expectSocket(`${example.url}${prefix}`);
  },
);

test("mounted as examples/next-route.mjs does it: the functions a route handler exports", async () => {
  await using directory = await temporaryDirectory();
  const before = process.cwd();
  process.chdir(directory.path);
  const file = "../../examples/next-route.mjs"; // has no types
  const route: Record<string, (request: Request) => Promise<Response>> = await import(file);
  const ok = await route.GET?.(new Request(`http://localhost${prefix}/ok`));
  process.chdir(before);
  expect(await ok?.json()).toEqual({ ok: true });
  const { countersign } = globalThis as unknown as { countersign: { close(): Promise<void> } };
  const http = createServer(
    getRequestListener((request) => route[request.method]?.(request) ?? new Response(null, { status: 405 }), {
      overrideGlobalObjects: false,
    }),
  );
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  try {
    await expectServed(`http://127.0.0.1:${(http.address() as AddressInfo).port}${prefix}`, "yes");
  } finally {
    await countersign.close();
    http.closeAllConnections();
    http.close();
  }
});

/** Express as a test sets it up, with Countersign at the prefix. */
async function serveExpress(
  directory: string,
  middleware: (app: express.Express) => void,
  options: Partial<ServerOptions> = {},
) {
  const server = createCountersign({
    graphs: { agent: createAskGraph() },
    store: sqlite(join(directory, "test.db")),
    ...options,
  });
  const app = express();
  middleware(app);
  app.use(prefix, toNodeHandler(server));
  const http = app.listen(0, "127.0.0.1");
  await new Promise((resolve) => http.once("listening", resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}${prefix}`,
    async [Symbol.asyncDispose](): Promise<void> {
      await server.close();
      http.closeAllConnections();
      http.close();
    },
  };
}

test("behind compression every frame arrives by itself, and the rest is compressed", async () => {
  await using directory = await temporaryDirectory();
  const everything = compression({ threshold: 0, filter: () => true });
  await using server = await serveExpress(directory.path, (app) => app.use(everything));
  await expectServed(server.url, { send: true });
  const plain = await fetch(`${server.url}/info`, { headers: { "accept-encoding": "gzip" } });
  expect(plain.headers.get("content-encoding")).toBe("gzip");
});

test("behind a body parser every command is refused with what to do about it", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serveExpress(directory.path, (app) => app.use(express.json()));
  const threadId = crypto.randomUUID();
  const command = { method: "run.start", params: { assistant_id: "agent", input } };
  const reply = await sendCommand(server.url, threadId, command);
  expect(reply).toMatchObject({ type: "error", error: "invalid_argument" });
  expect(reply.message).toContain("Mount Countersign before body parsers");
  const response = await fetch(`${server.url}/threads`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"metadata":{}}',
  });
  expect(response.status).toBe(400);
  expect(((await response.json()) as { message: string }).message).toContain("before body parsers");
});

test("other origins may call when they are listed, with the headers clients send and read", async () => {
  await using directory = await temporaryDirectory();
  const origin = "https://app.example.com";
  await using server = await serveExpress(directory.path, () => {}, { allowedOrigins: [origin] });
  const asked = await fetch(`${server.url}/threads`, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "PATCH",
      "access-control-request-headers": "content-type,x-api-key,last-event-id,idempotency-key",
    },
  });
  expect(asked.status).toBe(204);
  expect(asked.headers.get("access-control-allow-origin")).toBe(origin);
  expect(asked.headers.get("access-control-allow-methods")).toContain("PATCH");
  for (const header of ["content-type", "x-api-key", "last-event-id", "idempotency-key", "authorization"])
    expect(asked.headers.get("access-control-allow-headers")).toContain(header);
  const threadId = crypto.randomUUID();
  const command = { method: "run.start", params: { assistant_id: "agent", input }, headers: { origin } };
  expect(await sendCommand(server.url, threadId, command)).toMatchObject({ type: "success" });
  openInterrupts(await waitForStatus(server.url, threadId, "interrupted"));
  const search = await fetch(`${server.url}/threads/search`, {
    method: "POST",
    headers: { origin, "content-type": "application/json" },
    body: "{}",
  });
  expect(search.headers.get("access-control-allow-origin")).toBe(origin);
  expect(search.headers.get("access-control-expose-headers")).toMatch(
    /content-location.*x-pagination-total/i,
  );
  const foreign = await fetch(`${server.url}/ok`, { headers: { origin: "https://evil.example" } });
  expect([foreign.status, foreign.headers.get("access-control-allow-origin")]).toEqual([403, null]);
});
