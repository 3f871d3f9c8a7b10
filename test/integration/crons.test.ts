import { START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { z } from "zod";
import type { ServerOptions } from "../../src/http/index.ts";
import {
  byApiKey,
  clientOf,
  type Place,
  sdkVersions,
  serveAt,
  storeKinds,
  temporaryPlace,
} from "../support/both-stores.ts";
import { getJson, waitForStatus } from "../support/command.ts";
import { createAskGraph } from "../support/graphs.ts";
import { openHookServer } from "../support/hook-server.ts";

const input = { messages: [{ role: "user", content: "hello" }] };

const graphs = {
  ask: createAskGraph(),
  sum: new StateGraph(z.object({ a: z.number() }))
    .addNode("add", ({ a }) => ({ a: a + 1 }))
    .addEdge(START, "add"),
  endless: new StateGraph(z.object({ a: z.number() }))
    .addNode("wait", (_state, { signal }) => {
      return new Promise<{ a: number }>((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(new Error("stopped")));
      });
    })
    .addEdge(START, "wait"),
};

const minuteMs = 60_000;
const start = Date.parse("2026-07-01T08:30:00Z");

/** A clock that tests move, and servers that go by it. */
function createTime() {
  let at = start;
  return {
    now: () => at,
    to: (text: string) => {
      at = Date.parse(text);
    },
    serve: (place: Place, options: Partial<ServerOptions> = {}) =>
      serveAt(place, { graphs, now: () => at, ...options }),
  };
}

type Client = ReturnType<typeof clientOf>;

const patient = { timeout: 15_000, interval: 20 };

const runsOf = async (client: Client, threadId: string) =>
  (await client.runs.list(threadId, { limit: 50 })).map(({ status }) => status);

/** Waits until the server has looked at what is due now. */
async function looked(client: Client, cronId: string): Promise<void> {
  const due = async () => {
    const found = (await client.crons.search()).find((cron) => cron.cron_id === cronId);
    return found?.next_run_date;
  };
  const before = await due();
  await expect.poll(due, patient).not.toBe(before);
}

test.each(sdkVersions)("SDK %s: crons are created, found, counted, changed and deleted", async (version) => {
  await using place = await temporaryPlace(version === "1.11.0" ? "postgres" : "sqlite");
  const time = createTime();
  await using server = await time.serve(place);
  const client = clientOf(server.url, { version });
  const made = await client.crons.create("sum", {
    schedule: "0 9 * * *",
    input: { a: 1 },
    metadata: { team: "red" },
    config: { tags: ["daily"], recursion_limit: 7 },
    interruptAfter: ["add"],
    multitaskStrategy: "interrupt",
    endTime: "2026-12-01T00:00:00Z",
    onRunCompleted: "keep",
  });
  // SDK 2.0.0 knows no end, time zone or switch.
  const isOld = version === "2.0.0";
  const end = isOld ? null : "2026-12-01T00:00:00.000Z";
  expect(made).toEqual({
    cron_id: expect.any(String),
    assistant_id: (await client.assistants.get("sum")).assistant_id,
    thread_id: null,
    on_run_completed: "keep",
    schedule: "0 9 * * *",
    timezone: null,
    end_time: end,
    next_run_date: "2026-07-01T09:00:00.000Z",
    enabled: true,
    payload: {
      assistant_id: "sum",
      input: { a: 1 },
      config: { tags: ["daily"], recursion_limit: 7 },
      interrupt_after: ["add"],
      multitask_strategy: "interrupt",
    },
    metadata: { team: "red" },
    user_id: null,
    created_at: "2026-07-01T08:30:00.000Z",
    updated_at: "2026-07-01T08:30:00.000Z",
  });
  const { thread_id: threadId } = await client.threads.create();
  const ofThread = await client.crons.createForThread(threadId, "ask", { schedule: "@hourly", input });
  expect(ofThread).toMatchObject({ thread_id: threadId, next_run_date: "2026-07-01T09:00:00.000Z" });
  expect(ofThread).not.toHaveProperty("on_run_completed");

  const ids = async (query?: Parameters<Client["crons"]["search"]>[0]) =>
    (await client.crons.search(query)).map(({ cron_id }) => cron_id);
  expect((await ids()).toSorted()).toEqual([made.cron_id, ofThread.cron_id].toSorted());
  expect(await ids({ threadId })).toEqual([ofThread.cron_id]);
  expect(await ids({ assistantId: "sum" })).toEqual([made.cron_id]);
  expect(await ids({ assistantId: "nobody" })).toEqual([]);
  expect(await client.crons.count()).toBe(2);
  expect(await client.crons.count({ assistantId: made.assistant_id })).toBe(1);
  const [shown] = await client.crons.search({ threadId, select: ["cron_id", "schedule"] });
  expect(shown).toEqual({ cron_id: ofThread.cron_id, schedule: "@hourly" });

  await client.crons.update(made.cron_id, { schedule: "0 10 * * *", input: { a: 5 } });
  const [changed] = await client.crons.search({ assistantId: "sum" });
  expect(changed).toMatchObject({
    schedule: "0 10 * * *",
    next_run_date: "2026-07-01T10:00:00.000Z",
    end_time: end,
    payload: { ...made.payload, input: { a: 5 } },
    metadata: { team: "red" },
  });
  if (!isOld) {
    await client.crons.update(made.cron_id, { enabled: false, endTime: null, metadata: { b: 1 } });
    const [off] = await client.crons.search({ enabled: false, metadata: { team: "red" } });
    expect(off).toMatchObject({ enabled: false, next_run_date: null, end_time: null });
    expect(off?.metadata).toEqual({ team: "red", b: 1 });
    await client.crons.update(made.cron_id, { enabled: true, timezone: "America/New_York" });
    const [on] = await client.crons.search({ metadata: { b: 1 } });
    expect(on).toMatchObject({ timezone: "America/New_York", next_run_date: "2026-07-01T14:00:00.000Z" });
  }
  await client.crons.delete(made.cron_id);
  await expect(client.crons.delete(made.cron_id)).rejects.toThrow(/404.*no cron/s);
  await expect(client.crons.update(made.cron_id, { enabled: true })).rejects.toThrow(/404/);
  expect(await client.crons.count()).toBe(1);
  await client.threads.delete(threadId);
  expect(await client.crons.count()).toBe(0);
  expect(await getJson(`${server.url}/info`)).toMatchObject({ flags: { crons: true } });
});

test.each(storeKinds)(
  "%s: at its time a cron starts one run: on its thread, or on a new one",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    const time = createTime();
    await using hook = await openHookServer();
    await using server = await time.serve(place, { webhooks: { allowHosts: ["127.0.0.1"] } });
    const client = clientOf(server.url);
    const { thread_id: threadId } = await client.threads.create();
    const config = { configurable: { tone: "dry" } };
    const metadata = { team: "red" };
    const cron = await client.crons.createForThread(threadId, "sum", {
      ...{ schedule: "0 * * * *", input: { a: 1 }, config, metadata, webhook: hook.url },
    });
    const alone = { schedule: "0 * * * *", input: { a: 10 } };
    const gone = await client.crons.create("sum", alone);
    const kept = await client.crons.create("sum", { ...alone, onRunCompleted: "keep" });
    time.to("2026-07-01T08:59:59.999Z");
    await client.runs.wait(null, "sum", { input: { a: 0 } });
    expect(await runsOf(client, threadId)).toEqual([]);

    time.to("2026-07-01T09:00:00Z");
    await expect.poll(() => runsOf(client, threadId), patient).toEqual(["success"]);
    const [run] = await client.runs.list(threadId);
    expect(run?.metadata).toEqual({ team: "red", cron_id: cron.cron_id });
    expect(run).toMatchObject({ assistant_id: cron.assistant_id, kwargs: { input: { a: 1 }, config } });
    expect((await client.threads.getState(threadId)).values).toEqual({ a: 2 });
    await expect.poll(() => hook.calls.length, patient).toBe(1);
    expect(hook.calls[0]?.body).toMatchObject({ run_id: run?.run_id, status: "success" });

    const threadsOf = ({ cron_id }: { cron_id: string }) =>
      client.threads.search({ metadata: { cron_id }, status: "idle" });
    for (const one of [gone, kept]) {
      await expect.poll(async () => (await threadsOf(one)).length, patient).toBe(1);
      expect((await threadsOf(one))[0]?.values).toEqual({ a: 11 });
    }
    time.to("2026-07-01T09:01:01Z");
    await expect.poll(async () => (await threadsOf(gone)).length, patient).toBe(0);
    expect((await threadsOf(kept)).length).toBe(1);
    expect((await client.crons.search({ threadId }))[0]).toMatchObject({
      next_run_date: "2026-07-01T10:00:00.000Z",
      updated_at: cron.updated_at,
    });
  },
);

test.each(storeKinds)("%s: of ticks that were missed the newest is made up for, once", async (kind) => {
  await using place = await temporaryPlace(kind);
  const time = createTime();
  const { threadId, cronId, ended } = await (async () => {
    await using server = await time.serve(place);
    const client = clientOf(server.url);
    const { thread_id: id } = await client.threads.create();
    const terms = { schedule: "0 * * * *", input: { a: 1 } };
    const cron = await client.crons.createForThread(id, "sum", terms);
    const { thread_id: other } = await client.threads.create();
    await client.crons.createForThread(other, "sum", { ...terms, endTime: "2026-07-01T09:30:00Z" });
    const off = await client.crons.createForThread(id, "sum", terms);
    await client.crons.update(off.cron_id, { enabled: false });
    return { threadId: id, cronId: cron.cron_id, ended: other };
  })();
  time.to("2026-07-01T14:20:00Z");
  await (async () => {
    await using server = await time.serve(place);
    const client = clientOf(server.url);
    await expect.poll(() => runsOf(client, threadId), patient).toEqual(["success"]);
    await expect.poll(() => runsOf(client, ended), patient).toEqual(["success"]);
    time.to("2026-07-01T15:00:00Z");
    await expect.poll(() => runsOf(client, threadId), patient).toEqual(["success", "success"]);
    expect(await runsOf(client, ended)).toEqual(["success"]);
    const crons = await client.crons.search({ sortBy: "next_run_date", sortOrder: "asc" });
    expect(crons.map(({ next_run_date }) => next_run_date)).toEqual(["2026-07-01T16:00:00.000Z", null, null]);
    expect(crons[0]?.cron_id).toBe(cronId);
  })();
  // A clock that was put back passes no tick twice.
  time.to("2026-07-01T14:59:00Z");
  await using server = await time.serve(place);
  const client = clientOf(server.url);
  await client.crons.update(cronId, { schedule: "*/30 * * * *" });
  const [changed] = await client.crons.search({ threadId, enabled: true });
  expect(changed?.next_run_date).toBe("2026-07-01T15:30:00.000Z");
});

test("two servers on one database start the run of each tick once", async () => {
  await using place = await temporaryPlace("postgres");
  const time = createTime();
  await using one = await time.serve(place);
  await using two = await time.serve(place);
  const [client, other] = [clientOf(one.url), clientOf(two.url)];
  const threads = await Promise.all(Array.from({ length: 8 }, () => client.threads.create()));
  for (const { thread_id: threadId } of threads) {
    await client.crons.createForThread(threadId, "sum", { schedule: "* * * * *", input: { a: 1 } });
  }
  await client.crons.create("sum", { schedule: "* * * * *", input: { a: 1 }, onRunCompleted: "keep" });
  for (let ticks = 1; ticks <= 4; ticks += 1) {
    time.to(new Date(start + ticks * minuteMs).toISOString());
    for (const { thread_id: threadId } of threads) {
      await expect
        .poll(async () => runsOf(other, threadId), patient)
        .toEqual(Array.from({ length: ticks }, () => "success"));
    }
    await expect
      .poll(async () => (await client.threads.search({ limit: 50 })).length, patient)
      .toBe(8 + ticks);
  }
});

test("one run of a cron waits behind a question, not one for each tick; a thread that asks is kept", async () => {
  await using place = await temporaryPlace("sqlite");
  const time = createTime();
  await using server = await time.serve(place);
  const client = clientOf(server.url);
  const { thread_id: threadId } = await client.threads.create();
  await client.runs.create(threadId, "ask", { input });
  await waitForStatus(server.url, threadId, "interrupted");
  const waits = await client.crons.createForThread(threadId, "sum", {
    schedule: "0 * * * *",
    input: { a: 1 },
  });
  const alone = await client.crons.create("ask", { schedule: "0 9 * * *", input });
  for (const hour of ["09", "10", "11"]) {
    const due = looked(client, waits.cron_id);
    time.to(`2026-07-01T${hour}:00:00Z`);
    await due;
  }
  expect(await runsOf(client, threadId)).toEqual(["pending", "success"]);
  await client.runs.wait(threadId, "ask", { command: { resume: { send: true } } });
  await expect.poll(() => runsOf(client, threadId), patient).toEqual(["success", "success", "success"]);

  // Two hours after its run stopped at a question, the thread of the other is there, and goes once it is answered.
  const threads = () => client.threads.search({ metadata: { cron_id: alone.cron_id } });
  const [asking] = await threads();
  expect(asking).toMatchObject({ status: "interrupted" });
  await client.runs.wait(asking?.thread_id ?? "", "ask", { command: { resume: { send: true } } });
  time.to("2026-07-01T11:02:00Z");
  await expect.poll(async () => (await threads()).length, patient).toBe(0);
});

test("a tick is passed over when the thread is busy, its graph is gone, or its end has come", async () => {
  await using place = await temporaryPlace("sqlite");
  const time = createTime();
  const reports: Record<string, unknown>[] = [];
  const { threadId, cronId } = await (async () => {
    await using server = await time.serve(place);
    const client = clientOf(server.url);
    const { thread_id: id } = await client.threads.create();
    await client.runs.create(id, "endless", { input: { a: 1 } });
    const terms = { schedule: "0 * * * *", input: { a: 1 }, multitaskStrategy: "reject" } as const;
    const cron = await client.crons.createForThread(id, "sum", { ...terms, endTime: "2026-07-01T10:30:00Z" });
    const due = looked(client, cron.cron_id);
    time.to("2026-07-01T09:00:00Z");
    await due;
    const [run] = await client.runs.list(id);
    expect(await runsOf(client, id)).toEqual(["running"]);
    await client.runs.cancel(id, run?.run_id ?? "", true);
    return { threadId: id, cronId: cron.cron_id };
  })();
  const { sum: _sum, ...others } = graphs;
  const report = (_error: unknown, context: Record<string, unknown>) => reports.push(context);
  await using server = await time.serve(place, { graphs: others, report });
  const client = clientOf(server.url);
  time.to("2026-07-01T10:00:00Z");
  await expect.poll(() => reports.length, patient).toBe(1);
  expect(reports).toEqual([{ during: "crons", cronId, threadId }]);
  expect(await runsOf(client, threadId)).toEqual(["interrupted"]);
  expect((await client.crons.search())[0]).toMatchObject({ cron_id: cronId, next_run_date: null });
});

test("what is wrong with a cron is refused by the path of the field, and nothing is written", async () => {
  await using place = await temporaryPlace("sqlite");
  await using server = await createTime().serve(place);
  const client = clientOf(server.url);
  const good = { schedule: "0 9 * * *", input: {} };
  const cron = await client.crons.create("sum", good);
  for (const [field, wrong] of [
    ["schedule", { schedule: "every day" }],
    ["schedule", { schedule: "0 0 31 2 *" }],
    ["schedule", { schedule: "*/5 * * * * *" }],
    ["timezone", { timezone: "Mars/Olympus" }],
    ["end_time", { endTime: "tomorrow" }],
    ["on_run_completed", { onRunCompleted: "burn" }],
    ["enabled", { enabled: "yes" }],
    ["stream_mode", { streamMode: "smell" }],
    ["webhook", { webhook: "http://127.0.0.1/" }],
    ["config.configurable.checkpoint_id", { config: { configurable: { checkpoint_id: "1" } } }],
  ] as const) {
    const said = new RegExp(`400.*${field}`, "s");
    await expect(client.crons.create("sum", { ...good, ...wrong } as never), field).rejects.toThrow(said);
    await expect(client.crons.update(cron.cron_id, wrong as never), field).rejects.toThrow(said);
  }
  await expect(client.crons.create("sum", { input: {} } as never)).rejects.toThrow(/400.*schedule/s);
  await expect(client.crons.create("nobody", good)).rejects.toThrow(/404/);
  await expect(client.crons.createForThread("none", "sum", good)).rejects.toThrow(/404/);
  expect(await client.crons.search()).toEqual([cron]);
});

test.each(storeKinds)("%s: another's crons are not there, and run as who made them", async (kind) => {
  await using place = await temporaryPlace(kind);
  const time = createTime();
  await using server = await time.serve(place, { authenticate: byApiKey });
  const [ana, ben] = [clientOf(server.url, { user: "ana" }), clientOf(server.url, { user: "ben" })];
  const cron = await ana.crons.create("sum", {
    schedule: "@hourly",
    input: { a: 1 },
    onRunCompleted: "keep",
  });
  expect(cron.user_id).toBe("ana");
  const { thread_id: threadId } = await ana.threads.create();
  await expect(ben.crons.createForThread(threadId, "sum", { schedule: "@hourly" })).rejects.toThrow(/404/);
  await expect(ben.crons.update(cron.cron_id, { enabled: false })).rejects.toThrow(/404/);
  await expect(ben.crons.delete(cron.cron_id)).rejects.toThrow(/404/);
  expect(await ben.crons.search()).toEqual([]);
  expect(await ben.crons.count()).toBe(0);
  time.to("2026-07-01T09:00:00Z");
  const made = () => ana.threads.search({ metadata: { cron_id: cron.cron_id }, status: "idle" });
  await expect.poll(async () => (await made()).length, patient).toBe(1);
  expect((await ben.threads.search()).length).toBe(0);
});

test("authorize decides about crons, one by one", async () => {
  await using place = await temporaryPlace("sqlite");
  const asked: unknown[] = [];
  await using server = await createTime().serve(place, {
    authenticate: (request) => ({ id: request.headers.get("x-api-key") ?? "", owner: null }),
    authorize: ({ id }, action, _thread, what) => {
      if (!action.startsWith("crons.")) return true;
      asked.push([action, id]);
      const { cron } = what as { cron?: { metadata: { by?: string } } };
      if (action === "crons.create") return id === "guest" ? false : { metadata: { by: id } };
      return cron?.metadata.by === id;
    },
  });
  const [ana, ben, guest] = ["ana", "ben", "guest"].map((user) => clientOf(server.url, { user })) as [
    Client,
    Client,
    Client,
  ];
  const terms = { schedule: "@daily", input: { a: 1 }, metadata: { by: "somebody" } };
  await expect(guest.crons.create("sum", terms)).rejects.toThrow(/403/);
  const cron = await ana.crons.create("sum", terms);
  expect(cron.metadata).toEqual({ by: "ana" });
  await ben.crons.create("sum", terms);
  expect((await ana.crons.search()).map(({ cron_id }) => cron_id)).toEqual([cron.cron_id]);
  expect(await ana.crons.count()).toBe(1);
  await expect(ben.crons.delete(cron.cron_id)).rejects.toThrow(/404/);
  await ana.crons.delete(cron.cron_id);
  expect(asked).toContainEqual(["crons.delete", "ana"]);
});

test("in a time zone, a cron follows its clocks as they change", async () => {
  await using place = await temporaryPlace("sqlite");
  const time = createTime();
  time.to("2026-10-24T12:00:00Z");
  await using server = await time.serve(place);
  const client = clientOf(server.url);
  const { thread_id: threadId } = await client.threads.create();
  const cron = await client.crons.createForThread(threadId, "sum", {
    ...{ schedule: "30 2 * * *", timezone: "Europe/Berlin", input: { a: 1 } },
  });
  expect(cron.next_run_date).toBe("2026-10-25T00:30:00.000Z");
  const due = looked(client, cron.cron_id);
  time.to("2026-10-25T00:30:00Z");
  await due;
  // Half past two comes again an hour later: it is not taken twice.
  expect((await client.crons.search())[0]?.next_run_date).toBe("2026-10-26T01:30:00.000Z");
  await expect.poll(() => runsOf(client, threadId), patient).toEqual(["success"]);
});
