import { Annotation, END, interrupt, Send, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { z } from "zod";
import {
  getJson,
  observe,
  openInterrupts,
  readEvents,
  sendCommand,
  type WireThread,
  waitForStatus,
} from "../support/command.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const State = Annotation.Root({
  names: Annotation<string[]>({ reducer: (_before, after) => after, default: () => [] }),
  said: Annotation<string[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
});

/** Asks about each name at once, in a node of this name. */
function createAskingGraph(node = "ask", contextSchema?: z.ZodObject) {
  const responseSchema = z.object({ send: z.boolean() });
  return new StateGraph(State, contextSchema)
    .addNode(node, ({ name }: { name?: string }) => {
      const { send } = interrupt<unknown, { send: boolean }>({ name: name ?? "" }, { responseSchema });
      return { said: [`${name}: ${send}`] };
    })
    .addConditionalEdges(START, ({ names }) => names.map((name) => new Send(node, { name })), [node])
    .addEdge(node, END)
    .compile();
}

async function askAbout(url: string, names: string[], more: object = {}) {
  const threadId = crypto.randomUUID();
  const params = { assistant_id: "ask", input: { names }, ...more };
  await sendCommand(url, threadId, { method: "run.start", params });
  const thread = await waitForStatus(url, threadId, "interrupted");
  return { threadId, questions: openInterrupts(thread) };
}

const respond = (url: string, threadId: string, responses: unknown[], more: object = {}) =>
  sendCommand(url, threadId, { method: "input.respond", params: { responses, ...more } });

const saidOn = async (url: string, threadId: string) =>
  ((await observe(url, threadId)).state as { values: { said: string[] } }).values.said;

test("an answer that does not fit the question's schema is refused, with all that came with it, and changes nothing", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: createAskingGraph() }, directory: directory.path });
  const { threadId, questions } = await askAbout(server.url, ["ana", "ben"]);
  const [first, second] = questions.map(({ id }) => id);
  const before = await observe(server.url, threadId);
  for (const bad of [{ send: "perhaps" }, {}, "yes", null, [true]]) {
    const reply = await respond(server.url, threadId, [
      { interrupt_id: first, response: { send: true } },
      { interrupt_id: second, response: bad },
    ]);
    expect(reply, JSON.stringify(bad)).toMatchObject({
      type: "error",
      error: "invalid_argument",
      meta: { code: "invalid_answer", interrupt_id: second },
    });
    expect(await observe(server.url, threadId)).toEqual(before);
  }
  const good = [first, second].map((id) => ({ interrupt_id: id, response: { send: true } }));
  expect(await respond(server.url, threadId, good)).toMatchObject({ type: "success" });
  await waitForStatus(server.url, threadId, "idle");
  expect(await saidOn(server.url, threadId)).toEqual(["ana: true", "ben: true"]);
});

test("an answer that the graph's validateAnswer objects to is refused in its words, and changes nothing", async () => {
  const judged: unknown[] = [];
  const graph = Object.assign(createAskingGraph(), {
    validateAnswer({ value }: { value: unknown }, answer: unknown) {
      judged.push(answer);
      const isBen = (value as { name: string }).name === "ben";
      return isBen && (answer as { send: boolean }).send ? ["Ben gets no letters."] : [];
    },
  });
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: graph }, directory: directory.path });
  const { threadId, questions } = await askAbout(server.url, ["ana", "ben"]);
  const toEach = (response: unknown) => questions.map(({ id }) => ({ interrupt_id: id, response }));
  const before = await observe(server.url, threadId);

  expect(await respond(server.url, threadId, toEach({ send: "perhaps" }))).toMatchObject({ type: "error" });
  expect(judged, "what does not fit the schema is not for it to judge").toEqual([]);
  const reply = await respond(server.url, threadId, toEach({ send: true }));
  expect(reply).toMatchObject({ type: "error", meta: { issues: ["Ben gets no letters."] } });
  expect(reply.message).toContain("Ben gets no letters");
  expect(await observe(server.url, threadId)).toEqual(before);

  expect(await respond(server.url, threadId, toEach({ send: false }))).toMatchObject({ type: "success" });
  await waitForStatus(server.url, threadId, "idle");
});

test("an answer that the graph as it is loaded now does not wait for is refused, and waits for the graph that does", async () => {
  await using directory = await temporaryDirectory();
  const before = await (async () => {
    await using server = await serve({ graphs: { ask: createAskingGraph() }, directory: directory.path });
    return await askAbout(server.url, ["ana"]);
  })();
  const { threadId, questions } = before;
  const [question] = questions;
  const answer = [{ interrupt_id: question?.id, response: { send: true } }];
  {
    await using server = await serve({
      graphs: { ask: createAskingGraph("asks_otherwise") },
      directory: directory.path,
    });
    const runs = async () => ((await observe(server.url, threadId)).runs as unknown[]).length;
    const count = await runs();
    expect(await respond(server.url, threadId, answer)).toMatchObject({
      type: "error",
      meta: { code: "graph_changed", reason: "graph_changed", interrupt_ids: [question?.id] },
    });
    expect(await runs()).toBe(count);
  }
  await using server = await serve({ graphs: { ask: createAskingGraph() }, directory: directory.path });
  expect(await respond(server.url, threadId, answer)).toMatchObject({ type: "success" });
  await waitForStatus(server.url, threadId, "idle");
  expect(await saidOn(server.url, threadId)).toEqual(["ana: true"]);
});

test("an answer that never reached the graph leaves its question open, and every client is told so", async () => {
  const graph = createAskingGraph("ask", z.object({ tone: z.string() }));
  const inTone = (tone: unknown) => ({ config: { configurable: { tone } } });
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: graph }, directory: directory.path });
  const { threadId, questions } = await askAbout(server.url, ["ana"], inTone("kind"));
  const [question] = questions;
  const answer = [{ interrupt_id: question?.id, response: { send: true } }];

  // The graph refuses the tone before it looks at anything else.
  const taken = await respond(server.url, threadId, answer, inTone(7));
  const run = `${server.url}/threads/${threadId}/runs/${taken.result?.run_id}`;
  await expect.poll(async () => (await getJson(run)).status).toBe("error");
  const thread = await getJson<WireThread & Record<string, unknown>>(`${server.url}/threads/${threadId}`);
  expect(thread.status).toBe("interrupted");
  expect(openInterrupts(thread)).toEqual(questions);
  const told = await readEvents(server.url, threadId, { channels: ["input"] });
  expect(told.map(({ method }) => method)).toEqual(["input.requested", "input.answered", "input.requested"]);

  expect(await respond(server.url, threadId, answer, inTone("kind"))).toMatchObject({ type: "success" });
  await waitForStatus(server.url, threadId, "idle");
  expect(await saidOn(server.url, threadId)).toEqual(["ana: true"]);
});
