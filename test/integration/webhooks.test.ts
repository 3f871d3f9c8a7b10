import { createHmac } from "node:crypto";
import { START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { z } from "zod";
import { startCore } from "../../src/core/core.ts";
import { refuseUrl } from "../../src/core/guarded-post.ts";
import { toWebhookBody } from "../../src/core/webhook-body.ts";
import { sqlite } from "../../src/sqlite/index.ts";
import { createApprovalAgent } from "../support/approval-agent.ts";
import { clientOf, serveAt, storeKinds, temporaryPlace } from "../support/both-stores.ts";
import { waitForStatus } from "../support/command.ts";
import { createAskGraph } from "../support/graphs.ts";
import { openHookServer } from "../support/hook-server.ts";

const input = { messages: [{ role: "user", content: "hello" }] };

const graphs = {
  ask: createAskGraph(),
  sum: new StateGraph(z.object({ a: z.number(), b: z.number().default(0) }))
    .addNode("add", ({ a }) => {
      if (a < 0) throw new RangeError("too small");
      return { b: a + 1 };
    })
    .addEdge(START, "add"),
};

const secret = "a secret";
const webhooks = { secret, allowHosts: ["127.0.0.1"] };

test.each(storeKinds)(
  "%s: the end of a run is told once, signed, with the run and its values",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    await using hook = await openHookServer();
    await using server = await serveAt(place, { graphs, webhooks });
    const client = clientOf(server.url);
    const { thread_id: threadId } = await client.threads.create();
    const run = await client.runs.create(threadId, "sum", { input: { a: 1 }, webhook: hook.url });
    await expect.poll(() => hook.calls.length, { timeout: 10_000, interval: 10 }).toBe(1);
    const [call] = hook.calls;
    expect(call?.body).toMatchObject({
      run_id: run.run_id,
      thread_id: threadId,
      status: "success",
      event: "end",
      run_started_at: expect.any(String),
      run_ended_at: expect.any(String),
      webhook_sent_at: expect.any(String),
      values: { a: 1, b: 2 },
      interrupts: [],
    });
    const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = call?.headers ?? {};
    const signed = createHmac("sha256", secret).update(`${id}.${at}.${call?.text}`).digest("base64");
    expect(signature).toBe(`v1,${signed}`);
    expect(JSON.stringify(await client.runs.get(threadId, run.run_id))).not.toContain(hook.url);
  },
);

test("a run that fails, one that is cancelled and one without a thread tell so, too", async () => {
  await using place = await temporaryPlace("sqlite");
  await using hook = await openHookServer();
  await using server = await serveAt(place, { graphs, webhooks, report: () => {} });
  const client = clientOf(server.url);
  await client.runs.create(null as never, "sum", { input: { a: -1 }, webhook: hook.url });
  const { thread_id: threadId } = await client.threads.create();
  const later = { input: { a: 1 }, webhook: hook.url, afterSeconds: 1_000 };
  const { run_id: runId } = await client.runs.create(threadId, "sum", later);
  await client.runs.cancel(threadId, runId);
  await expect.poll(() => hook.calls.length, { timeout: 10_000, interval: 10 }).toBe(2);
  const bodies = Object.fromEntries(hook.calls.map(({ body }) => [body.status, body]));
  expect(bodies.error).toMatchObject({ error: { error: "RangeError", message: "too small" } });
  expect(bodies.interrupted).toMatchObject({ run_id: runId, run_started_at: null });
});

test.each(storeKinds)(
  "%s: a question is told when it opens, if the run or the server asks for that",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    await using hook = await openHookServer();
    const start = async (url: string, more: object): Promise<string> => {
      const client = clientOf(url);
      const { thread_id: threadId } = await client.threads.create();
      const response = await fetch(`${url}/threads/${threadId}/runs`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ assistant_id: "ask", input, webhook: hook.url, ...more }),
      });
      expect(response.status).toBe(200);
      await waitForStatus(url, threadId, "interrupted");
      return threadId;
    };
    const eventsOf = (threadId: string) =>
      hook.calls.filter(({ body }) => body.thread_id === threadId).map(({ body }) => body.event);
    const [silent, asked] = await (async () => {
      await using server = await serveAt(place, { graphs, webhooks });
      const ids = [await start(server.url, {}), await start(server.url, { webhook_on_interrupt: true })];
      await expect.poll(() => hook.calls.length, { timeout: 10_000, interval: 10 }).toBe(3);
      return ids;
    })();
    expect(eventsOf(silent ?? "")).toEqual(["end"]);
    expect(eventsOf(asked ?? "").sort()).toEqual(["end", "interrupt"]);
    const told = hook.calls.find(({ body }) => body.event === "interrupt");
    expect(told?.body).toMatchObject({ interrupts: [{ value: { question: "Send it?" } }] });
    await using server = await serveAt(place, { graphs, webhooks: { ...webhooks, onInterrupt: true } });
    const third = await start(server.url, {});
    await expect.poll(() => eventsOf(third).length, { timeout: 10_000, interval: 10 }).toBe(2);
  },
);

test("a question that was answered before it could be told is told all the same", async () => {
  const core = await startCore({ graphs, store: sqlite(":memory:") });
  const { store, states, bridge, now, commands } = core;
  const actor = { id: "ana", verified: true };
  const started = await commands.startRun({
    ...{ threadId: "t", actor, assistantId: "ask", owner: null, input, defaultStrategy: "reject" },
    createThread: { owner: null },
  });
  const status = async () => (await store.threads.find("t"))?.status;
  await expect.poll(status).toBe("interrupted");
  const [question] = await store.interrupts.listOpen(["t"]);
  const { interruptId = "" } = question ?? {};
  await commands.answer({ threadId: "t", actor, answers: [{ interruptId, value: { send: true } }] });
  await expect.poll(status).toBe("idle");
  const body = await toWebhookBody(
    { store, states, bridge, now },
    {
      ...{ number: 1, threadId: "t", runId: started.run.runId, url: "", body: null, attempt: 1 },
      cause: { type: "interrupt", interruptId },
    },
  );
  await core.stop(0);
  expect(body).toMatchObject({
    event: "interrupt",
    interrupts: [{ id: interruptId, value: { question: "Send it?" } }],
  });
});

test("a question is told as every client reads it", async () => {
  await using place = await temporaryPlace("sqlite");
  let isUp = false;
  await using hook = await openHookServer(() => (isUp ? 204 : 503));
  const agents = { agent: createApprovalAgent({ ran: [] }), plain: createApprovalAgent({ ran: [] }) };
  let now = Date.now();
  await using server = await serveAt(place, {
    graphs: agents,
    webhooks: { ...webhooks, onInterrupt: true },
    bridge: { plain: false },
    now: () => now,
  });
  const client = clientOf(server.url);
  const bodiesOf = (threadId: string) =>
    hook.calls.map(({ body }) => body).filter(({ thread_id: id }) => id === threadId);
  for (const [assistantId, keys] of [
    ["agent", ["actionRequests", "action_requests", "reviewConfigs", "review_configs"]],
    ["plain", ["actionRequests", "reviewConfigs"]],
  ] as const) {
    isUp = false;
    const { thread_id: threadId } = await client.threads.create();
    await client.runs.wait(threadId, assistantId, { input, webhook: hook.url });
    const resume = { decisions: [{ type: "reject", message: "No." }] };
    await client.runs.wait(threadId, assistantId, { command: { resume } });
    isUp = true;
    now += 60_000;
    await expect
      .poll(() => bodiesOf(threadId).filter(({ event }) => event === "interrupt").length, {
        timeout: 10_000,
        interval: 10,
      })
      .toBeGreaterThan(0);
    const told = bodiesOf(threadId).find(({ event }) => event === "interrupt");
    const [question] = (told?.interrupts ?? []) as { value: object }[];
    expect(Object.keys(question?.value ?? {}).toSorted()).toEqual(keys);
  }
});

test.each(storeKinds)("%s: a call that fails is made again, the same, also after a restart", async (kind) => {
  await using place = await temporaryPlace(kind);
  let status = 503;
  await using hook = await openHookServer(() => status);
  let now = Date.now();
  const options = { graphs, webhooks, now: () => now };
  await (async () => {
    await using server = await serveAt(place, options);
    const client = clientOf(server.url);
    await client.runs.wait(null, "sum", { input: { a: 1 }, webhook: hook.url });
    await expect.poll(() => hook.calls.length, { timeout: 10_000, interval: 10 }).toBe(1);
  })();
  now += 5_000;
  await using _server = await serveAt(place, options);
  await expect.poll(() => hook.calls.length, { timeout: 10_000, interval: 10 }).toBe(2);
  status = 200;
  now += 20_000;
  await expect.poll(() => hook.calls.length, { timeout: 10_000, interval: 10 }).toBe(3);
  expect(new Set(hook.calls.map(({ text }) => text)).size).toBe(1);
  expect(new Set(hook.calls.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  expect(new Set(hook.calls.map(({ headers }) => headers["webhook-signature"])).size).toBe(3);
});

test("addresses that are not on the open net are refused, however they are written", async () => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, { graphs });
  const client = clientOf(server.url);
  const { thread_id: threadId } = await client.threads.create();
  for (const webhook of [
    "http://127.0.0.1/x",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://[::1]:80/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:a00:1]/",
    "http://[fd00::1]/",
    "http://[fe80::1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://10.1.2.3/",
    "http://172.31.0.1/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data",
    "http://100.64.0.1/",
    "http://0.0.0.0/",
    "file:///etc/passwd",
    "ftp://example.com/",
    "no url",
  ]) {
    await expect(client.runs.create(threadId, "sum", { input: { a: 1 }, webhook }), webhook).rejects.toThrow(
      /400/,
    );
  }
  expect(await client.runs.list(threadId)).toEqual([]);
  for (const open of ["https://example.com/", "http://8.8.8.8/", "http://[2606:4700::1111]/"]) {
    expect(() => refuseUrl(new URL(open), new Set())).not.toThrow();
  }
});

test("a name that resolves to this machine, and a redirect to it, are not called, nor tried again", async () => {
  await using place = await temporaryPlace("sqlite");
  await using inside = await openHookServer();
  await using outside = await openHookServer(({ path }) =>
    path === "/hook" ? { redirect: "/next" } : { redirect: `http://localhost:${inside.port}/secret` },
  );
  const reports: { error: Error; context: Record<string, unknown> }[] = [];
  await using server = await serveAt(place, {
    graphs,
    webhooks: { allowHosts: ["127.0.0.1"] },
    report: (error, context) => reports.push({ error: error as Error, context }),
  });
  const client = clientOf(server.url);
  for (const webhook of [`http://localhost:${inside.port}/direct`, outside.url]) {
    await client.runs.wait(null, "sum", { input: { a: 1 }, webhook });
  }
  await expect.poll(() => reports.length, { timeout: 10_000, interval: 10 }).toBe(2);
  for (const { error, context } of reports) {
    expect(error.message).toMatch(/localhost is (127\.0\.0\.1|::1), which is not on the open net/);
    expect(context).toMatchObject({ during: "webhook", attempt: 1 });
  }
  expect(outside.calls.map(({ path }) => path)).toEqual(["/hook", "/next"]);
  expect(inside.calls).toEqual([]);
});
