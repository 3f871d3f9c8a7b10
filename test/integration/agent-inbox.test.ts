import { Client } from "@langchain/langgraph-sdk";
import { expect, test } from "vitest";
import { createApprovalAgent, letter, type Ran } from "../support/approval-agent.ts";
import {
  getJson,
  openEvents,
  openInterrupts,
  readEvents,
  sendCommand,
  waitForStatus,
} from "../support/command.ts";
import { createAskGraph } from "../support/graphs.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

/** The calls of Agent Inbox and Agent Chat UI, in their order (reference/protocol.md B6 and B7). */

const input = { messages: [{ role: "user", content: "write to Bob" }] };

async function setUp(directory: string) {
  const ran: Ran[] = [];
  const server = await serve({
    graphs: { agent: createApprovalAgent({ ran }), ask: createAskGraph() },
    directory,
  });
  const client = new Client({ apiUrl: server.url, apiKey: null, callerOptions: { maxRetries: 0 } });
  return { ran, server, client, [Symbol.asyncDispose]: server.stop };
}

/** A thread of the agent that waits, started by the thread protocol. */
async function waiting(url: string, assistantId = "agent"): Promise<string> {
  const threadId = crypto.randomUUID();
  await sendCommand(url, threadId, { method: "run.start", params: { assistant_id: assistantId, input } });
  await waitForStatus(url, threadId, "interrupted");
  return threadId;
}

/** What Agent Inbox makes of an approval request (`normalizeInterrupt` of its contexts/utils.ts). */
function asAgentInboxReads(value: Record<string, unknown>) {
  const [request] = value.action_requests as { name: string; arguments: object; description: string }[];
  const [config] = value.review_configs as { allowed_decisions: string[] }[];
  return {
    action_request: { action: request?.name, args: request?.arguments },
    allowed: config?.allowed_decisions,
    description: request?.description,
  };
}

test("Agent Inbox finds what waits, accepts it, and sees nodes and end in the events", async () => {
  await using directory = await temporaryDirectory();
  await using at = await setUp(directory.path);
  const { client, server, ran } = at;
  const threadId = await waiting(server.url);
  await waiting(server.url, "ask");
  expect((await fetch(`${server.url}/info`)).ok).toBe(true);
  const found = await client.threads.search({
    status: "interrupted",
    metadata: { graph_id: "agent" },
    limit: 10,
    offset: 0,
  });
  expect(found.map(({ thread_id }) => thread_id)).toEqual([threadId]);
  const [[first]] = Object.values(found[0]?.interrupts ?? {}) as unknown as [
    [{ value: Record<string, unknown> }],
  ];
  expect(asAgentInboxReads(first.value)).toMatchObject({
    action_request: { action: "send_email", args: letter },
    allowed: ["approve", "edit", "reject"],
    description: expect.stringContaining("requires approval"),
  });
  // A tab of the thread protocol is open on the same thread.
  await using tab = openEvents(server.url, threadId, { channels: ["input", "lifecycle"] });
  const nodes: string[] = [];
  const resume = [{ type: "accept", args: { action: "send_email", args: letter } }];
  for await (const chunk of client.runs.stream(threadId, "agent", {
    command: { resume },
    streamMode: "events",
  })) {
    const data = chunk.data as { event?: string; metadata?: { langgraph_node?: string } } | undefined;
    expect(chunk.event).not.toBe("error");
    if (data?.event === "on_chain_start" && data.metadata?.langgraph_node)
      nodes.push(data.metadata.langgraph_node);
  }
  expect(nodes).toContain("tools");
  expect(ran).toEqual([{ name: "send_email", args: letter }]);
  expect(await client.threads.get(threadId)).toMatchObject({ status: "idle", interrupts: {} });
  const seen: string[] = [];
  for await (const { method, params } of tab.events) {
    if (method === "lifecycle" && params.namespace.length > 0) continue;
    seen.push(method === "lifecycle" ? String(params.data.event) : method);
    if (params.data.event === "completed") break;
  }
  expect(seen).toEqual([
    "running",
    "input.requested",
    "interrupted",
    ...["input.answered", "running", "completed"],
  ]);
});

test("Agent Inbox ignores a request in the background, and resolves a thread by writing its end", async () => {
  await using directory = await temporaryDirectory();
  await using at = await setUp(directory.path);
  const { client, server, ran } = at;
  const ignored = await waiting(server.url);
  const run = await client.runs.create(ignored, "agent", {
    command: { resume: [{ type: "ignore", args: null }] },
  });
  expect(run.run_id).toEqual(expect.any(String));
  const done = await waitForStatus(server.url, ignored, "idle");
  expect(JSON.stringify(done.values)).toContain("User rejected the tool call");

  const resolved = await waiting(server.url);
  await client.threads.updateState(resolved, { values: null, asNode: "__end__" });
  expect(await client.threads.get(resolved)).toMatchObject({ status: "idle", interrupts: {} });
  expect(await getJson(`${server.url}/threads/${resolved}/state`)).toMatchObject({ next: [] });
  const answered = await readEvents(server.url, resolved, { channels: ["input"] });
  expect(answered.at(-1)?.params.data).toMatchObject({ status: "cancelled" });
  expect(await client.threads.search({ status: "interrupted" })).toEqual([]);
  expect(ran).toEqual([]);
});

test("Agent Chat UI lists its threads, shows the card, and sends decisions or goes to the end", async () => {
  await using directory = await temporaryDirectory();
  await using at = await setUp(directory.path);
  const { client, server, ran } = at;
  const threadId = await waiting(server.url);
  const [listed] = await client.threads.search({ metadata: { graph_id: "agent" }, limit: 100 });
  const assistantId = String(listed?.metadata?.assistant_id);
  expect(await client.threads.search({ metadata: { assistant_id: assistantId }, limit: 100 })).toHaveLength(
    1,
  );
  const [state] = await client.threads.getHistory(threadId, { limit: 10 });
  const value = state?.tasks.at(-1)?.interrupts[0]?.value as Record<string, Record<string, unknown>[]>;
  // Its `isAgentInboxInterruptSchema` asks for just this.
  for (const request of value.action_requests ?? [])
    expect(request).toMatchObject({ name: "send_email", args: letter });
  for (const config of value.review_configs ?? [])
    expect(config).toMatchObject({ action_name: "send_email", allowed_decisions: expect.any(Array) });
  expect([value.action_requests?.length, value.review_configs?.length]).toEqual([1, 1]);
  const edited_action = { name: "send_email", args: { ...letter, body: "Dear Bob" } };
  await client.runs.wait(threadId, "agent", {
    command: { resume: { decisions: [{ type: "edit", edited_action }] } },
  });
  expect(ran).toEqual([edited_action]);

  const other = await waiting(server.url);
  await client.runs.wait(other, "agent", { command: { goto: "__end__" } });
  expect(openInterrupts(await waitForStatus(server.url, other, "idle"))).toEqual([]);
  expect(ran).toHaveLength(1);
});
