import { join } from "node:path";
import { Client } from "@langchain/langgraph-sdk";
import { expect, test } from "vitest";
import { readProjectConfig } from "../../src/cli/project-config.ts";
import { createProject } from "../support/project.ts";

const graphs = { letters: "./letters.ts:graph" };
const input = { messages: [{ role: "user", content: "a letter, please" }] };

const app = `
  import { Hono } from "hono";
  export const app = new Hono().get("/own/hello", (c) => c.text("hello"));`;

const auth = `
  import { Auth } from "@langchain/langgraph-sdk/auth";
  const teams: Record<string, string> = { ana: "red", ben: "red", cleo: "blue" };
  export const auth = new Auth()
    .authenticate((request: Request) => {
      const identity = request.headers.get("x-api-key") ?? "";
      return { identity, permissions: ["letters"], team: teams[identity] };
    })
    .on("crons:create", ({ value, user }) => {
      if (user.identity === "ben") return false;
      value.metadata = { ...value.metadata, team: user.team };
      return { team: user.team };
    })
    .on("crons:delete", ({ user }) => user.identity === "ana")
    .on("*", ({ value, user }) => {
      if (value.metadata) value.metadata.team = user.team;
      return { team: user.team };
    });`;

const clientOf = (apiUrl: string, apiKey: string | null = null) =>
  new Client({ apiUrl, apiKey, callerOptions: { maxRetries: 0 } });

test("http.cors says which pages may call, and how, on routes of the project's app as on the server's", async () => {
  const cors = {
    allow_origins: ["https://app.example.com"],
    allow_origin_regex: "https://.*\\.preview\\.example\\.com",
    allow_methods: ["GET"],
    allow_headers: ["x-own"],
    allow_credentials: false,
    expose_headers: ["x-trace"],
    max_age: 60,
  };
  const files = { "langgraph.json": { graphs, http: { app: "./app.ts:app", cors } }, "app.ts": app };
  await using project = await createProject({ example: "langgraph-json", files });
  await using server = await project.start("serve");
  expect(server.output()).not.toContain("ignored");
  for (const path of ["/own/hello", "/ok"]) {
    const get = (origin: string) => fetch(`${server.url}${path}`, { headers: { origin } });
    for (const origin of ["https://app.example.com", "https://one.preview.example.com"]) {
      const { status, headers } = await get(origin);
      expect(status, path).toBe(200);
      expect(headers.get("access-control-allow-origin")).toBe(origin);
      expect(headers.get("access-control-expose-headers")).toContain("x-trace");
      expect(headers.get("access-control-allow-credentials")).toBeNull();
    }
    expect((await get("https://elsewhere.example.net")).status, path).toBe(403);
    const asked = await fetch(`${server.url}${path}`, {
      method: "OPTIONS",
      headers: { origin: "https://app.example.com", "access-control-request-method": "GET" },
    });
    expect(asked.headers.get("access-control-allow-methods")).toBe("GET");
    expect(asked.headers.get("access-control-allow-headers")).toContain("x-own");
    expect(asked.headers.get("access-control-max-age")).toBe("60");
  }
});

test("all pages are let in only where the project asks who calls", async () => {
  const http = { cors: { allow_origins: ["*"] } };
  const foreign = { headers: { origin: "https://elsewhere.example.net", "x-api-key": "ana" } };
  for (const [more, status] of [
    [{}, 403],
    [{ auth: { path: "./auth.ts:auth" } }, 200],
  ] as const) {
    const files = { "langgraph.json": { graphs, http, ...more }, "auth.ts": auth };
    await using project = await createProject({ example: "langgraph-json", files });
    await using server = await project.start("serve");
    expect((await fetch(`${server.url}/ok`, foreign)).status).toBe(status);
    expect(server.output().includes('not taken: "*"')).toBe(status === 403);
  }
});

test("http.disable_* takes routes away", async () => {
  const http = { disable_store: true, disable_meta: true, disable_webhooks: true, disable_mcp: true };
  const files = { "langgraph.json": { graphs, http } };
  await using project = await createProject({ example: "langgraph-json", files });
  await using server = await project.start("serve");
  const client = clientOf(server.url);
  await expect(client.store.searchItems(["a"])).rejects.toThrow(/404/);
  expect((await fetch(`${server.url}/info`)).status).toBe(404);
  const webhook = "https://example.com/hook";
  await expect(client.runs.wait(null, "letters", { input, webhook })).rejects.toThrow(/400.*webhook/s);
  expect(await client.runs.wait(null, "letters", { input })).toHaveProperty("__interrupt__");
  expect(server.output()).toContain("ignored in langgraph.json: http.disable_mcp");
});

test("a pattern of origins that is none is named, and nothing is served", async () => {
  const http = { cors: { allow_origin_regex: "https://(" } };
  const files = { "langgraph.json": { graphs, http } };
  await using project = await createProject({ example: "langgraph-json", files });
  expect(() => readProjectConfig(join(project.path, "langgraph.json"), {})).toThrow(
    /http\.cors\.allow_origin_regex.*no regular expression/,
  );
});

test("the SDK's Auth decides about crons, and its filters who sees which", async () => {
  const files = { "langgraph.json": { graphs, auth: { path: "./auth.ts:auth" } }, "auth.ts": auth };
  await using project = await createProject({ example: "langgraph-json", files });
  await using server = await project.start("serve");
  const [ana, ben, cleo] = ["ana", "ben", "cleo"].map((name) => clientOf(server.url, name)) as [
    Client,
    Client,
    Client,
  ];
  const terms = { schedule: "@daily", input, metadata: { team: "blue", title: "One" } };
  await expect(ben.crons.create("letters", terms)).rejects.toThrow(/403/);
  const cron = await ana.crons.create("letters", terms);
  expect(cron).toMatchObject({ user_id: "ana", metadata: { team: "red", title: "One" } });
  const { thread_id: threadId } = await cleo.threads.create();
  const other = await cleo.crons.createForThread(threadId, "letters", terms);
  await expect(ana.crons.createForThread(threadId, "letters", terms)).rejects.toThrow(/404/);

  const idsOf = async (client: Client) => (await client.crons.search()).map(({ cron_id }) => cron_id);
  expect([await idsOf(ana), await idsOf(ben), await idsOf(cleo)]).toEqual([
    [cron.cron_id],
    [cron.cron_id],
    [other.cron_id],
  ]);
  expect(await ben.crons.count()).toBe(1);
  await ben.crons.update(cron.cron_id, { enabled: false });
  expect((await ana.crons.search())[0]?.enabled).toBe(false);
  await expect(cleo.crons.update(cron.cron_id, { enabled: true })).rejects.toThrow(/404/);
  await expect(cleo.crons.delete(cron.cron_id)).rejects.toThrow(/404/);
  await expect(ben.crons.delete(cron.cron_id)).rejects.toThrow(/403/);
  await ana.crons.delete(cron.cron_id);
  expect(await ana.crons.count()).toBe(0);
});
