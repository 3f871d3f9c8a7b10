import { afterAll, beforeAll, expect, test } from "vitest";
import { input, openRows, type Row, resume } from "../support/rows.ts";

/** Threads and their states, row by row; the list is in docs/protocol.md. */

let at: Row;
beforeAll(async () => {
  at = await openRows();
});
afterAll(() => at[Symbol.asyncDispose]());

interface Shown {
  thread_id: string;
  metadata: Record<string, unknown>;
  status: string;
  values: Record<string, unknown[]> | null;
  extracted?: object;
}
interface State {
  values: { messages: { content: string }[]; notes: string[] };
  next: string[];
  tasks: { name: string; interrupts: unknown[]; checkpoint: Record<string, string> | null; state: State }[];
  metadata: Record<string, unknown>;
  checkpoint: { checkpoint_id: string; checkpoint_ns: string };
}
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

test("1.2 Thread: it has every field that clients read, and lists only open questions", async () => {
  const { threadId, thread, question } = await at.asked();
  expect(thread).toEqual({
    thread_id: threadId,
    created_at: expect.stringMatching(instant),
    updated_at: expect.stringMatching(instant),
    state_updated_at: expect.stringMatching(instant),
    metadata: expect.objectContaining({ graph_id: "ask", assistant_id: expect.any(String) }),
    status: "interrupted",
    config: expect.any(Object),
    values: { messages: expect.any(Array) },
    interrupts: {
      [Object.keys(thread.interrupts)[0] ?? ""]: [
        { id: question, value: { question: "Send it?" }, response_schema: expect.any(Object) },
      ],
    },
  });
  const { threadId: letters, questions } = await at.asked("letters", { letters: ["a", "b"] });
  await at.command(letters, "input.respond", { interrupt_id: questions[0]?.id, response: "yes" });
  await expect
    .poll(async () => {
      const { body } = await at.call<{ status: string; interrupts: object }>(`GET /threads/${letters}`);
      return [body.status, Object.values(body.interrupts).map((open: unknown[]) => open.length)];
    })
    .toEqual(["interrupted", [1]]);
});

test("1.2 ThreadState: values, next, tasks and where it stands, and no open question in a task that is answered", async () => {
  const { threadId, question } = await at.asked("nested", { notes: ["start"] });
  const { body } = await at.call<State>(`GET /threads/${threadId}/state`);
  expect(body).toMatchObject({
    values: { notes: ["start"] },
    next: ["inner"],
    tasks: [
      {
        id: expect.any(String),
        name: "inner",
        path: expect.any(Array),
        error: null,
        interrupts: [{ id: question, value: { deep: true } }],
        checkpoint: { thread_id: threadId, checkpoint_ns: expect.stringMatching(/^inner:/) },
        state: null,
        result: null,
      },
    ],
    metadata: { source: "loop", step: expect.any(Number), parents: {} },
    created_at: expect.stringMatching(/^\d{4}-/),
    checkpoint: { thread_id: threadId, checkpoint_ns: "", checkpoint_id: expect.any(String) },
    parent_checkpoint: { checkpoint_id: expect.any(String) },
    interrupts: [{ id: question }],
  });
  const { threadId: letters, questions } = await at.asked("letters", { letters: ["a", "b"] });
  await at.command(letters, "input.respond", { interrupt_id: questions[0]?.id, response: "yes" });
  await expect
    .poll(async () => {
      const state = await at.call<State>(`GET /threads/${letters}/state`);
      return state.body.tasks.map(({ interrupts }) => interrupts.length).sort();
    })
    .toEqual([0, 1]);
  await at.command(letters, "input.respond", { interrupt_id: questions[1]?.id, response: "yes" });
  await at.until(letters, "idle");
  expect((await at.call<State>(`GET /threads/${letters}/state`)).body).toMatchObject({ next: [], tasks: [] });
});

test("1.2 POST /threads: with an id, metadata, a state and a time to stay; what exists is a 409, or is returned", async () => {
  const threadId = crypto.randomUUID();
  const supersteps = [{ updates: [{ values: { messages: input.messages }, as_node: "talk" }] }];
  const body = {
    thread_id: threadId,
    metadata: { title: "One", graph_id: "ask" },
    supersteps,
    ttl: { ttl: 60, strategy: "delete" },
  };
  const created = await at.call<Shown>("POST /threads", body);
  expect(created.status).toBe(200);
  expect(created.body).toMatchObject({
    thread_id: threadId,
    metadata: body.metadata,
    status: "idle",
    values: { messages: [{ content: "hello" }] },
    ttl: { strategy: "delete", ttl_minutes: 60 },
  });
  expect((await at.call("POST /threads", { thread_id: threadId })).status).toBe(409);
  const again = await at.call<Shown>("POST /threads", { thread_id: threadId, if_exists: "do_nothing" });
  expect(again).toMatchObject({ status: 200, body: { metadata: { title: "One" } } });
  expect((await at.call<Shown>("POST /threads", {})).body).toMatchObject({ status: "idle", values: null });
});

test("1.2 GET /threads/:id: the thread, with `include` or without; a 404 when there is none", async () => {
  const threadId = await at.empty();
  const { body } = await at.call<Shown>(`GET /threads/${threadId}`);
  expect(body.thread_id).toBe(threadId);
  const including = await at.call(`GET /threads/${threadId}?include=ttl&include=config`);
  expect(including).toMatchObject({ status: 200, body: { thread_id: threadId } });
  expect(await at.call(`GET /threads/${crypto.randomUUID()}`)).toMatchObject({
    status: 404,
    body: { error: "no_such_thread", message: expect.any(String), detail: expect.any(String) },
  });
});

test("1.2 PATCH /threads/:id: metadata is merged; a client that wants nothing back gets a 204", async () => {
  const { body } = await at.call<Shown>("POST /threads", { metadata: { one: 1, two: 2 } });
  const path = `/threads/${body.thread_id}`;
  const changed = await at.call<Shown>(`PATCH ${path}`, { metadata: { two: 22 }, ttl: 5 });
  expect(changed.body).toMatchObject({ metadata: { one: 1, two: 22 }, ttl: { ttl_minutes: 5 } });
  const minimal = await at.call(`PATCH ${path}`, { metadata: { one: 11 } }, { prefer: "return=minimal" });
  expect(minimal).toMatchObject({ status: 204, body: undefined });
  expect((await at.call<Shown>(`GET ${path}`)).body.metadata).toEqual({ one: 11, two: 22 });
});

test("1.2 DELETE /threads/:id: 204, and it is gone", async () => {
  const { threadId } = await at.asked();
  expect(await at.call(`DELETE /threads/${threadId}`)).toMatchObject({ status: 204, body: undefined });
  for (const path of ["", "/state", "/runs"])
    expect((await at.call(`GET /threads/${threadId}${path}`)).status).toBe(404);
});

test("1.2 POST /threads/search: by metadata, values, ids and status, sorted, page by page, in the fields asked for", async () => {
  const kind = crypto.randomUUID();
  const ids: string[] = [];
  for (const title of ["a", "b", "c"]) {
    const { body } = await at.call<Shown>("POST /threads", { metadata: { kind, title } });
    ids.push(body.thread_id);
  }
  await at.call(`POST /threads/${ids[0]}/runs/wait`, { assistant_id: "ask", input });
  const search = (body: object) => at.call<Shown[]>("POST /threads/search", body);
  const all = { metadata: { kind }, sort_by: "created_at", sort_order: "asc" };
  const page = await search({ ...all, limit: 2 });
  expect(page.body.map(({ metadata }) => metadata.title)).toEqual(["a", "b"]);
  expect(page.headers.get("x-pagination-total")).toBe("3");
  expect(page.headers.get("x-pagination-next")).toBe("2");
  const rest = await search({ ...all, limit: 2, offset: 2 });
  expect(rest.body.map(({ metadata }) => metadata.title)).toEqual(["c"]);
  expect(rest.headers.get("x-pagination-next")).toBeNull();
  const titles = async (body: object) =>
    (await search({ ...all, ...body })).body.map(({ metadata }) => metadata.title);
  expect(await titles({ status: "interrupted" })).toEqual(["a"]);
  expect(await titles({ ids: [ids[2]] })).toEqual(["c"]);
  expect(await titles({ metadata: { kind, title: "b" } })).toEqual(["b"]);
  const { values } = (await search({ ...all, status: "interrupted" })).body[0] ?? {};
  expect(await titles({ values })).toEqual(["a"]);
  expect(await titles({ sort_order: "desc" })).toEqual(["c", "b", "a"]);
  const some = await search({
    ...all,
    limit: 1,
    select: ["thread_id", "status"],
    extract: { said: "values.messages[-1].content" },
  });
  expect(some.body).toEqual([
    { thread_id: ids[0], status: "interrupted", extracted: { said: "I would like to send the letter." } },
  ]);
});

test("1.2 POST /threads/count: how many there are of a kind", async () => {
  const kind = crypto.randomUUID();
  for (let index = 0; index < 3; index += 1) await at.call("POST /threads", { metadata: { kind } });
  expect((await at.call<number>("POST /threads/count", { metadata: { kind } })).body).toBe(3);
  const busy = { metadata: { kind }, status: "busy" };
  expect((await at.call<number>("POST /threads/count", busy)).body).toBe(0);
});

test("1.2 POST /threads/prune: says how many lost something; the newest state stays, or nothing does", async () => {
  const { threadId } = await at.asked();
  await at.call(`POST /threads/${threadId}/runs/wait`, { assistant_id: "ask", command: resume });
  const history = () => at.call<State[]>(`POST /threads/${threadId}/history`, { limit: 100 });
  const before = (await history()).body;
  const kept = await at.call("POST /threads/prune", { thread_ids: [threadId], strategy: "keep_latest" });
  expect(kept.body).toEqual({ pruned_count: 1 });
  expect((await history()).body.map(({ values }) => values)).toEqual([before[0]?.values]);
  const gone = await at.call("POST /threads/prune", { thread_ids: [threadId], strategy: "delete" });
  expect(gone.body).toEqual({ pruned_count: 1 });
  expect((await at.call(`GET /threads/${threadId}`)).status).toBe(404);
});

test("1.2 POST /threads/:id/copy: another thread with the same state", async () => {
  const { threadId, question } = await at.asked();
  const { body: copy } = await at.call<Shown>(`POST /threads/${threadId}/copy`);
  expect(copy.thread_id).not.toBe(threadId);
  const state = async (id: string) => (await at.call<State>(`GET /threads/${id}/state`)).body;
  expect((await state(copy.thread_id)).values).toEqual((await state(threadId)).values);
  const answer = { interrupt_id: question, response: { send: true } };
  expect(await at.command(copy.thread_id, "input.respond", answer)).toMatchObject({ type: "success" });
  await at.until(copy.thread_id, "idle");
  expect((await state(threadId)).next).toEqual(["ask"]);
});

test("1.2 GET /threads/:id/state: with `subgraphs` the state of each inside its task", async () => {
  const { threadId } = await at.asked("nested", { notes: ["start"] });
  const { body } = await at.call<State>(`GET /threads/${threadId}/state?subgraphs=true`);
  expect(body.tasks[0]?.state).toMatchObject({ values: { notes: ["start", "prepared"] }, next: ["gate"] });
  const plain = await at.call<State>(`GET /threads/${threadId}/state`);
  expect(plain.body.tasks[0]?.state).toBeNull();
  expect((await at.call(`GET /threads/${crypto.randomUUID()}/state`)).status).toBe(404);
});

test("1.2 POST /threads/:id/state: written as a node, from a checkpoint; the end resolves what waits; busy is a 409", async () => {
  const { threadId } = await at.asked();
  const path = `POST /threads/${threadId}/state`;
  const messages = [{ role: "user", content: "from outside" }];
  const written = await at.call<{ checkpoint: object }>(path, { values: { messages }, as_node: "talk" });
  expect(written.body.checkpoint).toMatchObject({ thread_id: threadId, checkpoint_id: expect.any(String) });
  const { body } = await at.call<State>(`GET /threads/${threadId}/state`);
  expect(body.values.messages.at(-1)?.content).toBe("from outside");
  expect(body.metadata.source).toBe("update");
  // How Agent Inbox puts a question away.
  const other = await at.asked();
  await at.call(`POST /threads/${other.threadId}/state`, { values: null, as_node: "__end__" });
  expect(await at.until(other.threadId, "idle")).toMatchObject({ interrupts: {} });
  const held = await at.held();
  await at.until(held.threadId, "busy");
  const busy = await at.call(`POST /threads/${held.threadId}/state`, { values: { messages } });
  expect(busy).toMatchObject({ status: 409, body: { error: "state_busy" } });
  at.gate.open();
  await at.until(held.threadId, "idle");
});

test("1.2 PATCH /threads/:id/state: metadata for the newest checkpoint", async () => {
  const { threadId } = await at.asked();
  const patched = await at.call(`PATCH /threads/${threadId}/state`, { metadata: { rating: 5, step: 99 } });
  expect(patched.status).toBe(204);
  const { metadata } = (await at.call<State>(`GET /threads/${threadId}/state`)).body;
  expect(metadata.rating).toBe(5);
  expect(metadata.step).not.toBe(99);
});

test("1.2 GET /threads/:id/state/:checkpoint_id: what the state was", async () => {
  const { threadId } = await at.asked();
  const { body: history } = await at.call<State[]>(`POST /threads/${threadId}/history`, {});
  const first = history.at(-2);
  const path = `GET /threads/${threadId}/state/${first?.checkpoint.checkpoint_id}`;
  const { body } = await at.call<State>(path);
  expect(body).toMatchObject({ values: first?.values, next: ["talk"], checkpoint: first?.checkpoint });
  expect((await at.call(`GET /threads/${threadId}/state/nowhere`)).status).toBe(404);
});

test("1.2 POST /threads/:id/state/checkpoint: at a checkpoint, and of a subgraph", async () => {
  const { threadId } = await at.asked("nested", { notes: ["start"] });
  const { body: root } = await at.call<State>(`GET /threads/${threadId}/state`);
  const read = (checkpoint: unknown) =>
    at.call<State>(`POST /threads/${threadId}/state/checkpoint`, { checkpoint });
  expect((await read(root.checkpoint)).body.values).toEqual(root.values);
  const inner = await read(root.tasks[0]?.checkpoint);
  expect(inner.body).toMatchObject({ values: { notes: ["start", "prepared"] }, next: ["gate"] });
});

test("1.2 POST /threads/:id/history: newest first, before a checkpoint however it is named, and of a subgraph", async () => {
  const { threadId } = await at.asked("nested", { notes: ["start"] });
  const history = async (body: object) =>
    (await at.call<State[]>(`POST /threads/${threadId}/history`, body)).body;
  const all = await history({});
  const steps = all.map(({ metadata }) => Number(metadata.step));
  expect(steps).toEqual([...steps].sort((a, b) => b - a));
  expect(steps.length).toBeGreaterThan(1);
  expect(await history({ limit: 1 })).toEqual(all.slice(0, 1));
  const id = all[0]?.checkpoint.checkpoint_id;
  expect(await history({ before: id })).toEqual(all.slice(1));
  expect(await history({ before: { configurable: { checkpoint_id: id } } })).toEqual(all.slice(1));
  expect(await history({ metadata: { source: "input" } })).toEqual(
    all.filter(({ metadata }) => metadata.source === "input"),
  );
  const ns = all[0]?.tasks[0]?.checkpoint?.checkpoint_ns ?? "";
  const nested = await history({ checkpoint: { checkpoint_ns: ns } });
  expect(nested[0]).toMatchObject({ next: ["gate"], checkpoint: { checkpoint_ns: ns } });
  // The client of the thread protocol joins the parts of a namespace with NUL.
  expect(await history({ checkpoint: { checkpoint_ns: `${ns}\u0000gate:none` } })).toEqual([]);
});

test("1.2 GET /threads/:id/stream: run after run, states from outside, from any point", async () => {
  const { threadId } = await at.asked();
  await at.call(`POST /threads/${threadId}/runs/wait`, { assistant_id: "ask", command: resume });
  const messages = [{ role: "user", content: "from outside" }];
  await at.call(`POST /threads/${threadId}/state`, { values: { messages }, as_node: "act" });
  const modes = "stream_mode=run_modes&stream_mode=lifecycle&stream_mode=state_update";
  const frames = await at.frames(`GET /threads/${threadId}/stream?${modes}`, {
    headers: { "last-event-id": "-1" },
    until: ({ event }) => event === "state_update",
  });
  const done = frames.filter(({ data }) => (data as { status?: string }).status === "run_done");
  expect(done).toHaveLength(2);
  expect(frames.some(({ event }) => event === "values")).toBe(true);
  const later = await at.frames(`GET /threads/${threadId}/stream?stream_mode=state_update`, {
    headers: { "last-event-id": String(frames.at(-2)?.id || frames.at(-3)?.id) },
    until: () => true,
  });
  expect(later).toMatchObject([{ event: "state_update", data: { values: { messages: expect.any(Array) } } }]);
});
