import { expect, test } from "vitest";
import {
  byApiKey,
  clientOf,
  sdkVersions,
  serveAt,
  storeKinds,
  temporaryPlace,
} from "../support/both-stores.ts";
import { waitForStatus } from "../support/command.ts";
import { createAskGraph } from "../support/graphs.ts";

const graphs = { ask: createAskGraph() };
const input = { messages: [{ role: "user", content: "hello" }] };

test("of a state, at the head, at a checkpoint and in the past, only what is selected is shown", async () => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, { graphs });
  const client = clientOf(server.url);
  const { thread_id: threadId } = await client.threads.create();
  await client.runs.create(threadId, "ask", { input });
  await waitForStatus(server.url, threadId, "interrupted");
  const whole = await client.threads.getState(threadId);
  const { messages } = whole.values as { messages: unknown };
  expect(Object.keys(whole).toSorted()).toEqual([
    "checkpoint",
    "created_at",
    "interrupts",
    "metadata",
    "next",
    "parent_checkpoint",
    "tasks",
    "values",
  ]);
  const id = whole.checkpoint.checkpoint_id ?? "";
  for (const at of [undefined, id, whole.checkpoint]) {
    const get = (select: string[]) => client.threads.getState(threadId, at, { select: select as never[] });
    expect(await get(["values.messages"])).toEqual({ values: { messages } });
    expect(await get(["next", "values"])).toEqual({ values: whole.values, next: whole.next });
    expect(await get(["next", "created_at"])).toEqual({ next: whole.next, created_at: whole.created_at });
    expect(await get(["values.nothing", "next"])).toEqual({ values: {}, next: whole.next });
    expect(await get(["unknown"])).toEqual({});
  }
  const history = await client.threads.getHistory(threadId);
  const past = await client.threads.getHistory(threadId, { select: ["checkpoint", "values.messages"] });
  expect(past.length).toBeGreaterThan(1);
  expect(past).toEqual(
    history.map(({ checkpoint, values }) => ({
      checkpoint,
      values: "messages" in values ? { messages: values.messages } : {},
    })),
  );

  const { thread_id: empty } = await client.threads.create();
  const nothing = (select: string[]) =>
    client.threads.getState(empty, undefined, { select: select as never[] });
  expect(await nothing(["next"])).toEqual({ next: [] });
  expect(await nothing(["values.messages"])).toEqual({ values: {} });
});

test.each(sdkVersions)("SDK %s: of runs, only what is selected is listed", async (version) => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, { graphs });
  const client = clientOf(server.url, { version });
  const { thread_id: threadId } = await client.threads.create();
  const { run_id: runId } = await client.runs.create(threadId, "ask", { input });
  await waitForStatus(server.url, threadId, "interrupted");
  expect(await client.runs.list(threadId, { select: ["run_id", "status"] })).toEqual([
    { run_id: runId, status: "success" },
  ]);
  const commas = await fetch(`${server.url}/threads/${threadId}/runs?select=run_id,kwargs`);
  const [run] = (await commas.json()) as object[];
  expect(Object.keys(run ?? {})).toEqual(["run_id", "kwargs"]);
});

test.each(sdkVersions)(
  "SDK %s: a stream is joined in several modes, however the SDK lists them",
  async (version) => {
    await using place = await temporaryPlace("sqlite");
    await using server = await serveAt(place, { graphs });
    const client = clientOf(server.url, { version });
    const { thread_id: threadId } = await client.threads.create();
    const { run_id: runId } = await client.runs.create(threadId, "ask", { input });
    await waitForStatus(server.url, threadId, "interrupted");
    const events = new Set<string>();
    const joined = { streamMode: ["updates", "values"], lastEventId: "-1" } as never;
    for await (const { event } of client.runs.joinStream(threadId, runId, joined)) events.add(event);
    expect([...events].toSorted()).toEqual(["end", "metadata", "updates", "values"]);
    const followed = client.threads.joinStream(threadId, {
      streamMode: ["lifecycle", "run_modes"],
      lastEventId: "-1",
    });
    expect((await followed.next()).done).toBe(false);
    await followed.return(undefined);
  },
);

test.each(storeKinds)(
  "%s: the stream of a run is joined by its id alone, by whoever may see it",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    await using server = await serveAt(place, { graphs, authenticate: byApiKey });
    const [ana, ben] = [clientOf(server.url, { user: "ana" }), clientOf(server.url, { user: "ben" })];
    const { run_id: runId } = await ana.runs.create(null as never, "ask", { input });
    const events: string[] = [];
    for await (const { event } of ana.runs.joinStream(null, runId, { lastEventId: "-1" })) events.push(event);
    expect(events.at(0)).toBe("metadata");
    expect(events.at(-1)).toBe("end");
    const join = async (client: typeof ana, id: string) => {
      for await (const _ of client.runs.joinStream(null, id));
    };
    await expect(join(ben, runId)).rejects.toThrow(/404/);
    await expect(join(ana, crypto.randomUUID())).rejects.toThrow(/404/);
  },
);
