import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Frame } from "../support/frames.ts";
import { openHookServer } from "../support/hook-server.ts";
import { input, openRows, type Row, resume } from "../support/rows.ts";

/** Runs of the classic protocol, row by row; the list is in docs/protocol.md. */

let at: Row;
beforeAll(async () => {
  at = await openRows({ webhooks: { allowHosts: ["127.0.0.1"] } });
});
afterAll(() => at[Symbol.asyncDispose]());
beforeEach(() => at.gate.open());

interface Shown {
  run_id: string;
  thread_id: string;
  status: string;
  metadata: Record<string, unknown>;
}
const start = { assistant_id: "ask", input };
const goOn = { assistant_id: "ask", command: resume };
const events = (frames: Frame[]) => frames.map(({ event }) => event);
const runsOf = async (threadId: string) => (await at.call<Shown[]>(`GET /threads/${threadId}/runs`)).body;
const ended = (threadId: string, runId: string, status: string) =>
  expect
    .poll(async () => (await at.call<Shown>(`GET /threads/${threadId}/runs/${runId}`)).body.status)
    .toBe(status);

test("1.3 Run: it has every field that clients read; one that a question ends is a success", async () => {
  const { threadId } = await at.asked();
  const [run] = await runsOf(threadId);
  expect(run).toEqual({
    run_id: expect.any(String),
    thread_id: threadId,
    assistant_id: expect.any(String),
    created_at: expect.stringMatching(/Z$/),
    updated_at: expect.stringMatching(/Z$/),
    status: "success",
    metadata: expect.any(Object),
    kwargs: expect.objectContaining({ input }),
    multitask_strategy: "enqueue",
    attempt: 1,
  });
});

test("1.3 body of a run: every field that clients send is taken, in every spelling, and what nobody knows is left out", async () => {
  const threadId = crypto.randomUUID();
  const { body: assistant } = await at.call<{ assistant_id: string }>("GET /assistants/ask");
  const body = {
    ...start,
    assistant_id: assistant.assistant_id,
    command: null,
    config: { tags: ["one"], recursion_limit: 30, configurable: { tone: "kind" } },
    context: { who: "ana" },
    metadata: { title: "One" },
    stream_mode: ["values"],
    stream_subgraphs: true,
    stream_resumable: true,
    feedback_keys: ["stars"],
    interrupt_before: ["act"],
    interrupt_after: ["nowhere"],
    checkpoint: null,
    checkpoint_id: null,
    webhook: null,
    multitask_strategy: "reject",
    on_completion: "complete",
    on_disconnect: "continue",
    after_seconds: 0,
    if_not_exists: "create",
    checkpoint_during: true,
    durability: "exit",
    strict_resume: true,
    langsmith_tracer: { project_name: "p", example_id: "e" },
    nobody_knows: { this: [1] },
  };
  const { status, body: result } = await at.call(`POST /threads/${threadId}/runs/wait`, body);
  expect([status, Object.keys(result)]).toEqual([200, ["__interrupt__"]]);
  const [run] = await runsOf(threadId);
  expect(run).toMatchObject({
    metadata: { title: "One" },
    kwargs: { config: { tags: ["one"], recursion_limit: 30, configurable: { tone: "kind" } } },
  });
  // `interrupt_before` holds for the run that has it: the answer's run stops at `act` when asked to.
  const stopped = await at.call(`POST /threads/${threadId}/runs/wait`, { ...goOn, interrupt_before: "*" });
  expect(stopped.status).toBe(200);
  expect((await at.call(`GET /threads/${threadId}/state`)).body).toMatchObject({ next: ["act"] });
  for (const on_completion of ["delete", "keep", "complete", "continue"])
    expect((await at.call("POST /runs", { ...start, on_completion })).status).toBe(200);
  expect((await at.call("POST /runs", { ...start, on_completion: "explode" })).status).toBe(400);
  // A checkpoint to go on from, by either field.
  const { body: history } = await at.call<{ next: string[]; checkpoint: { checkpoint_id: string } }[]>(
    `POST /threads/${threadId}/history`,
    { limit: 100 },
  );
  const { checkpoint } = history.find(({ next }) => next[0] === "talk") ?? {};
  for (const fork of [{ checkpoint }, { checkpoint_id: checkpoint?.checkpoint_id }]) {
    const forked = { assistant_id: "ask", ...fork, multitask_strategy: "interrupt" };
    const { body: asked } = await at.call(`POST /threads/${threadId}/runs/wait`, forked);
    expect(asked).toMatchObject({ __interrupt__: [{ value: { question: "Send it?" } }] });
  }
});

test("1.3 multitask_strategy: reject is a 422, enqueue waits, interrupt and rollback take its place", async () => {
  const { threadId, runId } = await at.held();
  await at.until(threadId, "busy");
  const messages = [{ role: "user", content: "two" }];
  const create = (multitask_strategy?: string) =>
    at.call<Shown>(`POST /threads/${threadId}/runs`, {
      assistant_id: "chat",
      input: { messages },
      multitask_strategy,
    });
  expect((await create()).status).toBe(422);
  expect(await create("reject")).toMatchObject({ status: 422, body: { error: "thread_busy" } });
  expect(await create("enqueue")).toMatchObject({ status: 200, body: { status: "pending" } });
  const second = await create("interrupt");
  await ended(threadId, runId, "interrupted");
  const third = await create("rollback");
  await ended(threadId, second.body.run_id, "interrupted");
  at.gate.open();
  await ended(threadId, third.body.run_id, "success");
});

test("1.3 if_not_exists: a missing thread is a 404, and is created only on request", async () => {
  const path = `POST /threads/${crypto.randomUUID()}/runs/wait`;
  expect(await at.call(path, start)).toMatchObject({ status: 404, body: { error: "no_such_thread" } });
  expect((await at.call(path, { ...start, if_not_exists: "reject" })).status).toBe(404);
  expect((await at.call(path, { ...start, if_not_exists: "create" })).status).toBe(200);
});

test("1.3 POST /threads/:id/runs/stream: frames to the end, and where the run is found again", async () => {
  const threadId = await at.empty();
  const response = await at.request(`POST /threads/${threadId}/runs/stream`, start);
  expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
  const location = response.headers.get("content-location");
  expect(location).toMatch(new RegExp(`^/threads/${threadId}/runs/[^/]+$`));
  expect(response.headers.get("location")).toBe(`${location}/stream`);
  const text = await response.text();
  expect(text).toMatch(/^: heartbeat\n\nevent: metadata\n/);
  expect(text).toMatch(/event: end\ndata: \{"run_id":"[^"]+","status":"success"\}\n\n$/);
});

test("1.3 POST /runs/stream: a thread of its own, which may be kept", async () => {
  const kept = await at.request("POST /runs/stream", { ...start, on_completion: "keep" });
  const [, threadId = ""] = /^\/threads\/([^/]+)/.exec(kept.headers.get("content-location") ?? "") ?? [];
  expect(await kept.text()).toContain('"__interrupt__"');
  expect(await at.until(threadId, "interrupted")).not.toHaveProperty("ttl");
  const other = await at.request("POST /runs/stream", start);
  await other.text();
  const [, passing = ""] = /^\/threads\/([^/]+)/.exec(other.headers.get("content-location") ?? "") ?? [];
  expect(await at.until(passing, "interrupted")).toHaveProperty("ttl");
});

test("1.3 POST /threads/:id/runs: the run, at once", async () => {
  const { threadId, runId } = await at.held();
  await at.until(threadId, "busy");
  const queued = await at.call<Shown>(`POST /threads/${threadId}/runs`, {
    assistant_id: "chat",
    input,
    multitask_strategy: "enqueue",
  });
  expect(queued).toMatchObject({ status: 200, body: { thread_id: threadId, status: "pending" } });
  expect(queued.headers.get("content-location")).toBe(`/threads/${threadId}/runs/${queued.body.run_id}`);
  at.gate.open();
  for (const id of [runId, queued.body.run_id]) await ended(threadId, id, "success");
});

test("1.3 POST /runs: a run on a thread of its own", async () => {
  const { status, body } = await at.call<Shown>("POST /runs", start);
  expect(status).toBe(200);
  await at.until(body.thread_id, "interrupted");
});

test("1.3 POST /runs/batch: runs, each on a thread of its own", async () => {
  const { body } = await at.call<Shown[]>("POST /runs/batch", [start, start]);
  expect(new Set(body.map(({ thread_id }) => thread_id)).size).toBe(2);
  for (const { thread_id } of body) await at.until(thread_id, "interrupted");
});

test("1.3 POST /threads/:id/runs/wait: the values; nothing but the questions; the error", async () => {
  const threadId = await at.empty();
  const asked = await at.call(`POST /threads/${threadId}/runs/wait`, start);
  expect(asked.body).toEqual({
    __interrupt__: [
      {
        id: expect.any(String),
        value: { question: "Send it?" },
        response_schema: expect.any(Object),
      },
    ],
  });
  expect(asked.headers.get("location")).toMatch(/^\/threads\/.*\/stream$/);
  const done = await at.call<{ messages: unknown[] }>(`POST /threads/${threadId}/runs/wait`, goOn);
  expect(done.body.messages).toHaveLength(4);
  const failed = await at.call("POST /runs/wait", { assistant_id: "failing", input });
  expect(failed.body).toEqual({ __error__: { error: "RangeError", message: "kaboom" } });
});

test("1.3 POST /runs/wait: the result of a run on a thread of its own", async () => {
  const { body } = await at.call("POST /runs/wait", { assistant_id: "chat", input });
  expect(body).toMatchObject({
    messages: [{ content: "hello" }, { content: "You said: hello and that was it." }],
  });
});

test("1.3 GET /threads/:id/runs: newest first, page by page, by status", async () => {
  const { threadId } = await at.asked();
  await at.call(`POST /threads/${threadId}/runs/wait`, goOn);
  const all = await runsOf(threadId);
  expect(all).toHaveLength(2);
  const page = (query: string) => at.call<Shown[]>(`GET /threads/${threadId}/runs?${query}`);
  expect((await page("limit=1")).body).toEqual([all[0]]);
  expect((await page("limit=1&offset=1")).body).toEqual([all[1]]);
  expect((await page("status=pending&limit=1000")).body).toEqual([]);
  expect((await page("status=success")).body).toEqual(all);
  // What the thread protocol's client asks for to show its queue.
  const queue = await page("status=success&limit=1000&select=run_id&select=kwargs&select=created_at");
  expect(queue.body).toMatchObject([
    { run_id: all[0]?.run_id, kwargs: {} },
    { run_id: all[1]?.run_id, kwargs: { input } },
  ]);
});

test("1.3 GET /threads/:id/runs/:rid: how it stands; a 404 when there is none", async () => {
  const { threadId } = await at.asked();
  const [run] = await runsOf(threadId);
  expect((await at.call(`GET /threads/${threadId}/runs/${run?.run_id}`)).body).toEqual(run);
  expect(await at.call(`GET /threads/${threadId}/runs/${crypto.randomUUID()}`)).toMatchObject({
    status: 404,
    body: { error: "no_such_run" },
  });
});

test("1.3 DELETE /threads/:id/runs/:rid: 204, when it has ended", async () => {
  const { threadId } = await at.asked();
  const [run] = await runsOf(threadId);
  const held = await at.held();
  await at.until(held.threadId, "busy");
  expect((await at.call(`DELETE /threads/${held.threadId}/runs/${held.runId}`)).status).toBe(409);
  at.gate.open();
  expect((await at.call(`DELETE /threads/${threadId}/runs/${run?.run_id}`)).status).toBe(204);
  expect(await runsOf(threadId)).toEqual([]);
});

test("1.3 GET /threads/:id/runs/:rid/join: what it came to, also when that was before", async () => {
  const { threadId, runId } = await at.held();
  const joined = at.call(`GET /threads/${threadId}/runs/${runId}/join?cancel_on_disconnect=0`);
  at.gate.open();
  expect((await joined).body).toMatchObject({ messages: [{}, { content: expect.stringMatching(/^You/) }] });
  const again = await at.call(`GET /threads/${threadId}/runs/${runId}/join`);
  expect(again.body).toEqual((await joined).body);
});

test("1.3 GET /threads/:id/runs/:rid/stream: from the start, behind an event, or its live part; who leaves may cancel it", async () => {
  const { threadId, runId } = await at.held();
  const path = `GET /threads/${threadId}/runs/${runId}/stream`;
  const messages = `${path}?stream_mode=messages-tuple`;
  const isSecond = (() => {
    let count = 0;
    return ({ event }: Frame) => event === "messages" && ++count === 2;
  })();
  const first = await at.frames(messages, { headers: { "last-event-id": "-1" }, until: isSecond });
  at.gate.open();
  const rest = await at.frames(messages, { headers: { "last-event-id": first.at(-1)?.id ?? "" } });
  const said = [...first, ...rest]
    .filter(({ event }) => event === "messages")
    .map(({ data }) => (data as [{ content: string }])[0].content);
  expect(said.join("")).toBe("You said: one and that was it.");
  expect(events(rest).at(-1)).toBe("end");
  expect(events(await at.frames(path)).at(-1)).toBe("end");

  const second = await at.held("two");
  const leaving = `GET /threads/${second.threadId}/runs/${second.runId}/stream?cancel_on_disconnect=1`;
  await at.frames(leaving, { headers: { "last-event-id": "-1" }, until: () => true });
  await ended(second.threadId, second.runId, "interrupted");
});

test("1.3 GET /runs/:rid/stream: by the run's id alone, wherever its thread is", async () => {
  const { body } = await at.call<Shown>("POST /runs", { assistant_id: "chat", input });
  const path = `GET /runs/${body.run_id}/stream?stream_mode=updates`;
  const frames = await at.frames(path, { headers: { "last-event-id": "-1" } });
  expect(events(frames)).toEqual(["metadata", "updates", "end"]);
  expect((await at.call(`GET /runs/${crypto.randomUUID()}/stream`)).status).toBe(404);
});

test("1.3 POST /threads/:id/runs/:rid/cancel: 202 at once, 204 when it has ended; a rollback takes its steps back", async () => {
  const { threadId, runId } = await at.held();
  await at.until(threadId, "busy");
  const cancel = `POST /threads/${threadId}/runs/${runId}/cancel`;
  expect((await at.call(`${cancel}?wait=0&action=interrupt&reason=taken`)).status).toBe(202);
  await ended(threadId, runId, "interrupted");
  const { body: before } = await at.call(`GET /threads/${threadId}/state`);
  const second = await at.held("two");
  await at.until(second.threadId, "busy");
  const waiting = `POST /threads/${second.threadId}/runs/${second.runId}/cancel?wait=1`;
  expect((await at.call(waiting)).status).toBe(204);
  expect((await runsOf(second.threadId))[0]?.status).toBe("interrupted");

  const { body: third } = await at.call<Shown>(`POST /threads/${threadId}/runs`, {
    assistant_id: "chat",
    input: { messages: [{ role: "user", content: "three" }] },
  });
  await at.until(threadId, "busy");
  await at.call(`POST /threads/${threadId}/runs/${third.run_id}/cancel?wait=1&action=rollback`);
  const { body: after } = await at.call(`GET /threads/${threadId}/state`);
  expect(after).toMatchObject({ values: before.values, next: before.next });
  at.gate.open();
  expect((await at.call(`POST /threads/${threadId}/runs/none/cancel`)).status).toBe(404);
});

test("1.3 POST /runs/cancel: by id, and all of a status", async () => {
  const one = await at.held("one");
  const two = await at.held("two");
  for (const { threadId } of [one, two]) await at.until(threadId, "busy");
  await at.call("POST /runs/cancel", { thread_id: one.threadId, run_ids: [one.runId] });
  await ended(one.threadId, one.runId, "interrupted");
  expect((await at.call("POST /runs/cancel?action=interrupt", { status: "running" })).status).toBe(204);
  await ended(two.threadId, two.runId, "interrupted");
  at.gate.open();
});

test("1.3 after_seconds: the run waits until then", async () => {
  const threadId = await at.empty();
  const { body } = await at.call<Shown>(`POST /threads/${threadId}/runs`, { ...start, after_seconds: 1_000 });
  expect(body.status).toBe("pending");
  expect(await at.call(`GET /threads/${threadId}`)).toMatchObject({ status: 200 });
  await at.call(`POST /threads/${threadId}/runs/${body.run_id}/cancel`);
  await ended(threadId, body.run_id, "interrupted");
});

test("1.3 webhook: the run and its values are told to an address on the open net, and to no other", async () => {
  await using hook = await openHookServer();
  const messages = { assistant_id: "chat", input };
  for (const webhook of ["file:///etc/passwd", "http://10.0.0.1/", "no address"])
    expect((await at.call("POST /runs/wait", { ...messages, webhook })).status, webhook).toBe(400);
  await at.call("POST /runs/wait", { ...messages, webhook: hook.url });
  await expect.poll(() => hook.calls.length).toBe(1);
  expect(hook.calls[0]?.body).toMatchObject({
    run_id: expect.any(String),
    status: "success",
    run_started_at: expect.any(String),
    run_ended_at: expect.any(String),
    webhook_sent_at: expect.any(String),
    values: { messages: [{}, { content: "You said: hello and that was it." }] },
  });
});
