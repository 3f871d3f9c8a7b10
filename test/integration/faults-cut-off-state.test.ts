import { Annotation, END, Send, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { readLog } from "../../src/testing/index.ts";
import { getJson, sendCommand, waitForStatus } from "../support/command.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const State = Annotation.Root({
  said: Annotation<string[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
});

test("a run is cancelled while one of two tasks is through: the stream ends with what the state says", async () => {
  let begun = () => {};
  const isSlow = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const graph = new StateGraph(State)
    .addNode("fast", () => ({ said: ["fast"] }))
    .addNode("slow", async (_state, config) => {
      begun();
      await new Promise((_resolve, reject) => {
        config.signal?.addEventListener("abort", () => reject(new Error("stopped")));
      });
      return {};
    })
    .addConditionalEdges(START, () => [new Send("fast", {}), new Send("slow", {})], ["fast", "slow"])
    .addEdge("fast", END)
    .addEdge("slow", END);
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { both: graph }, directory: directory.path });
  const threadId = crypto.randomUUID();
  const params = { assistant_id: "both", input: { said: ["start"] } };
  const { result } = await sendCommand(server.url, threadId, { method: "run.start", params });
  await isSlow;
  const updates = async () =>
    (await readLog(server.url, threadId)).filter(({ method, params }) => {
      return method === "updates" && params.node === "fast";
    }).length;
  await expect.poll(updates).toBe(1);
  await fetch(`${server.url}/threads/${threadId}/runs/${result?.run_id}/cancel?wait=1`, { method: "POST" });
  await waitForStatus(server.url, threadId, "idle");

  const { values } = await getJson<{ values: unknown }>(`${server.url}/threads/${threadId}/state`);
  const told = (await readLog(server.url, threadId)).filter(({ method }) => method === "values");
  expect(values).toEqual({ said: ["start", "fast"] });
  expect(told.at(-1)?.params.data).toEqual(values);
});
