import { Annotation, END, interrupt, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { effect } from "../../src/effects/index.ts";
import { createServer } from "../../src/http/index.ts";
import { listen } from "../../src/node/index.ts";
import { sqlite } from "../../src/sqlite/index.ts";
import { getJson, openEvents, readEvents, sendCommand, type WireEvent } from "../support/command.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const State = Annotation.Root({ how: Annotation<string>() });

/** Ends as it is told to. */
function createGraph() {
  const build = new StateGraph(State)
    .addNode("work", async ({ how }, config) => {
      if (how === "fails") throw new Error("It fails.");
      if (how === "asks") interrupt("Shall it?");
      if (how === "doubts") {
        const call = () =>
          effect(config, { key: "call", about: { title: "Call" } }, async () => {
            throw new DOMException("The call took too long.", "TimeoutError");
          });
        await call().catch(call);
      }
      if (how === "waits") {
        await new Promise<void>((resolve) => config.signal?.addEventListener("abort", () => resolve()));
        throw new DOMException("stopped", "AbortError");
      }
      return {};
    })
    .addNode("after", () => ({}))
    .addEdge(START, "work")
    .addEdge("work", "after")
    .addEdge("after", END)
    .compile();
  const lost = new StateGraph(State)
    .addNode("work", () => ({}))
    .addEdge(START, "work")
    .compile();
  lost.getState = () => Promise.reject(new Error("Nobody knows."));
  return { graph: build, lost };
}

const isRoot = ({ method, params }: WireEvent) => method === "lifecycle" && params.namespace.length === 0;

/** What a reader that was there before the run is told of it, up to the first frame that says it is over. */
async function follow(url: string, threadId: string): Promise<WireEvent[]> {
  await using stream = openEvents(url, threadId, { channels: ["lifecycle", "values", "updates", "input"] });
  const events: WireEvent[] = [];
  for await (const event of stream.events) {
    events.push(event);
    if (isRoot(event) && event.params.data.event !== "running") break;
  }
  return events;
}

/** What the classic protocol says last of a run to who joins it. */
async function lastClassicFrame(url: string, threadId: string, runId: string): Promise<string | undefined> {
  const text = await (await fetch(`${url}/threads/${threadId}/runs/${runId}/stream`)).text();
  return text.trim().split("\n\n").at(-1);
}

interface Case {
  how?: string;
  graph?: string;
  /** Once the run is on. */
  act?: (at: { url: string; threadId: string; runId: string }) => Promise<unknown>;
  ends: Record<string, unknown>;
  status: string;
}

const cancel =
  (action: string): NonNullable<Case["act"]> =>
  ({ url, threadId, runId }) =>
    fetch(`${url}/threads/${threadId}/runs/${runId}/cancel?action=${action}`, { method: "POST" });

const cases: Record<string, Case> = {
  "comes to its end": { ends: { event: "completed" }, status: "success" },
  fails: { how: "fails", ends: { event: "failed", error: "It fails." }, status: "error" },
  "stops at a question": { how: "asks", ends: { event: "interrupted" }, status: "success" },
  "must ask what became of a call": { how: "doubts", ends: { event: "interrupted" }, status: "success" },
  "takes too long": { how: "waits", ends: { event: "failed", reason: "timeout" }, status: "timeout" },
  "is stopped": {
    how: "waits",
    act: cancel("interrupt"),
    ends: { event: "interrupted", reason: "cancelled" },
    status: "interrupted",
  },
  "is rolled back": {
    how: "waits",
    act: cancel("rollback"),
    ends: { event: "interrupted", reason: "rolled_back" },
    status: "interrupted",
  },
  "cannot say where it stands": {
    graph: "lost",
    ends: { event: "failed", error: "Nobody knows." },
    status: "error",
  },
};

test.each(Object.entries(cases))(
  "a run that %s says so in a frame of its own, the last of it",
  async (_what, one) => {
    await using directory = await temporaryDirectory();
    const { how = "ends", graph = "graph", act, ends, status } = one;
    await using server = await serve({
      graphs: createGraph(),
      directory: directory.path,
      report: () => {},
      runTimeoutMs: ends.reason === "timeout" ? 300 : 60_000,
    });
    const { url } = server;
    const threadId = crypto.randomUUID();
    const followed = follow(url, threadId);
    const command = { assistant_id: graph, input: { how } };
    const reply = await sendCommand(url, threadId, { method: "run.start", params: command });
    const runId = String(reply.result?.run_id);
    await act?.({ url, threadId, runId });
    const live = await followed;
    expect(live.filter(isRoot).map(({ params: { data } }) => data)).toEqual([
      expect.objectContaining({ event: "running" }),
      expect.objectContaining(ends),
    ]);
    // Whoever comes later is told the same, in the same place, and no more of the run.
    const log = await follow(url, threadId);
    expect(log.filter(isRoot)).toEqual(live.filter(isRoot));
    const { events, seq } = { events: await readEvents(url, threadId), seq: log.at(-1)?.seq };
    expect(graph === "lost" ? seq : events.at(-1)?.seq).toBe(seq);
    expect((await getJson<{ status: string }>(`${url}/threads/${threadId}/runs/${runId}`)).status).toBe(
      status,
    );
    expect(await lastClassicFrame(url, threadId, runId)).toBe(
      `event: end\ndata: ${JSON.stringify({ run_id: runId, status })}`,
    );
  },
);

test("a run that nobody can go on with is stopped, and says so in a frame of its own", async () => {
  await using directory = await temporaryDirectory();
  const store = sqlite(`${directory.path}/test.db`);
  const first = createServer({ graphs: createGraph(), store, report: () => {}, leaseMs: 300 });
  const { url, stop } = await listen(first, { port: 0, host: "127.0.0.1" });
  const threadId = crypto.randomUUID();
  const command = { assistant_id: "graph", input: { how: "waits" } };
  const reply = await sendCommand(url, threadId, { method: "run.start", params: command });
  const runId = String(reply.result?.run_id);
  await store.close();
  await stop().catch(() => {});

  await using server = await serve({ graphs: { lost: createGraph().lost }, directory: directory.path });
  await cancel("interrupt")({ url: server.url, threadId, runId });
  const live = (await follow(server.url, threadId)).filter(isRoot);
  expect(live.at(-1)?.params.data).toMatchObject({ event: "interrupted", reason: "cancelled" });
  const status = "interrupted";
  expect(await lastClassicFrame(server.url, threadId, runId)).toBe(
    `event: end\ndata: ${JSON.stringify({ run_id: runId, status })}`,
  );
});
