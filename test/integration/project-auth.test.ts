import { Client } from "@langchain/langgraph-sdk";
import { expect, test } from "vitest";
import { createProject } from "../support/project.ts";

const input = { messages: [{ role: "user", content: "a letter, please" }] };

const auth = `
  import { Auth, HTTPException } from "@langchain/langgraph-sdk/auth";
  const teams: Record<string, string> = { ana: "red", ben: "red", cleo: "blue" };
  export const auth = new Auth()
    .authenticate(async (request: Request) => {
      const identity = request.headers.get("x-api-key") ?? "";
      if (identity === "mallory") throw new HTTPException(403, { message: "Not you." });
      if (!(identity in teams)) throw new HTTPException(401, { message: "Who are you?" });
      return { identity, permissions: ["letters"], team: teams[identity] };
    })
    .on(["threads:create", "threads:create_run"], ({ value, user }) => {
      value.metadata ??= {};
      value.metadata.team = user.team;
      value.metadata.tags = [user.team];
      return { team: user.team };
    })
    .on("assistants:create", ({ user }) => user.identity === "ana")
    .on("assistants:search", ({ user }) => ({ owner: user.identity }))
    .on("store", ({ value, user }) => value.namespace?.[0] === user.identity)
    .on("threads:delete", ({ user }) => user.identity === "ana")
    .on("threads:search", ({ user }) => ({ tags: { $contains: user.team } }))
    .on("threads", ({ user }) => ({ team: { $eq: user.team } }));`;

const app = `
  import { Hono } from "hono";
  export const app = new Hono()
    .get("/own/hello", (c) => c.text("hello"))
    .get("/ok", (c) => c.json({ ok: "our own" }));`;

const graphs = { letters: "./letters.ts:graph" };

const clientOf = (url: string, apiKey: string) =>
  new Client({ apiUrl: url, apiKey, callerOptions: { maxRetries: 0 } });

test("the SDK's Auth decides who comes in, and its filters who sees which thread", async () => {
  const files = {
    "langgraph.json": { graphs, env: ".env", auth: { path: "./auth.ts:auth" } },
    "auth.ts": auth,
  };
  await using project = await createProject({ example: "langgraph-json", files });
  await using server = await project.start("serve");
  const [ana, ben, cleo] = ["ana", "ben", "cleo"].map((name) => clientOf(server.url, name)) as [
    Client,
    Client,
    Client,
  ];
  await expect(clientOf(server.url, "nobody").threads.search()).rejects.toThrow(/401.*Who are you\?/s);
  await expect(clientOf(server.url, "mallory").threads.search()).rejects.toThrow(/403.*Not you\./s);

  // What the client claims to be is overwritten by the handler.
  const made = await ana.threads.create({ metadata: { team: "blue", title: "One" } });
  expect(made.metadata).toEqual({ team: "red", tags: ["red"], title: "One" });
  const { thread_id: threadId } = made;
  expect((await ben.threads.get(threadId)).thread_id).toBe(threadId);
  await expect(cleo.threads.get(threadId)).rejects.toThrow(/404/);
  await expect(cleo.runs.wait(threadId, "letters", { input })).rejects.toThrow(/404/);

  const idsOf = async (client: Client, metadata: Record<string, string> = {}) =>
    (await client.threads.search({ metadata })).map((thread) => thread.thread_id);
  const { thread_id: other } = await cleo.threads.create();
  expect(await idsOf(ana)).toEqual([threadId]);
  expect(await idsOf(cleo)).toEqual([other]);
  expect(await idsOf(cleo, { team: "red" })).toEqual([]);

  // Asked by one, answered by another of the team; a run may make its thread, which is the team's too.
  await ana.runs.wait(threadId, "letters", { input });
  const values = await ben.runs.wait(threadId, "letters", { command: { resume: { send: true } } });
  expect(JSON.stringify(values)).toContain("Sent, from Ana.");
  const own = crypto.randomUUID();
  await ben.runs.wait(own, "letters", { input, ifNotExists: "create" });
  expect((await ana.threads.get(own)).metadata).toMatchObject({ team: "red" });
  await expect(cleo.threads.get(own)).rejects.toThrow(/404/);
  const stateless = await cleo.runs.wait(null, "letters", { input });
  expect(stateless).toMatchObject({ __interrupt__: [expect.anything()] });

  await ana.store.putItem(["ana", "notes"], "one", { text: "mine" });
  expect((await ana.store.getItem(["ana", "notes"], "one"))?.value).toEqual({ text: "mine" });
  await expect(ben.store.getItem(["ana", "notes"], "one")).rejects.toThrow(/403/);
  await expect(ben.store.searchItems([])).rejects.toThrow(/403/);

  // Filters cannot be kept for anything but threads: refused, and it says why.
  await expect(ana.assistants.search()).rejects.toThrow(/403.*assistants:search returned filters/s);
  await expect(ben.assistants.create({ graphId: "letters" })).rejects.toThrow(/403/);
  expect(await ana.assistants.create({ graphId: "letters" })).toMatchObject({ graph_id: "letters" });

  await expect(ben.threads.delete(threadId)).rejects.toThrow(/403/);
  await ana.threads.delete(threadId);
  await expect(ana.threads.get(threadId)).rejects.toThrow(/404/);
});

const withFilters = `
  import { Auth } from "@langchain/langgraph-sdk/auth";
  export const auth = new Auth()
    .authenticate((request: Request) => request.headers.get("x-api-key") ?? "")
    .on("threads:read", () => ({ owner: { $like: "a%" } }) as never);`;

test("a filter that is not understood lets nothing through", async () => {
  const files = {
    "langgraph.json": { graphs, auth: { path: "./auth.ts:auth" } },
    "auth.ts": withFilters,
  };
  await using project = await createProject({ example: "langgraph-json", files });
  await using server = await project.start("serve");
  const { thread_id: threadId } = await clientOf(server.url, "ana").threads.create();
  await expect(clientOf(server.url, "ana").threads.get(threadId)).rejects.toThrow(/500.*error id/s);
  expect(server.output()).toContain('The auth handler for threads:read returned {\\"owner\\":{\\"$like\\"');
});

test("an app of the project is served beside, and its routes come first", async () => {
  const files = { "langgraph.json": { graphs, http: { app: "./app.ts:app" } }, "app.ts": app };
  await using project = await createProject({ example: "langgraph-json", files });
  await using server = await project.start("serve");
  const own = (path: string, headers = {}) => fetch(`${server.url}${path}`, { headers });
  expect(await (await own("/own/hello")).text()).toBe("hello");
  expect(await (await own("/ok")).json()).toEqual({ ok: "our own" });
  expect(await (await own("/info")).json()).toMatchObject({ graphs: ["letters"] });
  // Without a login nobody's page but the server's own may call these either.
  const foreign = await own("/own/hello", { origin: "https://elsewhere.example.com" });
  expect(foreign.status).toBe(403);
});

test("routes of an app ask for a login where the project says so", async () => {
  const http = { app: "./app.ts:app", enable_custom_route_auth: true };
  const config = { graphs, auth: { path: "./auth.ts:auth" }, http };
  const files = { "langgraph.json": config, "auth.ts": auth, "app.ts": app };
  await using project = await createProject({ example: "langgraph-json", files });
  await using server = await project.start("serve");
  const statusFor = async (name: string) =>
    (await fetch(`${server.url}/own/hello`, { headers: { "x-api-key": name } })).status;
  expect(await statusFor("nobody")).toBe(401);
  expect(await statusFor("ana")).toBe(200);
});
