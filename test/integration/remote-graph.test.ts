import {
  Annotation,
  Command,
  END,
  interrupt,
  isGraphInterrupt,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { RemoteGraph } from "@langchain/langgraph/remote";
import { MemorySaver } from "@langchain/langgraph-checkpoint";
import { expect, test } from "vitest";
import { observe, openInterrupts, sendCommand, waitForStatus } from "../support/command.ts";
import { createNestedGraph } from "../support/graphs.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const input = { notes: ["start"] };
const Notes = Annotation.Root({
  notes: Annotation<string[]>({ reducer: (_before, after) => after, default: () => [] }),
});
const onThread = (threadId: string = crypto.randomUUID()) => ({ configurable: { thread_id: threadId } });

test("RemoteGraph: runs to the question, reads state and history, resumes, writes state", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { nested: createNestedGraph() }, directory: directory.path });
  const remote = new RemoteGraph({ graphId: "nested", url: server.url });
  const config = onThread();
  const asked = await remote.invoke(input, config).catch((error: unknown) => error);
  expect(isGraphInterrupt(asked)).toBe(true);
  const { interrupts } = asked as { interrupts: { id: string; value: unknown }[] };
  expect(interrupts).toEqual([{ id: expect.stringMatching(/^[0-9a-f]{32}$/), value: { deep: true } }]);
  const state = await remote.getState(config);
  expect(state).toMatchObject({
    next: ["inner"],
    tasks: [{ name: "inner", interrupts: [{ interrupt_id: interrupts[0]?.id, value: { deep: true } }] }],
  });
  const resume = { [interrupts[0]?.id ?? ""]: "yes" };
  const parts: unknown[] = [];
  const options = { ...config, streamMode: ["updates" as const], subgraphs: true };
  for await (const part of await remote.stream(new Command({ resume }), options)) parts.push(part);
  expect(parts).toContainEqual([[], "updates", { after: { notes: ["after"] } }]);
  expect((await remote.getState(config)).next).toEqual([]);
  const history: unknown[] = [];
  for await (const { next } of remote.getStateHistory(config, { limit: 3 })) history.push(next);
  expect(history).toEqual([[], ["after"], ["inner"]]);
  await remote.updateState(config, { notes: ["by hand"] });
  expect((await remote.getState(config)).values).toMatchObject({
    notes: expect.arrayContaining(["by hand"]),
  });
});

test("RemoteGraph by the thread protocol (streamEvents v3): values to the question, then the interrupt", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { nested: createNestedGraph() }, directory: directory.path });
  const remote = new RemoteGraph({ graphId: "nested", url: server.url });
  const config = onThread();
  const run = await remote.streamEvents(input, { ...config, version: "v3" } as never);
  const methods: string[] = [];
  for await (const event of run as AsyncIterable<{ method?: string; params?: { data?: { event?: string } } }>)
    methods.push(event.method ?? "");
  expect(methods).toContain("values");
  const thread = await waitForStatus(server.url, config.configurable.thread_id, "interrupted");
  expect(openInterrupts(thread)).toHaveLength(1);
});

test("RemoteGraph as a node: the question inside it is the parent's; a new input answers nothing", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { nested: createNestedGraph() }, directory: directory.path });
  const remote = new RemoteGraph({ graphId: "nested", url: server.url });
  const parent = new StateGraph(Notes)
    .addNode("remote", remote as never)
    .addEdge(START, "remote")
    .addEdge("remote", END)
    .compile({ checkpointer: new MemorySaver() });
  const config = onThread();
  const threadId = config.configurable.thread_id;
  expect(await parent.invoke(input, config)).toMatchObject({ __interrupt__: [{ value: { deep: true } }] });
  const [question] = openInterrupts(await waitForStatus(server.url, threadId, "interrupted"));
  // The client sends the parent's state again, never its answer (core 1.7.3): that is no approval.
  const before = await observe(server.url, threadId);
  await expect(parent.invoke(new Command({ resume: "yes" }), config)).rejects.toThrow(/409.*interrupts_open/);
  expect(await observe(server.url, threadId)).toEqual(before);
  const resume = { [question?.id ?? ""]: "yes" };
  expect(await remote.invoke(new Command({ resume }), config)).toMatchObject({
    notes: expect.arrayContaining(['answered "yes"', "after"]),
  });
});

test("RemoteGraph inside a served graph: a question of the one is answered at the other, across two servers", async () => {
  await using directory = await temporaryDirectory();
  await using other = await temporaryDirectory();
  await using far = await serve({ graphs: { nested: createNestedGraph() }, directory: other.path });
  const remote = new RemoteGraph({ graphId: "nested", url: far.url });
  const parent = new StateGraph(Notes)
    .addNode("delegate", async (state, { configurable }) => {
      const config = onThread(String(configurable?.thread_id));
      const asked = async () => {
        const state = await remote.getState(config).catch(() => undefined);
        return state?.tasks.flatMap(
          ({ interrupts }) => interrupts as { interrupt_id?: string; value?: unknown }[],
        )[0];
      };
      if ((await asked()) === undefined) {
        await remote.invoke({ notes: state.notes }, config).catch((error: unknown) => {
          if (!isGraphInterrupt(error)) throw error;
        });
      }
      const question = await asked();
      const answer = interrupt(question?.value);
      return remote.invoke(new Command({ resume: { [question?.interrupt_id ?? ""]: answer } }), config);
    })
    .addEdge(START, "delegate")
    .addEdge("delegate", END);
  await using near = await serve({ graphs: { parent }, directory: directory.path });
  const threadId = crypto.randomUUID();
  await sendCommand(near.url, threadId, { method: "run.start", params: { assistant_id: "parent", input } });
  const [question] = openInterrupts(await waitForStatus(near.url, threadId, "interrupted"));
  expect(question?.value).toEqual({ deep: true });
  expect((await waitForStatus(far.url, threadId, "interrupted")).thread_id).toBe(threadId);
  await sendCommand(near.url, threadId, {
    method: "input.respond",
    params: { interrupt_id: question?.id, response: "yes" },
  });
  const done = await waitForStatus(near.url, threadId, "idle");
  expect(done.error).toBeUndefined();
  expect(done.values?.notes).toEqual(expect.arrayContaining(['answered "yes"', "after"]));
  await waitForStatus(far.url, threadId, "idle");
});
