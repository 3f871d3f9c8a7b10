import { request } from "node:http";
import { expect, test } from "vitest";
import type { Action } from "../../src/http/index.ts";
import { startApp } from "../support/app.ts";
import {
  getJson,
  observe,
  openEvents,
  openInterrupts,
  sendCommand,
  waitForStatus,
} from "../support/command.ts";
import { createAskGraph } from "../support/graphs.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const input = { messages: [{ role: "user", content: "hello" }] };

/** A request with headers that fetch does not let one set. */
function raw(url: string, headers: Record<string, string>, method = "GET"): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on("error", reject);
    sent.end();
  });
}

test("without a login only this machine and the server's own pages may call", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: createAskGraph() }, directory: directory.path });
  const { port } = new URL(server.url);
  expect(await raw(`${server.url}/ok`, {})).toBe(200);
  expect(await raw(`${server.url}/ok`, { host: `localhost:${port}` })).toBe(200);
  expect(await raw(`${server.url}/ok`, { host: "rebound.example.com" })).toBe(403);
  expect(await raw(`${server.url}/ok`, { origin: server.url })).toBe(200);
  expect(await raw(`${server.url}/ok`, { origin: "https://evil.example.com" })).toBe(403);
  expect(await raw(`${server.url}/ok`, { origin: "null" })).toBe(403);
});

test("with a login, another's thread is not there: not to read, stream, answer or start", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({
    graphs: { ask: createAskGraph() },
    directory: directory.path,
    authenticate: (incoming) => {
      const id = incoming.headers.get("x-api-key");
      return id ? { id } : null;
    },
  });
  const threadId = crypto.randomUUID();
  const [ana, ben] = [{ "x-api-key": "ana" }, { "x-api-key": "ben" }];
  expect((await fetch(`${server.url}/ok`)).status).toBe(401);
  await sendCommand(server.url, threadId, {
    method: "run.start",
    params: { assistant_id: "ask", input },
    headers: ana,
  });
  await expect
    .poll(async () => (await getJson<{ status: string }>(`${server.url}/threads/${threadId}`, ana)).status)
    .toBe("interrupted");
  const paths: [string, string][] = [
    ["GET", ""],
    ["GET", "/state"],
    ["GET", "/runs"],
    ["POST", "/history"],
    ["POST", "/stream/events"],
    ["DELETE", ""],
    ["POST", "/commands"],
  ];
  for (const [method, path] of paths) {
    const body =
      path === "/stream/events" ? { channels: ["values"] } : { id: 1, method: "state.get", params: {} };
    const response = await fetch(`${server.url}/threads/${threadId}${path}`, {
      method,
      headers: { ...ben, "content-type": "application/json" },
      ...(method === "POST" ? { body: JSON.stringify(body) } : {}),
    });
    expect(response.status, `${method} ${path}`).toBe(404);
  }
  const started = await sendCommand(server.url, threadId, {
    method: "run.start",
    params: { assistant_id: "ask", input, multitask_strategy: "interrupt" },
    headers: ben,
  });
  expect(started).toMatchObject({ error: "no_such_thread" });
  const search = await fetch(`${server.url}/threads/search`, {
    method: "POST",
    headers: { ...ben, "content-type": "application/json" },
    body: "{}",
  });
  expect(await search.json()).toEqual([]);
});

test("the app's token lets in who has it, by cookie or header, and nobody else", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({ directory: directory.path, env: { COUNTERSIGN_TOKEN: "open sesame" } });
  expect((await fetch(`${app.url}/app/info`)).status).toBe(401);
  expect((await fetch(`${app.url}/threads/search`, { method: "POST" })).status).toBe(401);
  const login = (token: string) =>
    fetch(`${app.url}/app/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token }),
    });
  expect((await login("open barley")).status).toBe(401);
  const good = await login("open sesame");
  const cookie = good.headers.get("set-cookie") ?? "";
  expect(cookie).toMatch(/HttpOnly/i);
  expect(cookie).toMatch(/SameSite=Strict/i);
  expect(cookie).not.toContain("sesame");
  const headers = { cookie: cookie.split(";")[0] ?? "" };
  expect((await fetch(`${app.url}/app/info`, { headers })).status).toBe(200);
  expect(
    (await fetch(`${app.url}/app/info`, { headers: { authorization: "Bearer open sesame" } })).status,
  ).toBe(200);
});

test("an event stream opened before a thread exists tells nothing when the thread is another's", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({
    graphs: { ask: createAskGraph() },
    directory: directory.path,
    authenticate: (incoming) => ({ id: incoming.headers.get("x-api-key") ?? "ben" }),
  });
  const threadId = crypto.randomUUID();
  await using stream = openEvents(server.url, threadId, { channels: ["lifecycle"] });
  await stream.response;
  await sendCommand(server.url, threadId, {
    method: "run.start",
    params: { assistant_id: "ask", input },
    headers: { "x-api-key": "ana" },
  });
  expect(await stream.events.next()).toEqual({ done: true, value: undefined });
});

test("a thread's classic stream ends when the thread was deleted and its id is another's by now", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({
    graphs: { ask: createAskGraph() },
    directory: directory.path,
    authenticate: (incoming) => ({ id: incoming.headers.get("x-api-key") ?? "ben" }),
  });
  const threadId = crypto.randomUUID();
  const path = `${server.url}/threads/${threadId}`;
  const headers = { "x-api-key": "ana", "content-type": "application/json" };
  const body = JSON.stringify({ thread_id: threadId });
  await fetch(`${server.url}/threads`, { method: "POST", headers, body });
  const followed = await fetch(`${path}/stream`, { headers });
  expect(followed.status).toBe(200);
  await fetch(path, { method: "DELETE", headers });
  await sendCommand(server.url, threadId, { method: "run.start", params: { assistant_id: "ask", input } });
  const said = await followed.text();
  expect(said.split("\n").filter((line) => line.startsWith("event: "))).toEqual([]);
});

test("a thread's classic stream ends when its reader may not read it any more", async () => {
  await using directory = await temporaryDirectory();
  let isAllowed = true;
  await using server = await serve({
    graphs: { ask: createAskGraph() },
    directory: directory.path,
    authenticate: (incoming) => ({ id: incoming.headers.get("x-api-key") ?? "ben", owner: null }),
    authorize: ({ id }) => id === "ben" || isAllowed,
  });
  const threadId = crypto.randomUUID();
  const params = { assistant_id: "ask", input };
  await sendCommand(server.url, threadId, { method: "run.start", params });
  await waitForStatus(server.url, threadId, "interrupted");
  const followed = await fetch(`${server.url}/threads/${threadId}/stream`, {
    headers: { "x-api-key": "ana" },
  });
  expect(followed.status).toBe(200);
  isAllowed = false;
  await sendCommand(server.url, threadId, {
    method: "run.start",
    params: { ...params, multitask_strategy: "interrupt" },
  });
  expect(await followed.text()).not.toContain("event: ");
});

test("authorize decides about every action; a thread that may not be read is not there", async () => {
  await using directory = await temporaryDirectory();
  const allowed = new Set<Action>(["threads.create", "runs.create", "threads.read"]);
  const asked: string[] = [];
  await using server = await serve({
    graphs: { ask: createAskGraph() },
    directory: directory.path,
    authenticate: () => ({ id: "ana", roles: ["reader"] }),
    authorize(identity, action, thread) {
      asked.push(`${identity.id} ${action} ${thread === undefined ? "" : "thread"}`.trim());
      return allowed.has(action);
    },
  });
  const { url } = server;
  const threadId = crypto.randomUUID();
  await sendCommand(url, threadId, { method: "run.start", params: { assistant_id: "ask", input } });
  const [question] = openInterrupts(await waitForStatus(url, threadId, "interrupted"));
  const post = (path: string, body: object = {}, method = "POST") =>
    fetch(`${url}${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(method === "DELETE" ? {} : { body: JSON.stringify(body) }),
    });
  const before = await observe(url, threadId);
  const [run] = before.runs as { run_id: string }[];
  const params = { interrupt_id: question?.id, response: { send: true } };
  expect(await sendCommand(url, threadId, { method: "input.respond", params })).toMatchObject({
    error: "permission_denied",
    meta: { action: "interrupts.answer" },
  });
  const refused = [
    await post(`/threads/${threadId}`, { metadata: {} }, "PATCH"),
    await post(`/threads/${threadId}`, {}, "DELETE"),
    await post("/threads/prune", { thread_ids: [threadId], strategy: "delete" }),
    await post(`/threads/${threadId}/runs/${run?.run_id}/cancel`),
    await post(`/threads/${threadId}/interrupts/${question?.id}/cancel`),
  ];
  expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
  expect(await observe(url, threadId)).toEqual(before);
  expect(asked).toContain("ana threads.create");
  expect(asked).toContain("ana interrupts.answer thread");

  allowed.clear();
  expect((await fetch(`${url}/threads/${threadId}`)).status).toBe(404);
  expect((await post("/threads")).status).toBe(403);
  expect(await (await post("/threads/search")).json()).toEqual([]);
  expect(await (await post("/interrupts/search")).json()).toMatchObject({ interrupts: [] });
  const started = await sendCommand(url, crypto.randomUUID(), {
    method: "run.start",
    params: { assistant_id: "ask", input },
  });
  expect(started).toMatchObject({ error: "permission_denied" });
});
