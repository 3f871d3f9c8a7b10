import { getEventListeners } from "node:events";
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { startCore } from "../../src/core/core.ts";
import { createServer } from "../../src/http/index.ts";
import { createApp } from "../../src/http/server.ts";
import { sqlite } from "../../src/sqlite/index.ts";

/** A graph whose node waits until it is told to go on. */
function createWaitingGraph() {
  let goOn = () => {};
  const told = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const graph = new StateGraph(Annotation.Root({ said: Annotation<string>() }))
    .addNode("wait", async () => {
      await told;
      return { said: "done" };
    })
    .addEdge(START, "wait")
    .addEdge("wait", END)
    .compile();
  return { graph, goOn };
}

const post = (body: unknown) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});
const run = { assistant_id: "wait", input: { said: "nothing" } };

test.each([
  ["the thread protocol's", "/threads/t/stream/events", post({ channels: ["lifecycle"] })],
  ["a thread's classic one", "/threads/t/stream", {}],
  ["a new run's", "/threads/t/runs/stream", post({ ...run, stream_mode: "updates" })],
  ["a run's that was there", "/threads/t/runs/$run/stream", {}],
  ["the wait for a run", "/threads/t/runs/$run/join", {}],
])("a stream whose client has gone, %s, hears of the server's end no more", async (_name, path, init) => {
  const { graph, goOn } = createWaitingGraph();
  const core = await startCore({ graphs: { wait: graph }, store: sqlite(":memory:") });
  const closing = new AbortController();
  const app = createApp(core, { graphs: { wait: graph }, store: core.store }, closing.signal);
  const send = async (where: string, what: object) => app.request(`http://127.0.0.1${where}`, what);
  await send("/threads", post({ thread_id: "t" }));
  const started = path.includes("$run") ? await (await send("/threads/t/runs", post(run))).json() : undefined;
  const runId = (started as { run_id: string } | undefined)?.run_id ?? "";

  const response = await send(path.replace("$run", runId), init);
  expect(response.status).toBe(200);
  expect(getEventListeners(closing.signal, "abort")).toHaveLength(1);
  await response.body?.cancel();
  await expect.poll(() => getEventListeners(closing.signal, "abort")).toEqual([]);
  goOn();
  await core.stop(5_000);
});

test("twenty streams at once are nothing to warn of", async () => {
  const { graph } = createWaitingGraph();
  const warnings: string[] = [];
  const hear = ({ name }: Error) => void warnings.push(name);
  process.on("warning", hear);
  const server = createServer({ graphs: { wait: graph }, store: sqlite(":memory:") });
  const open = async () =>
    server.fetch(new Request("http://127.0.0.1/threads/t/stream/events", post({ channels: ["lifecycle"] })));
  const responses = await Promise.all(Array.from({ length: 20 }, open));
  expect(responses.map(({ status }) => status)).toEqual(Array(20).fill(200));
  for (const { body } of responses) await body?.cancel();
  await server.close();
  await new Promise(setImmediate); // warnings are told then
  process.off("warning", hear);
  expect(warnings).not.toContain("MaxListenersExceededWarning");
});
