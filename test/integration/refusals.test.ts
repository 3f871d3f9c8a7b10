import { expect, test } from "vitest";
import type { PlanReview } from "../../src/agent/index.ts";
import { startApp } from "../support/app.ts";
import { observe, openInterrupts, sendCommand, waitForStatus } from "../support/command.ts";
import { createAskGraph, createParallelGraph, createTwoGatesGraph } from "../support/graphs.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const input = { messages: [{ role: "user", content: "hello" }] };

async function askAndWait(url: string, assistantId: string, given: unknown = input) {
  const threadId = crypto.randomUUID();
  await sendCommand(url, threadId, {
    method: "run.start",
    params: { assistant_id: assistantId, input: given },
  });
  const thread = await waitForStatus(url, threadId, "interrupted");
  return { threadId, interrupts: openInterrupts(thread) };
}

test("a wrong digest, an unknown id and a malformed answer are refused and change nothing", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({ directory: directory.path });
  const { threadId, interrupts } = await askAndWait(app.url, "agent", {
    messages: [{ role: "user", content: "delete drafts/letter.txt" }],
  });
  const [{ id, value } = { id: "", value: {} }] = interrupts;
  const { plan } = value as unknown as PlanReview;
  const before = await observe(app.url, threadId);
  const { title, summary, assumptions, steps } = plan;
  const proposal = { title, summary, assumptions, steps };
  const bad: [string, unknown, RegExp][] = [
    ["another digest", { type: "approve", digest: "0".repeat(64) }, /digest|does not match|const/i],
    ["no digest", { type: "approve" }, /digest/],
    ["no type", { digest: plan.digest }, /type/],
    ["an unknown type", { type: "yes", digest: plan.digest }, /.+/],
    ["plain true", true, /.+/],
    ["a string", "approve", /.+/],
    ["nothing", null, /.+/],
    ["reject without feedback", { type: "reject", digest: plan.digest }, /feedback/],
    [
      "a comment on no step",
      { type: "reject", digest: plan.digest, feedback: "x", comments: { s99: "?" } },
      /s99/,
    ],
    ["an edit without steps", { type: "edit", digest: plan.digest, plan: { ...proposal, steps: [] } }, /.+/],
    [
      "an edit with a tool that does not exist",
      {
        type: "edit",
        digest: plan.digest,
        plan: { ...proposal, steps: [{ ...steps[0], tool: "format_disk" }] },
      },
      /format_disk/,
    ],
    [
      "an edit with arguments that do not fit",
      {
        type: "edit",
        digest: plan.digest,
        plan: { ...proposal, steps: [{ ...steps[0], args: { path: 7 } }] },
      },
      /path/,
    ],
  ];
  for (const [name, response, message] of bad) {
    const reply = await sendCommand(app.url, threadId, {
      method: "input.respond",
      params: { interrupt_id: id, response },
    });
    expect(reply, name).toMatchObject({ type: "error", error: "invalid_argument" });
    expect(reply.message, name).toMatch(message);
  }
  const unknown = await sendCommand(app.url, threadId, {
    method: "input.respond",
    params: { interrupt_id: "f".repeat(32), response: { type: "approve", digest: plan.digest } },
  });
  expect(unknown).toMatchObject({ type: "error", error: "no_such_interrupt", meta: { open_ids: [id] } });
  expect(await observe(app.url, threadId)).toEqual(before);
});

test("a second answer is refused and told who was first; the same answer again gets the first result", async () => {
  await using directory = await temporaryDirectory();
  const done: unknown[] = [];
  await using server = await serve({
    graphs: { ask: createAskGraph((a) => done.push(a)) },
    directory: directory.path,
  });
  const { threadId, interrupts } = await askAndWait(server.url, "ask");
  const respond = (send: boolean, name: string) =>
    sendCommand(server.url, threadId, {
      method: "input.respond",
      params: { interrupt_id: interrupts[0]?.id, response: { send } },
      headers: { "x-countersign-name": name },
    });
  const first = await respond(true, "Ana");
  expect(first.type).toBe("success");
  await waitForStatus(server.url, threadId, "idle");
  const before = await observe(server.url, threadId);

  const other = await respond(false, "Ben");
  expect(other).toMatchObject({
    type: "error",
    error: "no_such_interrupt",
    meta: { winner: { answered_by: "local:Ana" } },
  });
  expect(await respond(true, "Ben"), "the same answer by somebody else").toMatchObject({ type: "error" });
  const again = await respond(true, "Ana");
  expect(again).toMatchObject({ type: "success", result: first.result, meta: { repeated: true } });
  expect(await observe(server.url, threadId)).toEqual(before);
  expect(done).toHaveLength(1);
});

test("twenty answers at once: exactly one wins, and the effect runs once", async () => {
  await using directory = await temporaryDirectory();
  const done: unknown[] = [];
  await using server = await serve({
    graphs: { ask: createAskGraph((a) => done.push(a)) },
    directory: directory.path,
  });
  const { threadId, interrupts } = await askAndWait(server.url, "ask");
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      sendCommand(server.url, threadId, {
        method: "input.respond",
        params: { interrupt_id: interrupts[0]?.id, response: { send: index % 2 === 0 } },
        headers: { "x-countersign-name": `person ${index}` },
      }),
    ),
  );
  await waitForStatus(server.url, threadId, "idle");
  expect(replies.filter(({ type }) => type === "success")).toHaveLength(1);
  const winner = replies.findIndex(({ type }) => type === "success");
  for (const reply of replies.filter(({ type }) => type === "error")) {
    expect(reply.meta?.winner).toMatchObject({ answered_by: `local:person ${winner}` });
  }
  expect(done).toHaveLength(1);
});

test("an idempotency key gets the first result, also for a run", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: createAskGraph() }, directory: directory.path });
  const threadId = crypto.randomUUID();
  const start = () =>
    sendCommand(server.url, threadId, {
      method: "run.start",
      params: { assistant_id: "ask", input },
      headers: { "idempotency-key": "k1" },
    });
  const first = await start();
  await waitForStatus(server.url, threadId, "interrupted");
  expect(await start()).toMatchObject({ type: "success", result: first.result, meta: { repeated: true } });
});

test("a chat message is never an approval", async () => {
  await using directory = await temporaryDirectory();
  const done: unknown[] = [];
  await using server = await serve({
    graphs: { ask: createAskGraph((a) => done.push(a)) },
    directory: directory.path,
  });
  const { threadId, interrupts } = await askAndWait(server.url, "ask");
  const id = interrupts[0]?.id;
  const start = (params: Record<string, unknown>) =>
    sendCommand(server.url, threadId, {
      method: "run.start",
      params: { assistant_id: "ask", input, ...params },
    });

  const before = await observe(server.url, threadId);
  for (const params of [
    {},
    { multitask_strategy: "reject" },
    { input: null },
    { input: null, multitask_strategy: "interrupt" },
  ]) {
    expect(await start(params)).toMatchObject({
      type: "error",
      meta: { code: "interrupts_open", open_ids: [id] },
    });
  }
  expect(await observe(server.url, threadId)).toEqual(before);

  const queued = await start({ multitask_strategy: "enqueue" });
  expect(queued.type).toBe("success");
  expect((await waitForStatus(server.url, threadId, "interrupted")).status).toBe("interrupted");
  expect(
    openInterrupts(await waitForStatus(server.url, threadId, "interrupted")).map((one) => one.id),
  ).toEqual([id]);

  const aside = await start({ multitaskStrategy: "interrupt" });
  expect(aside.type).toBe("success");
  await expect
    .poll(async () => openInterrupts(await waitForStatus(server.url, threadId, "interrupted"))[0]?.id)
    .not.toBe(id);
  const late = await sendCommand(server.url, threadId, {
    method: "input.respond",
    params: { interrupt_id: id, response: { send: true } },
  });
  expect(late).toMatchObject({ type: "error", meta: { reason: "superseded" } });
  expect(done).toEqual([]);
});

test("parallel questions are answered together, all or nothing, or one after the other", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { letters: createParallelGraph() }, directory: directory.path });
  const { threadId, interrupts } = await askAndWait(server.url, "letters", { letters: ["a", "b", "c"] });
  expect(interrupts).toHaveLength(3);
  const idOf = (letter: string) => interrupts.find(({ value }) => value.letter === letter)?.id ?? "";
  const before = await observe(server.url, threadId);
  const mixed = await sendCommand(server.url, threadId, {
    method: "input.respond",
    params: {
      responses: [
        { interrupt_id: idOf("a"), response: "yes" },
        { interrupt_id: "0".repeat(32), response: "yes" },
      ],
    },
  });
  expect(mixed).toMatchObject({ type: "error", error: "no_such_interrupt" });
  expect(await observe(server.url, threadId)).toEqual(before);

  await sendCommand(server.url, threadId, {
    method: "input.respond",
    params: { interrupt_id: idOf("b"), response: "b first" },
  });
  const waiting = await waitForStatus(server.url, threadId, "interrupted");
  expect(
    openInterrupts(waiting)
      .map(({ value }) => value.letter)
      .sort(),
  ).toEqual(["a", "c"]);

  await sendCommand(server.url, threadId, {
    method: "input.respond",
    params: {
      responses: [
        { interrupt_id: idOf("c"), response: "c" },
        { interrupt_id: idOf("a"), response: { deep: ["a"] } },
      ],
    },
  });
  const done = await waitForStatus(server.url, threadId, "idle");
  expect(done.values?.sent).toEqual(['a: {"deep":["a"]}', 'b: "b first"', 'c: "c"']);
});

test("the answer to one gate never answers the next one in the same node", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { gates: createTwoGatesGraph() }, directory: directory.path });
  const { threadId, interrupts } = await askAndWait(server.url, "gates", { start: true });
  const answer = (interruptId: string | undefined, response: unknown) =>
    sendCommand(server.url, threadId, {
      method: "input.respond",
      params: { interrupt_id: interruptId, response },
    });
  const first = interrupts[0]?.id;
  await answer(first, "one");
  await expect
    .poll(async () => openInterrupts(await waitForStatus(server.url, threadId, "interrupted"))[0]?.id)
    .not.toBe(first);
  expect(await answer(first, "two")).toMatchObject({ type: "error", error: "no_such_interrupt" });
  const [second] = openInterrupts(await waitForStatus(server.url, threadId, "interrupted"));
  expect(second?.value).toEqual({ gate: 2 });
  await answer(second?.id, "two");
  expect((await waitForStatus(server.url, threadId, "idle")).values?.said).toEqual(["one", "two"]);
});

test("malformed commands are refused with what is wrong, and create nothing", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: createAskGraph() }, directory: directory.path });
  const threadId = crypto.randomUUID();
  const post = (body: string, contentType = "application/json") =>
    fetch(`${server.url}/threads/${threadId}/commands`, {
      method: "POST",
      headers: { "content-type": contentType },
      body,
    });
  const cases: [string, string, number, unknown][] = [
    ["no JSON", "{", 200, { type: "error", id: null, error: "invalid_argument" }],
    ["no method", '{"id":7}', 200, { type: "error", id: 7, error: "invalid_argument" }],
    [
      "unknown method",
      '{"id":7,"method":"run.stop"}',
      200,
      { type: "error", id: 7, error: "unknown_command" },
    ],
    ["a prototype name", '{"id":7,"method":"__proto__"}', 200, { type: "error", error: "unknown_command" }],
    [
      "no assistant",
      '{"id":7,"method":"run.start","params":{}}',
      200,
      { type: "error", error: "invalid_argument" },
    ],
    [
      "an unknown graph",
      '{"id":7,"method":"run.start","params":{"assistant_id":"nope","input":{}}}',
      200,
      { type: "error", message: expect.stringContaining("Registered here: ask") },
    ],
    ["an array", "[]", 200, { type: "error", error: "invalid_argument" }],
  ];
  for (const [name, body, status, expected] of cases) {
    const response = await post(body);
    expect(response.status, name).toBe(status);
    expect(await response.json(), name).toMatchObject(expected as object);
  }
  expect((await post('{"id":1,"method":"state.get"}', "text/plain")).status).toBe(415);
  expect((await fetch(`${server.url}/threads/${threadId}`)).status).toBe(404);
});
