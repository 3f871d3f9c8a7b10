import { Annotation, END, interrupt, START, StateGraph } from "@langchain/langgraph";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientOf } from "../support/both-stores.ts";
import { openConversation, type SdkVersion, sdks } from "../support/conversation.ts";
import { input, openRows, type Row } from "../support/rows.ts";

/** Graphs of shapes that clients have trouble with, through stock clients. */

const Notes = Annotation.Root({
  notes: Annotation<string[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
});

const questionNode = () => ({ notes: [`heard ${interrupt({ how: "deep" })}`] });

/** A graph in a graph in a graph, and the innermost asks. */
function createDeepGraph() {
  const innermost = new StateGraph(Notes)
    .addNode("ask", questionNode)
    .addEdge(START, "ask")
    .addEdge("ask", END)
    .compile();
  const middle = new StateGraph(Notes)
    .addNode("third", innermost)
    .addEdge(START, "third")
    .addEdge("third", END)
    .compile();
  const outer = new StateGraph(Notes)
    .addNode("second", middle)
    .addEdge(START, "second")
    .addEdge("second", END)
    .compile();
  return new StateGraph(Notes).addNode("first", outer).addEdge(START, "first").addEdge("first", END);
}

let at: Row;
beforeAll(async () => {
  at = await openRows({ graphs: { deep: createDeepGraph() } });
});
afterAll(() => at[Symbol.asyncDispose]());

const versions = Object.keys(sdks) as SdkVersion[];
const namespace = [/^first:/, /^second:/, /^third:/].map((part) => expect.stringMatching(part));

test.each(versions)(
  "SDK %s: the question of a graph three levels down is seen live and after a reload, and answered",
  async (version) => {
    const threadId = crypto.randomUUID();
    await using chat = await openConversation(at.url, threadId, { version, assistantId: "deep" });
    await chat.controller.submit({ notes: ["start"] } as never);
    await expect.poll(() => chat.now().interrupts.length).toBe(1);
    expect(chat.now().interrupts[0]).toMatchObject({ value: { how: "deep" } });
    // A page that has just been opened hydrates from the state of the root.
    await using reloaded = await openConversation(at.url, threadId, { version, assistantId: "deep" });
    await expect.poll(() => reloaded.now().interrupts.length).toBe(1);
    await reloaded.answer("well");
    const { values } = await at.until(threadId, "idle");
    expect(values?.notes).toContain("heard well");
    const tree = (await at.command(threadId, "agent.getTree")).result?.tree;
    const level = (children: unknown) => ({ status: "completed", children: [children] });
    expect(tree).toMatchObject(level(level(level({ namespace, status: "completed" }))));
  },
);

test("SDK 2.0.0: the same in the classic protocol, told at every level", async () => {
  const client = clientOf(at.url, { version: "2.0.0" });
  const { thread_id: threadId } = await client.threads.create();
  const told: string[] = [];
  for await (const { event, data } of client.runs.stream(threadId, "deep", {
    input: { notes: ["start"] },
    streamMode: ["updates"],
    streamSubgraphs: true,
  }))
    if (JSON.stringify(data).startsWith('{"__interrupt__"')) told.push(event.replaceAll(/:[0-9a-f-]+/g, ""));
  expect(told).toEqual(["updates|first|second|third", "updates"]);
  const done = (await client.runs.wait(threadId, "deep", { command: { resume: "well" } })) as {
    notes: string[];
  };
  expect(done.notes).toContain("heard well");
});

test.each(versions)(
  "SDK %s: LangChain's agent with its own middleware: the call is edited by the stock client, and runs as edited",
  async (version) => {
    const threadId = crypto.randomUUID();
    await using chat = await openConversation(at.url, threadId, { version, assistantId: "agent" });
    await chat.ask("Write to Bob.");
    await expect.poll(() => chat.now().interrupts.length).toBe(1);
    const before = at.ran.length;
    const editedAction = { name: "send_email", args: { to: "eve@example.com", body: "Hello Eve" } };
    await chat.answer({ decisions: [{ type: "edit", editedAction }] });
    await at.until(threadId, "idle");
    expect(at.ran.slice(before)).toEqual([editedAction]);
    await expect.poll(() => chat.texts().at(-1)).toContain("Sent to eve@example.com.");
  },
);

test.each(versions)(
  "SDK %s: ThreadStream gets a tool's call and what it comes to, and a channel of the graph's own",
  async (version) => {
    const client = new sdks[version].Client({
      apiUrl: at.url,
      apiKey: null,
      callerOptions: { maxRetries: 0 },
    });
    const thread = client.threads.stream(crypto.randomUUID(), { assistantId: "tools" } as never);
    try {
      const messages = [{ role: "user", content: "keys" }];
      await thread.run.start({ input: { ...input, messages } });
      for await (const call of thread.toolCalls) {
        expect(call).toMatchObject({ name: "look", input: { for: "keys" } });
        expect(JSON.stringify(await call.output)).toContain("Found keys.");
        break;
      }
      for await (const progress of thread.extensions.progress as AsyncIterable<unknown>) {
        expect(progress).toEqual({ looking: "keys" });
        break;
      }
    } finally {
      await thread.close();
    }
  },
);
