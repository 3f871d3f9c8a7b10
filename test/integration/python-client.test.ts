import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { followAsPython, openPythonThread } from "../support/python-client.ts";
import { input, openRows, type Row, resume } from "../support/rows.ts";

/** The Python client (`langgraph_sdk` 0.4.5), imitated: there is no Python here. */

let at: Row;
beforeAll(async () => {
  at = await openRows();
});
afterAll(() => at[Symbol.asyncDispose]());
beforeEach(() => at.gate.open());

const transports = ["http", "websocket"] as const;
const open = (transport: (typeof transports)[number], threadId = crypto.randomUUID()) =>
  openPythonThread({ url: at.url, threadId, transport });

test.each(transports)(
  "%s: starts, sees the question with its value, answers, and gets the output",
  async (transport) => {
    const thread = await open(transport);
    using _closed = thread;
    expect(await thread.start("ask", input)).toEqual({ run_id: expect.any(String) });
    await thread.asked();
    const [asked] = thread.interrupts;
    expect(asked).toMatchObject({ value: { question: "Send it?" }, namespace: [] });
    const settled = thread.output();
    await thread.respond(asked?.interrupt_id ?? "", { send: true });
    const { messages } = (await settled) as { messages: { content: string }[] };
    expect(messages.at(-1)?.content).toBe("Sent.");
    // What is settled is had at once.
    expect(await thread.output()).toEqual(await settled);
  },
);

test.each(transports)("%s: a nested question is answered at its namespace", async (transport) => {
  const thread = await open(transport);
  using _closed = thread;
  await thread.start("nested", { notes: ["start"] });
  await thread.asked();
  const [asked] = thread.interrupts;
  expect(asked).toMatchObject({ value: { deep: true }, namespace: [expect.stringMatching(/^inner:/)] });
  const settled = thread.output();
  await thread.respond(asked?.interrupt_id ?? "", "yes", asked?.namespace);
  expect((await settled).notes).toContain("after");
});

test.each(transports)("%s: values come one after the other, up to the question", async (transport) => {
  const thread = await open(transport);
  using _closed = thread;
  await thread.start("ask", input);
  const shared = await thread.events(["values", "input"]);
  const lengths: number[] = [];
  for (;;) {
    const { method, params } = await shared.next();
    if (method === "input.requested") break;
    if (method === "values") lengths.push((params.data.messages as unknown[]).length);
  }
  expect(lengths.at(-1)).toBe(2);
  shared.close();
});

test.each(transports)(
  "%s: a stream that breaks comes back behind what it has seen: nothing lost, nothing twice",
  async (transport) => {
    at.gate.shut();
    const threadId = crypto.randomUUID();
    const thread = await open(transport, threadId);
    using _closed = thread;
    const shared = await thread.events(["messages"]);
    const messages = [{ role: "user", content: "one" }];
    await thread.start("chat", { messages });
    let said = "";
    for (;;) {
      const { method, params } = await shared.next();
      const { event, delta, content } = params.data as {
        event?: string;
        delta?: { text?: string };
        content?: { text?: string };
      };
      if (method === "messages") said += delta?.text ?? "";
      // Of a run that ended meanwhile the rest is in the block's end, whole.
      if (event === "content-block-finish") said = content?.text ?? "";
      if (said === "You said: " && shared.told.opened === 1) {
        shared.cut();
        at.gate.open();
      }
      if (method === "lifecycle" && params.namespace.length === 0 && event === "completed") break;
    }
    expect(said).toBe("You said: one and that was it.");
    expect(shared.told).toEqual({ opened: 2, repeated: 0 });
    shared.close();

    // A new stream without `since` gets what there was, in order, with the same ids.
    const again = await followAsPython({ url: at.url, threadId, transport }, { channels: ["lifecycle"] });
    const seqs: number[] = [];
    for (;;) {
      const { seq, params } = await again.next();
      seqs.push(seq);
      if (params.namespace.length === 0 && params.data.event === "completed") break;
    }
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    again.close();
  },
);

test.each(transports)(
  "%s: a refusal has its code and words, and what was asked stays open",
  async (transport) => {
    const thread = await open(transport);
    using _closed = thread;
    await thread.start("ask", input);
    await thread.asked();
    await expect(thread.respond("0".repeat(32), {})).rejects.toThrow(
      /^Protocol error \[no_such_interrupt\]: There is no interrupt/,
    );
    await expect(thread.command("run.stop", {})).rejects.toThrow(/^Protocol error \[unknown_command\]/);
    await thread.respond(thread.interrupts[0]?.interrupt_id ?? "", { send: true });
    expect(await thread.output()).toHaveProperty("messages");
  },
);

test("thread.agent: the graph's drawing", async () => {
  const { body } = await at.call<{ nodes: unknown[] }>("GET /assistants/ask/graph?xray=true");
  expect(body.nodes.length).toBeGreaterThan(3);
});

test("classic: `wait` that breaks off goes on by `Location`; cancel waits or does not; errors have a message", async () => {
  at.gate.shut();
  const threadId = await at.empty();
  const control = new AbortController();
  const messages = [{ role: "user", content: "one" }];
  const response = await fetch(`${at.url}/threads/${threadId}/runs/wait`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ assistant_id: "chat", input: { messages } }),
    signal: control.signal,
  });
  // httpx merges it with its base address.
  const location = response.headers.get("location") ?? "";
  expect(location).toMatch(/^\/threads\//);
  control.abort();
  const rest = at.frames(`GET ${location}`, { headers: { "last-event-id": "-1" } });
  at.gate.open();
  const values = (await rest).filter(({ event }) => event === "values").at(-1)?.data;
  expect(values).toMatchObject({ messages: [{}, { content: "You said: one and that was it." }] });

  const held = await at.held("two");
  const cancel = `POST /threads/${held.threadId}/runs/${held.runId}/cancel`;
  expect((await at.call(`${cancel}?wait=0&action=interrupt`)).status).toBe(202);
  await at.until(held.threadId, "idle");
  const missing = await at.call(`POST /threads/${crypto.randomUUID()}/runs/wait`, {
    assistant_id: "ask",
    command: resume,
  });
  expect(missing).toMatchObject({
    status: 404,
    body: { message: expect.any(String), detail: expect.any(String) },
  });
});
