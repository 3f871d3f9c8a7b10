import type { RunnableConfig } from "@langchain/core/runnables";
import { Annotation, interrupt, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { clientOf, serveAt, storeKinds, temporaryPlace } from "../support/both-stores.ts";
import { sendCommand, waitForStatus } from "../support/command.ts";

const State = Annotation.Root({
  seen: Annotation<Record<string, unknown>[]>({
    reducer: (before, after) => [...before, ...after],
    default: () => [],
  }),
});

/** Writes down who asks, before and after a question. */
const look = ({ configurable = {} }: RunnableConfig) => ({
  seen: [
    Object.fromEntries(
      ["langgraph_auth_user", "langgraph_auth_user_id", "langgraph_auth_permissions", "tone"]
        .filter((key) => configurable[key] !== undefined)
        .map((key) => [key, configurable[key]]),
    ),
  ],
});

const graphs = {
  who: new StateGraph(State)
    .addNode("before", (_state, config) => look(config))
    .addNode("ask", () => {
      interrupt("Go on?");
      return {};
    })
    .addNode("after", (_state, config) => look(config))
    .addEdge(START, "before")
    .addEdge("before", "ask")
    .addEdge("ask", "after"),
};

const secrets = { ana: "ana's key", ben: "ben's key" };

const authenticate = (request: Request) => {
  const id = request.headers.get("x-api-key") as "ana" | "ben";
  const user = { token: secrets[id], team: { id: 7 }, identity: "somebody", later: () => {} };
  return { id, roles: ["letters"], owner: null, user };
};

const told = (id: "ana" | "ben") => ({
  langgraph_auth_user: {
    display_name: id,
    is_authenticated: true,
    token: secrets[id],
    team: { id: 7 },
    identity: id,
    permissions: ["letters"],
  },
  langgraph_auth_user_id: id,
  langgraph_auth_permissions: ["letters"],
  tone: "dry",
});

/** What a client that wants to be somebody else sends. */
const forged = {
  configurable: {
    tone: "dry",
    langgraph_auth_user: { identity: "root", permissions: ["all"] },
    langgraph_auth_user_id: "root",
    langgraph_auth_permissions: ["all"],
  },
};

test.each(storeKinds)(
  "%s: nodes are told who asks, by either protocol, also after a restart",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    const config = { configurable: { tone: "dry" } };
    const classic = crypto.randomUUID();
    const protocol = crypto.randomUUID();
    await (async () => {
      await using server = await serveAt(place, { graphs, authenticate });
      const ana = clientOf(server.url, { user: "ana" });
      await ana.runs.wait(classic, "who", { input: {}, config: forged, ifNotExists: "create" });
      await sendCommand(server.url, protocol, {
        method: "run.start",
        params: { assistant_id: "who", input: {}, config: forged },
        headers: { "x-api-key": "ana" },
      });
      await expect.poll(async () => (await ana.threads.get(protocol)).status).toBe("interrupted");
    })();
    await using server = await serveAt(place, { graphs, authenticate });
    const ben = clientOf(server.url, { user: "ben" });
    const command = { resume: "yes" };
    const values = await ben.runs.wait(classic, "who", { command, config: forged });
    expect(values).toEqual({ seen: [told("ana"), told("ben")] });
    const [question] = Object.values((await ben.threads.get(protocol)).interrupts).flat();
    await sendCommand(server.url, protocol, {
      method: "input.respond",
      params: { interrupt_id: question?.id, response: "yes", config: forged },
      headers: { "x-api-key": "ben" },
    });
    await expect.poll(async () => (await ben.threads.get(protocol)).status).toBe("idle");
    expect((await ben.threads.getState(protocol)).values).toEqual({ seen: [told("ana"), told("ben")] });

    // What only nodes may know is nowhere else, and what was forged is gone.
    const runs = [...(await ben.runs.list(classic)), ...(await ben.runs.list(protocol))];
    const threads = await ben.threads.search({ select: ["thread_id", "config", "metadata"] });
    const shown = JSON.stringify([runs, threads]);
    expect(shown).toContain(JSON.stringify(config));
    expect(shown).not.toMatch(/key|root/);
  },
);

test("where nobody logs in, nodes are told of nobody", async () => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, { graphs });
  const client = clientOf(server.url);
  const { thread_id: threadId } = await client.threads.create();
  await client.runs.create(threadId, "who", { input: {}, config: forged });
  await waitForStatus(server.url, threadId, "interrupted");
  expect((await client.threads.getState(threadId)).values).toEqual({ seen: [{ tone: "dry" }] });
});

test("an assistant cannot say who asks, and a cron's runs are those of who made it", async () => {
  await using place = await temporaryPlace("sqlite");
  let now = Date.parse("2026-07-01T08:30:00Z");
  await using server = await serveAt(place, { graphs, authenticate, now: () => now });
  const ana = clientOf(server.url, { user: "ana" });
  const assistant = await ana.assistants.create({ graphId: "who", config: forged });
  const cron = await ana.crons.create(assistant.assistant_id, {
    schedule: "@hourly",
    input: {},
    config: forged,
  });
  expect(JSON.stringify(await ana.crons.search())).not.toMatch(/ana's key/);
  now += 3_600_000;
  const made = () => ana.threads.search({ metadata: { cron_id: cron.cron_id }, status: "interrupted" });
  await expect.poll(async () => (await made()).length, { timeout: 10_000 }).toBe(1);
  expect((await made())[0]?.values).toEqual({ seen: [told("ana")] });
});
