import { afterAll, beforeAll, expect, test } from "vitest";
import { createPlanAgent } from "../../src/agent/index.ts";
import { openEvents } from "../support/command.ts";
import { createTools, scriptedPlanner, step } from "../support/plan-agent.ts";
import { openRows, type Row } from "../support/rows.ts";

/** Routes of our own beside the two protocols, row by row; the list is in docs/protocol.md. */

let at: Row;
/** A thread on which a plan of two steps ran. */
const threadId = crypto.randomUUID();
let digest: string;
beforeAll(async () => {
  const planner = createPlanAgent({
    model: scriptedPlanner([[step("one"), step("two", "note", { after: ["one"] })]]),
    tools: createTools([]),
    policy: [{ tool: "note", ask: "never" }],
  });
  at = await openRows({ graphs: { planner } });
  const messages = [{ role: "user", content: "Note it, please." }];
  const run = { assistant_id: "planner", input: { messages }, if_not_exists: "create" };
  const { body } = await at.call<{ plan: { digest: string } }>(`POST /threads/${threadId}/runs/wait`, run);
  digest = body.plan.digest;
});
afterAll(() => at[Symbol.asyncDispose]());

test("4.1 GET /threads/:id/viewers: who has the thread open now", async () => {
  const viewers = async () => (await at.call(`GET /threads/${threadId}/viewers`)).body.viewers;
  expect(await viewers()).toEqual([]);
  await using _open = openEvents(
    at.url,
    threadId,
    { channels: ["lifecycle"] },
    { "x-countersign-name": "Ana" },
  );
  await expect
    .poll(viewers, { interval: 10 })
    .toEqual([{ id: "local:Ana", verified: false, since: expect.stringMatching(/Z$/) }]);
  expect((await at.call(`GET /threads/${crypto.randomUUID()}/viewers`)).status).toBe(404);
});

test("4.1 GET /threads/:id/effects: what a thread did, oldest first, without results", async () => {
  const { body } = await at.call<{ effects: Record<string, unknown>[] }>(`GET /threads/${threadId}/effects`);
  expect(body.effects.map(({ key, status }) => [key, status])).toEqual([
    [`${digest}/one/1`, "finished"],
    [`${digest}/two/1`, "finished"],
  ]);
  for (const one of body.effects)
    expect(Object.keys(one).sort()).toEqual(["about", "finished_at", "key", "started_at", "status"]);
});

test("4.1 GET /threads/:id/effects/:key: one of them, with its whole result", async () => {
  const path = `GET /threads/${threadId}/effects`;
  const { body } = await at.call(`${path}/${encodeURIComponent(`${digest}/one/1`)}`);
  expect(body).toMatchObject({ key: `${digest}/one/1`, status: "finished", result: "note: one" });
  expect((await at.call(`${path}/none`)).status).toBe(404);
});

test("4.1 POST /threads/search/text: messages that hold a text, newest threads first, page by page", async () => {
  const search = async (body: object) =>
    (
      await at.call<{ hits: Record<string, unknown>[]; next: string | null }>(
        "POST /threads/search/text",
        body,
      )
    ).body;
  const hits: Record<string, unknown>[] = [];
  let next: string | null = null;
  do {
    const page = await search({ query: "NOTE it", limit: 1, ...(next ? { before: next } : {}) });
    hits.push(...page.hits);
    next = page.next;
  } while (next !== null);
  expect(hits).toEqual([
    {
      ...{ thread_id: threadId, graph_id: "planner", title: null, message_id: expect.any(String) },
      ...{ type: "human", snippet: "Note it, please.", match: [0, 7] },
      updated_at: expect.stringMatching(/Z$/),
    },
  ]);
  expect(await search({ query: "note it", graph_id: "ask" })).toEqual({ hits: [], next: null });
  expect((await at.call("POST /threads/search/text", {})).status).toBe(400);
});

test("4.1 GET /assistants/:id/tools: the tools a graph may call; none where it does not say", async () => {
  const { body } = await at.call<{ tools: Record<string, unknown>[] }>("GET /assistants/planner/tools");
  expect(body.tools.map(({ name, risk }) => [name, risk])).toEqual([
    ["look", "read"],
    ["note", "write"],
    ["burn", "destructive"],
    ["mail", "external"],
  ]);
  expect(body.tools[0]).toEqual({
    name: "look",
    description: "Does look. ",
    risk: "read",
    idempotent: true,
    input_schema: expect.objectContaining({ type: "object", required: ["text"] }),
    content_arguments: ["text"],
  });
  const { body: made } = await at.call<{ assistant_id: string }>("POST /assistants", { graph_id: "planner" });
  expect((await at.call(`GET /assistants/${made.assistant_id}/tools`)).body).toEqual(body);
  expect((await at.call("GET /assistants/ask/tools")).body).toEqual({ tools: [] });
  expect((await at.call("GET /assistants/nobody/tools")).status).toBe(404);
});

test("9.1 after_seconds of an answer: 0 to 60, and its run begins no sooner", async () => {
  const { threadId, question } = await at.asked();
  const respond = (after_seconds: unknown) =>
    at.command(threadId, "input.respond", {
      interrupt_id: question,
      response: { send: true },
      after_seconds,
    });
  for (const wrong of [61, -1, "soon"]) {
    expect(await respond(wrong)).toMatchObject({ type: "error", meta: { code: "invalid_argument" } });
  }
  const { result } = await respond(60);
  const { body } = await at.call<{ status: string }>(`GET /threads/${threadId}/runs/${result?.run_id}`);
  expect(body.status).toBe("pending");
  expect((await at.call(`GET /threads/${threadId}`)).body).toMatchObject({ status: "busy", interrupts: {} });
});

test("9.1 POST /threads/:id/interrupts/:iid/undo: the new id, the same again, or why it is too late", async () => {
  const { threadId, question } = await at.asked();
  const undo = (id: string) => at.call(`POST /threads/${threadId}/interrupts/${id}/undo`);
  expect(await undo(question)).toMatchObject({ status: 409, body: { error: "too_late", status: "open" } });
  expect(await undo("none")).toMatchObject({ status: 409, body: { error: "no_such_interrupt" } });
  const answer = { interrupt_id: question, response: { send: true } };
  await at.command(threadId, "input.respond", { ...answer, after_seconds: 60 });
  const { status, body } = await undo(question);
  expect(status).toBe(200);
  expect(body).toEqual({ interrupt_id: expect.stringMatching(/^[0-9a-f]{32}$/) });
  expect(await undo(question)).toMatchObject({ status: 200, body });
  const again = String(body.interrupt_id);
  await at.command(threadId, "input.respond", { ...answer, interrupt_id: again });
  await at.until(threadId, "idle");
  expect(await undo(again)).toMatchObject({ status: 409, body: { error: "too_late", reason: "ended" } });
  expect(await undo(question)).toMatchObject({ status: 409, body: { error: "too_late", reason: "undone" } });
});
