import { MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { createPlanAgent } from "../../src/agent/index.ts";
import { effect } from "../../src/effects/index.ts";
import { byApiKey, serveAt, storeKinds, temporaryPlace } from "../support/both-stores.ts";
import { openInterrupts, sendCommand, waitForStatus } from "../support/command.ts";
import { createTools, type Received, scriptedPlanner, step } from "../support/plan-agent.ts";

const input = { messages: [{ role: "user", content: "Do it" }] };
const ana = { "x-api-key": "ana" };

interface WireEffect {
  key: string;
  status: string;
  started_at: string;
  finished_at: string | null;
  about: Record<string, unknown>;
  result?: unknown;
}

async function get<T = WireEffect>(url: string, headers: Record<string, string> = ana) {
  const response = await fetch(url, { headers });
  const body = (await response.json()) as T;
  return { status: response.status, next: response.headers.get("x-pagination-next"), body };
}

/** Longer than what the state keeps of a step's output; it begins with the key of a service. */
const long = `key-4711 ${"x".repeat(50_000)} end`;

function createAgent(received: Received[] = []) {
  const plan = [step("one", "look"), step("two", "note", { after: ["one"] }), step("three", "burn")];
  const behave = ({ tool, text }: Received) => {
    if (text === "three") throw new Error("It would not burn.");
    return tool === "look" ? long : undefined;
  };
  return createPlanAgent({
    model: scriptedPlanner([plan]),
    tools: createTools(received, { behave }),
    onFailure: "skip",
  });
}

/** Runs the plan; returns its digest. */
async function runPlan(url: string, threadId: string): Promise<string> {
  const params = { assistant_id: "agent", input };
  await sendCommand(url, threadId, { method: "run.start", params, headers: ana });
  const read = (status: string) =>
    expect
      .poll(async () => (await get<{ status: string }>(`${url}/threads/${threadId}`)).body.status)
      .toBe(status);
  await read("interrupted");
  const { body } = await get<never>(`${url}/threads/${threadId}`);
  const [question] = openInterrupts(body);
  const { digest } = (question as unknown as { value: { plan: { digest: string } } }).value.plan;
  const answer = { interrupt_id: question?.id, response: { type: "approve", digest } };
  await sendCommand(url, threadId, { method: "input.respond", params: answer, headers: ana });
  await read("idle");
  return digest;
}

test.each(storeKinds)(
  "%s: what a step put out is whole in the record of effects, by digest, step and try; the state has its beginning",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    await using server = await serveAt(place, { graphs: { agent: createAgent() }, authenticate: byApiKey });
    const threadId = crypto.randomUUID();
    const path = `${server.url}/threads/${threadId}`;
    const digest = await runPlan(server.url, threadId);
    const { body: state } = await get<{ values: { steps: Record<string, { output: string }> } }>(
      `${path}/state`,
    );
    expect(state.values.steps.one?.output).toBe(long.slice(0, 32_000));

    const one = await get(`${path}/effects/${encodeURIComponent(`${digest}/one/1`)}`);
    expect(one).toMatchObject({ status: 200 });
    expect(one.body).toEqual({
      key: `${digest}/one/1`,
      status: "finished",
      started_at: expect.stringMatching(/Z$/),
      finished_at: expect.stringMatching(/Z$/),
      about: { title: "Step one", tool: "look", args: { text: "one" }, risk: "read" },
      result: long,
    });
    const failed = await get(`${path}/effects/${encodeURIComponent(`${digest}/three/1`)}`);
    expect(failed.body).toMatchObject({ status: "failed", result: "Error: It would not burn." });

    const { body: all } = await get<{ effects: WireEffect[] }>(`${path}/effects`);
    expect(all.effects.map(({ key }) => key).sort()).toEqual(
      ["one", "three", "two"].map((id) => `${digest}/${id}/1`),
    );
    const { result, ...listed } = one.body;
    expect(all.effects).toContainEqual(listed);
    const page = await get<{ effects: WireEffect[] }>(`${path}/effects?limit=2`);
    expect([page.next, page.body.effects]).toEqual(["2", all.effects.slice(0, 2)]);
    const last = await get<{ effects: WireEffect[] }>(`${path}/effects?limit=2&offset=2`);
    expect([last.next, last.body.effects]).toEqual([null, all.effects.slice(2)]);

    expect(await get(`${path}/effects/${encodeURIComponent(`${digest}/one/2`)}`)).toMatchObject({
      status: 404,
      body: { error: "not_found", message: expect.stringContaining("List them with") },
    });
    expect((await get(`${path}/effects?limit=0`)).status).toBe(400);
    for (const of of ["effects", `effects/${encodeURIComponent(`${digest}/one/1`)}`]) {
      const foreign = await get(`${path}/${of}`, { "x-api-key": "ben" });
      expect(foreign).toMatchObject({ status: 404, body: { error: "no_such_thread" } });
    }
  },
);

test("a key of any characters finds its effect", async () => {
  const keys = ["a/b c", "100%", "%2F", "?x=1#y", "größe|ns:1/2", "a+b", "\u{1f600}"];
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("act", async (_state, config) => {
      for (const key of keys) await effect(config, { key, scope: "thread" }, async () => ({ did: key }));
      return {};
    })
    .addEdge(START, "act");
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, { graphs: { graph } });
  const threadId = crypto.randomUUID();
  await sendCommand(server.url, threadId, { method: "run.start", params: { assistant_id: "graph", input } });
  await waitForStatus(server.url, threadId, "idle");
  for (const key of keys) {
    const found = await get(`${server.url}/threads/${threadId}/effects/${encodeURIComponent(key)}`);
    expect(found.body).toMatchObject({ key, result: { did: key } });
  }
});

test("what must not be shown is not in effects either", async () => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, {
    graphs: { agent: createAgent() },
    authenticate: byApiKey,
    redact: [{ pattern: /key-\d+/g }, { pattern: /Step one/g, replacement: "[title]" }],
  });
  const threadId = crypto.randomUUID();
  const digest = await runPlan(server.url, threadId);
  const path = `${server.url}/threads/${threadId}/effects`;
  const { body } = await get(`${path}/${encodeURIComponent(`${digest}/one/1`)}`);
  expect(body).toMatchObject({ result: long.replace("key-4711", "[redacted]"), about: { title: "[title]" } });
  expect(JSON.stringify((await get(path)).body)).not.toContain("Step one");
});
