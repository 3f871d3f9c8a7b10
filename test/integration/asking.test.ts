import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { type AskOptions, ask } from "../../src/effects/index.ts";
import type { Identity } from "../../src/http/index.ts";
import {
  getJson,
  observe,
  openInterrupts,
  readEvents,
  sendCommand,
  waitForStatus,
} from "../support/command.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const State = Annotation.Root({ answer: Annotation<unknown>, round: Annotation<number> });

function createAskingGraph(options: (round: number) => AskOptions) {
  return new StateGraph(State)
    .addNode("gate", ({ round }) => ({ answer: ask({ question: "May I?", round }, options(round)) }))
    .addEdge(START, "gate")
    .addEdge("gate", END);
}

/** Who calls is who the header `x-user` says, with the roles after the colon. */
const people = (request: Request): Identity | null => {
  const [id, ...roles] = (request.headers.get("x-user") ?? "").split(":");
  return id ? { id, roles, owner: null } : null;
};

function as(user: string): Record<string, string> {
  return { "x-user": user, "content-type": "application/json" };
}

async function startOne(url: string, headers: Record<string, string>, round = 1): Promise<string> {
  const threadId = crypto.randomUUID();
  const params = { assistant_id: "ask", input: { round } };
  await sendCommand(url, threadId, { method: "run.start", params, headers });
  await expect
    .poll(async () => (await getJson(`${url}/threads/${threadId}`, headers)).status, { interval: 10 })
    .toBe("interrupted");
  return threadId;
}

interface Inbox {
  interrupts: { id: string; thread_id: string; assignees: string[] | null; expires_at: string | null }[];
  next: number | null;
}

async function inbox(url: string, headers: Record<string, string>, body: object = {}): Promise<Inbox> {
  const response = await fetch(`${url}/interrupts/search`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  return (await response.json()) as Inbox;
}

test("only those may answer to whom a question was put, by id or by role", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({
    graphs: { ask: createAskingGraph(() => ({ assignees: ["ana", "approver"] })) },
    authenticate: people,
    directory: directory.path,
  });
  const { url } = server;
  for (const [allowed, refused] of [
    ["ana", "bo"],
    ["cy:approver", "bo:reader"],
  ] as const) {
    const threadId = await startOne(url, as("bo"));
    const [question] = (await inbox(url, as("bo"))).interrupts;
    expect(question).toMatchObject({ thread_id: threadId, assignees: ["ana", "approver"] });
    const params = { interrupt_id: question?.id, response: "yes" };
    const no = await sendCommand(url, threadId, { method: "input.respond", params, headers: as(refused) });
    expect(no).toMatchObject({ type: "error", error: "permission_denied" });
    expect((await inbox(url, as("bo"))).interrupts.map(({ id }) => id)).toEqual([question?.id]);
    const yes = await sendCommand(url, threadId, { method: "input.respond", params, headers: as(allowed) });
    expect(yes).toMatchObject({ type: "success" });
    expect((await inbox(url, as("bo"))).interrupts).toEqual([]);
  }
});

test("the inbox: newest first, by graph, by assignee, page by page", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({
    graphs: {
      ask: createAskingGraph((round) => (round % 2 === 0 ? { assignees: ["ana"] } : {})),
      other: createAskingGraph(() => ({})),
    },
    authenticate: people,
    directory: directory.path,
  });
  const { url } = server;
  const threads: string[] = [];
  for (let round = 1; round <= 5; round += 1) threads.unshift(await startOne(url, as("bo"), round));
  const idsOf = ({ interrupts }: Inbox) => interrupts.map(({ thread_id }) => thread_id);

  const first = await inbox(url, as("bo"), { limit: 2 });
  const second = await inbox(url, as("bo"), { limit: 2, before: first.next });
  const third = await inbox(url, as("bo"), { limit: 2, before: second.next });
  expect([first, second, third].flatMap(idsOf)).toEqual(threads);
  expect(third.next).toBeNull();
  // Questions without assignees are for everybody.
  expect(idsOf(await inbox(url, as("ana"), { assignee: "me" }))).toEqual(threads);
  expect(idsOf(await inbox(url, as("bo"), { assignee: "me" }))).toEqual(
    threads.filter((_, index) => index % 2 === 0),
  );
  expect(idsOf(await inbox(url, as("bo"), { graph_id: "other" }))).toEqual([]);
  expect(idsOf(await inbox(url, as("bo"), { graph_id: "ask" }))).toEqual(threads);
  const [newest = ""] = threads;
  expect(idsOf(await inbox(url, as("bo"), { thread_id: newest }))).toEqual([newest]);
  expect(idsOf(await inbox(url, as("bo"), { thread_id: crypto.randomUUID() }))).toEqual([]);
});

test("the questions of another's thread are not there", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({
    graphs: { ask: createAskingGraph(() => ({})) },
    authenticate: (request) => {
      const id = request.headers.get("x-user");
      return id ? { id } : null;
    },
    directory: directory.path,
  });
  const { url } = server;
  const threadId = await startOne(url, as("ana"));
  expect((await inbox(url, as("ana"), { thread_id: threadId })).interrupts).toHaveLength(1);
  expect((await inbox(url, as("bo"), { thread_id: threadId })).interrupts).toEqual([]);
});

test("time is up: the answer chosen for that case is given, once, by nobody", async () => {
  await using directory = await temporaryDirectory();
  let now = Date.now();
  const graph = createAskingGraph(() => ({
    expiresAt: new Date(now + 60_000),
    onExpiry: { type: "answer", value: "no" },
  }));
  await using server = await serve({ graphs: { ask: graph }, now: () => now, directory: directory.path });
  const threadId = await startOne(server.url, {});
  const before = await observe(server.url, threadId);
  expect((await inbox(server.url, as("bo"))).interrupts[0]?.expires_at).toBe(
    new Date(now + 60_000).toISOString(),
  );
  expect(before.thread).toMatchObject({ status: "interrupted" });
  now += 60_001;
  await waitForStatus(server.url, threadId, "idle");
  expect(await getJson(`${server.url}/threads/${threadId}/state`)).toMatchObject({
    values: { answer: "no" },
  });
  const answered = (await readEvents(server.url, threadId)).filter(
    ({ method }) => method === "input.answered",
  );
  expect(answered.map(({ params }) => params.data.status)).toEqual(["expired"]);
});

test("time is up: a question that is to be cancelled is put away, one that holds stays open", async () => {
  await using directory = await temporaryDirectory();
  let now = Date.now();
  const graph = createAskingGraph((round) => ({
    expiresAt: new Date(now + 60_000),
    ...(round === 1 ? { onExpiry: { type: "cancel" } as const } : {}),
  }));
  await using server = await serve({ graphs: { ask: graph }, now: () => now, directory: directory.path });
  const cancelled = await startOne(server.url, {}, 1);
  const holding = await startOne(server.url, {}, 2);
  now += 60_001;
  await waitForStatus(server.url, cancelled, "idle");
  expect((await waitForStatus(server.url, holding, "interrupted")).status).toBe("interrupted");
  const [question] = openInterrupts(await waitForStatus(server.url, holding, "interrupted"));
  const params = { interrupt_id: question?.id, response: "late, but yes" };
  expect(await sendCommand(server.url, holding, { method: "input.respond", params })).toMatchObject({
    type: "success",
  });
  await waitForStatus(server.url, holding, "idle");
});

test("a question that nobody will answer can be put away, and the thread goes on with new input", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({
    graphs: { ask: createAskingGraph(() => ({})) },
    directory: directory.path,
  });
  const { url } = server;
  const threadId = await startOne(url, {});
  const [question] = openInterrupts(await waitForStatus(url, threadId, "interrupted"));
  const cancel = () =>
    fetch(`${url}/threads/${threadId}/interrupts/${question?.id}/cancel`, { method: "POST" });
  expect((await cancel()).status).toBe(204);
  const thread = await waitForStatus(url, threadId, "idle");
  expect(openInterrupts(thread)).toEqual([]);
  expect((await inbox(url, as("bo"))).interrupts).toEqual([]);
  const again = await cancel();
  expect(again.status).toBe(409);
  const params = { interrupt_id: question?.id, response: "yes" };
  const late = await sendCommand(url, threadId, { method: "input.respond", params });
  expect(late).toMatchObject({ type: "error", error: "no_such_interrupt", meta: { reason: "cancelled" } });
  await sendCommand(url, threadId, {
    method: "run.start",
    params: { assistant_id: "ask", input: { round: 2 } },
  });
  const asked = openInterrupts(await waitForStatus(url, threadId, "interrupted"));
  expect(asked.map(({ value }) => value.round)).toEqual([2]);
});
