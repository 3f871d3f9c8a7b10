import { once } from "node:events";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import type { ServerOptions } from "../../src/http/index.ts";
import { byApiKey, clientOf, serveAt, temporaryPlace } from "../support/both-stores.ts";
import { getJson } from "../support/command.ts";
import { createAskGraph } from "../support/graphs.ts";

const graphs = { ask: createAskGraph() };
const app = "https://app.example.com";

async function withServer(
  options: Partial<ServerOptions>,
  use: (url: string) => Promise<void>,
): Promise<void> {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, { graphs, ...options });
  await use(server.url);
}

const preflight = (url: string, origin: string, headers = "x-own") =>
  fetch(`${url}/threads`, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": headers,
    },
  });

const status = async (url: string, origin: string) =>
  (await fetch(`${url}/ok`, { headers: { origin, "x-api-key": "ana" } })).status;

const told = ({ headers }: Response, name: string) => headers.get(`access-control-${name}`);

test("pages of origins that are listed, or match a pattern as a whole, may call; others may not", async () => {
  const allowedOrigins = [app, /https:\/\/[a-z]+\.preview\.example\.com/];
  await withServer({ allowedOrigins }, async (url) => {
    for (const origin of [app, "https://one.preview.example.com"]) {
      expect(await status(url, origin)).toBe(200);
      expect(told(await preflight(url, origin), "allow-origin")).toBe(origin);
    }
    for (const origin of [
      "https://one.preview.example.com.evil.net",
      "https://evil.net/https://one.preview.example.com",
      "https://app.example.com.evil.net",
      "null",
    ]) {
      expect(await status(url, origin)).toBe(403);
      expect(told(await preflight(url, origin), "allow-origin")).toBeNull();
    }
  });
});

test("a browser is told what pages may do: what clients need, and what is set beside it", async () => {
  const cors = {
    methods: ["GET", "POST"],
    headers: ["x-own"],
    exposeHeaders: ["x-trace"],
    credentials: false,
    maxAge: 600,
  };
  await withServer({ allowedOrigins: [app], cors }, async (url) => {
    const asked = await preflight(url, app);
    expect(told(asked, "allow-methods")).toBe("GET,POST");
    expect(told(asked, "allow-headers")?.split(",")).toEqual(
      expect.arrayContaining(["x-own", "x-api-key", "last-event-id"]),
    );
    expect(told(asked, "max-age")).toBe("600");
    expect(told(asked, "allow-credentials")).toBeNull();
    const reply = await fetch(`${url}/ok`, { headers: { origin: app } });
    expect(told(reply, "expose-headers")?.split(",")).toEqual(
      expect.arrayContaining(["x-trace", "content-location", "x-pagination-total"]),
    );
  });
  await withServer({ allowedOrigins: [app], cors: { headers: ["*"] } }, async (url) => {
    const asked = await preflight(url, app, "x-anything");
    expect(told(asked, "allow-headers")).toBe("x-anything");
    expect(told(asked, "allow-credentials")).toBe("true");
  });
});

test("all origins may be let in where callers log in, and then without their cookies; elsewhere not", async () => {
  await withServer({ allowedOrigins: ["*"], authenticate: byApiKey }, async (url) => {
    expect(await status(url, "https://anywhere.example.net")).toBe(200);
    const asked = await preflight(url, "https://anywhere.example.net");
    expect(told(asked, "allow-origin")).toBe("https://anywhere.example.net");
    expect(told(asked, "allow-credentials")).toBeNull();
  });
  await using place = await temporaryPlace("sqlite");
  await expect(serveAt(place, { graphs, allowedOrigins: ["*"] })).rejects.toThrow(/List the origins/);
});

test("what is left out is not there, nor in the document", async () => {
  await withServer({ disable: ["store", "assistants"] }, async (url) => {
    const client = clientOf(url);
    await expect(client.assistants.search()).rejects.toThrow(/404/);
    await expect(client.store.getItem(["a"], "b")).rejects.toThrow(/404/);
    expect((await client.threads.create()).status).toBe("idle");
    const document = await getJson<{ paths: object }>(`${url}/openapi.json`);
    const paths = Object.keys(document.paths);
    expect(paths.filter((path) => /^\/(store|assistants)/.test(path))).toEqual([]);
    expect(paths).toContain("/threads/{thread_id}/runs");
    expect(await getJson(`${url}/info`)).toMatchObject({ flags: { assistants: false, crons: true } });
  });
  await withServer({ disable: ["runs", "meta"] }, async (url) => {
    const client = clientOf(url);
    const { thread_id: threadId } = await client.threads.create();
    await expect(client.runs.create(threadId, "ask", { input: {} })).rejects.toThrow(/404/);
    await expect(client.crons.count()).rejects.toThrow(/404/);
    const path = `/threads/${threadId}`;
    for (const gone of ["/info", "/openapi.json", `${path}/runs`]) {
      expect((await fetch(`${url}${gone}`)).status, gone).toBe(404);
    }
    const body = JSON.stringify({ id: 1, method: "run.start", params: { assistant_id: "ask", input: {} } });
    const headers = { "content-type": "application/json" };
    expect((await fetch(`${url}${path}/commands`, { method: "POST", headers, body })).status).toBe(404);
    expect((await fetch(`${url}/ok`)).status).toBe(200);
    const socket = new WebSocket(`${url.replace("http", "ws")}${path}/stream/events`);
    const [code] = await once(socket, "close");
    expect(code).toBe(4404);
  });
});

test("webhooks may be switched off", async () => {
  await withServer({ webhooks: { disable: true } }, async (url) => {
    const webhook = "https://example.com/hook";
    await expect(clientOf(url).runs.create(null as never, "ask", { input: {}, webhook })).rejects.toThrow(
      /400.*webhook/s,
    );
  });
});
