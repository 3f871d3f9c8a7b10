import { Annotation, END, interrupt, Send, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { readLog } from "../../src/testing/index.ts";
import { openInterrupts, sendCommand, waitForStatus } from "../support/command.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const State = Annotation.Root({
  letters: Annotation<string[]>({ reducer: (_before, after) => after, default: () => [] }),
  said: Annotation<string[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
});

test("a question that is answered while the answer to its sibling runs is not opened again by that run", async () => {
  let tries = 0;
  let goOn = () => {};
  const isAnswered = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const graph = new StateGraph(State)
    .addNode("ask", async ({ letter }: { letter: string }) => {
      if (letter === "b") tries += 1;
      if (tries === 2) await isAnswered; // the run with the answer to a is here, and will come to ask b again
      return { said: [`${letter}: ${interrupt({ letter })}`] };
    })
    .addConditionalEdges(START, ({ letters }) => letters.map((letter) => new Send("ask", { letter })), [
      "ask",
    ])
    .addEdge("ask", END);
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { letters: graph }, directory: directory.path });
  const threadId = crypto.randomUUID();
  const params = { assistant_id: "letters", input: { letters: ["a", "b"] } };
  await sendCommand(server.url, threadId, { method: "run.start", params });
  const open = openInterrupts(await waitForStatus(server.url, threadId, "interrupted"));
  const answer = (letter: string) =>
    sendCommand(server.url, threadId, {
      method: "input.respond",
      params: { interrupt_id: open.find(({ value }) => value.letter === letter)?.id, response: "yes" },
    });
  expect(await answer("a")).toMatchObject({ type: "success" });
  await expect.poll(() => tries).toBe(2);
  const second = await answer("b");
  expect(second).toMatchObject({ type: "success" });
  goOn();
  const thread = await waitForStatus(server.url, threadId, "idle");
  expect(thread.values?.said).toEqual(["a: yes", "b: yes"]);
  expect(await answer("b")).toMatchObject({ result: second.result, meta: { repeated: true } });
  const log = await readLog(server.url, threadId);
  expect(log.filter(({ method }) => method === "input.requested")).toHaveLength(2);
});
