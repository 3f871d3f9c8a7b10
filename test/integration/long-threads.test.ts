import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { END, interrupt, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { getJson, readEvents, sendCommand, waitForStatus } from "../support/command.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const long = 1_300;

/** Messages of a long conversation, as JSON; some of them are more than text. */
const conversation = Array.from({ length: long }, (_, place) => {
  const id = `m${place}`;
  const content = `said ${place}: "${"ü\\ ".repeat(80)}"`;
  if (place % 50 === 7) return { type: "tool", id, content, tool_call_id: `c${place}` };
  return { type: place % 2 === 0 ? "human" : "ai", id, content };
});

/** Adds a message, and asks; its sibling has added one by then. */
const createGraph = () =>
  new StateGraph(MessagesAnnotation)
    .addNode("quick", () => ({ messages: [new AIMessage({ id: "quick", content: "done already" })] }))
    .addNode("asking", () => ({
      messages: [new AIMessage({ id: "asked", content: String(interrupt("?")) })],
    }))
    .addNode("look", ({ messages }) => ({
      messages: [
        new AIMessage({
          id: "look",
          content: JSON.stringify([
            messages.length,
            HumanMessage.isInstance(messages[0]),
            AIMessage.isInstance(messages[1]),
            ToolMessage.isInstance(messages[7]),
            messages.find(({ id }) => id === "asked")?.text,
          ]),
        }),
      ],
    }))
    .addEdge(START, "quick")
    .addEdge(START, "asking")
    .addEdge(["quick", "asking"], "look")
    .addEdge("look", END);

interface State {
  values: { messages: Record<string, unknown>[] };
  next: string[];
}

const summary = ({ messages }: State["values"]) =>
  messages.map(({ type, id, content, tool_call_id: call }) => ({
    type,
    id,
    content,
    ...(call ? { call } : {}),
  }));
const expected = conversation.map(({ tool_call_id: call, ...one }) => ({
  ...one,
  ...(call ? { call } : {}),
}));

async function begin(url: string): Promise<string> {
  const threadId = crypto.randomUUID();
  const params = { assistant_id: "graph", input: { messages: conversation } };
  await sendCommand(url, threadId, { method: "run.start", params });
  await waitForStatus(url, threadId, "interrupted");
  return threadId;
}

async function history(url: string, threadId: string): Promise<State[]> {
  const response = await fetch(`${url}/threads/${threadId}/history`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ limit: 10 }),
  });
  return (await response.json()) as State[];
}

/** The values of the head, in every way that a client can ask for them. */
async function everyView(url: string, threadId: string): Promise<State["values"][]> {
  const thread = `${url}/threads/${threadId}`;
  const search = await fetch(`${url}/threads/search`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ids: [threadId] }),
  });
  const got = await sendCommand(url, threadId, { method: "state.get", params: { namespace: [] } });
  return [
    (await getJson<State>(`${thread}/state`)).values,
    (await getJson<State>(thread)).values,
    ((await search.json()) as State[])[0]?.values as State["values"],
    got.result?.values as State["values"],
  ];
}

test("a long conversation is the same in every view, while a task waits whose sibling is done, and after a restart", async () => {
  await using directory = await temporaryDirectory();
  const options = { graphs: { graph: createGraph() }, directory: directory.path };
  const first = await serve(options);
  const threadId = await begin(first.url);
  const waiting = await everyView(first.url, threadId);
  const withSibling = [...expected, { type: "ai", id: "quick", content: "done already" }];
  for (const values of waiting) expect(summary(values)).toEqual(withSibling);
  for (const values of waiting) expect(values).toEqual(waiting[0]);
  // Before the tasks: what none of them has added to.
  const [head, input] = await history(first.url, threadId);
  expect(summary(head?.values as State["values"])).toEqual(expected);
  expect(input?.values.messages ?? []).toEqual([]);
  await first.stop();

  await using second = await serve(options);
  expect(await everyView(second.url, threadId)).toEqual(waiting);
  const { interrupts } = await getJson<{ interrupts: Record<string, { id: string }[]> }>(
    `${second.url}/threads/${threadId}`,
  );
  const answers = { interrupt_id: Object.values(interrupts)[0]?.[0]?.id, response: "yes" };
  await sendCommand(second.url, threadId, { method: "input.respond", params: answers });
  await waitForStatus(second.url, threadId, "idle");
  const ended = await everyView(second.url, threadId);
  const seen = [long + 2, true, true, true, "yes"];
  expect(JSON.parse(String(ended[0]?.messages.at(-1)?.content))).toEqual(seen);
  for (const values of ended) expect(values).toEqual(ended[0]);
  // The stream tells the same, and so does each state of the past.
  const values = (await readEvents(second.url, threadId)).filter(({ method }) => method === "values");
  expect(values.at(-1)?.params.data).toEqual(ended[0]);
  const lengths = (await history(second.url, threadId)).map((state) => state.values.messages?.length ?? 0);
  expect(lengths).toEqual([long + 3, long + 2, long, 0]);
});

test("what is redacted of a long reply makes it shorter, and leaves it whole", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({
    graphs: { graph: createGraph() },
    directory: directory.path,
    redact: [{ pattern: /said \d+/g }],
  });
  const threadId = await begin(server.url);
  for (const { messages } of await everyView(server.url, threadId)) {
    expect(messages).toHaveLength(long + 1);
    expect(messages[5]?.content).toBe(`[redacted]: "${"ü\\ ".repeat(80)}"`);
  }
});

test("a long reply says how long it is, and says the same to each of many readers", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { graph: createGraph() }, directory: directory.path });
  const threadId = await begin(server.url);
  const read = async () => {
    const response = await fetch(`${server.url}/threads/${threadId}/state`);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(response.headers.get("content-length")).toBe(String(bytes.length));
    return bytes.toString();
  };
  const [one, ...others] = await Promise.all(Array.from({ length: 8 }, read));
  expect(JSON.parse(String(one)).values.messages).toHaveLength(long + 1);
  expect(new Set(others)).toEqual(new Set([one]));
  // Whoever is in the same process, and changes what it is given, changes nothing of it.
  const mine = await server.server.fetch(new Request(`${server.url}/threads/${threadId}/state`));
  for await (const piece of mine.body as unknown as AsyncIterable<Uint8Array>) piece.fill(0);
  expect(await read()).toBe(one);
});

test("a state is written to, and gone on from, where it was read to be shown", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { graph: createGraph() }, directory: directory.path });
  const threadId = await begin(server.url);
  const state = `${server.url}/threads/${threadId}/state`;
  await getJson(state);
  const response = await fetch(state, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      values: { messages: [{ type: "human", id: "m3", content: "changed" }] },
      as_node: "asking",
    }),
  });
  expect(response.status).toBe(200);
  const { messages } = (await getJson<State>(state)).values;
  expect(messages[3]).toMatchObject({ type: "human", id: "m3", content: "changed" });
  expect(messages[2]).toMatchObject({ type: "human", id: "m2" });
});
