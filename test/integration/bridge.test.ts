import { Client } from "@langchain/langgraph-sdk";
import { expect, test } from "vitest";
import type { Json } from "../../src/protocol/json.ts";
import { createApprovalAgent, letter, type Ran } from "../support/approval-agent.ts";
import {
  getJson,
  observe,
  openInterrupts,
  readEvents,
  sendCommand,
  waitForStatus,
} from "../support/command.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const input = { messages: [{ role: "user", content: "write to Bob" }] };
const edited = { name: "send_email", args: { ...letter, body: "Dear Bob" } };

async function ask(url: string, assistantId = "agent") {
  const threadId = crypto.randomUUID();
  await sendCommand(url, threadId, { method: "run.start", params: { assistant_id: assistantId, input } });
  const [question] = openInterrupts(await waitForStatus(url, threadId, "interrupted"));
  return { threadId, id: question?.id ?? "", value: question?.value };
}

const clientOf = (url: string) => new Client({ apiUrl: url, apiKey: null, callerOptions: { maxRetries: 0 } });

test("every view of a question of LangChain's middleware has both spellings; what is stored has its own", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({
    graphs: { agent: createApprovalAgent({ ran: [] }), plain: createApprovalAgent({ ran: [] }) },
    directory: directory.path,
    bridge: { plain: false },
  });
  const { threadId, id, value } = await ask(server.url);
  expect(value).toMatchObject({
    actionRequests: [{ name: "send_email", args: letter, arguments: letter }],
    action_requests: [{ name: "send_email", args: letter, arguments: letter }],
    reviewConfigs: [{ actionName: "send_email", action_name: "send_email" }],
    review_configs: [{ allowedDecisions: ["approve", "edit", "reject"], action_name: "send_email" }],
  });
  const url = `${server.url}/threads/${threadId}`;
  const state = await getJson<{ tasks: { interrupts: unknown[] }[]; interrupts: unknown[] }>(`${url}/state`);
  expect(state.interrupts).toMatchObject([{ id, value }]);
  expect(state.tasks.flatMap(({ interrupts }) => interrupts)).toMatchObject([{ id, value }]);
  const events = await readEvents(server.url, threadId, { channels: ["input", "tasks"] });
  const told = events.flatMap(({ params: { data } }) => [data, data.interrupts ?? []].flat());
  const values = (told as { value?: unknown }[]).filter((one) => one.value !== undefined);
  expect(values).toHaveLength(2);
  for (const one of values) expect(one.value).toEqual(value);
  expect(events.find(({ method }) => method === "input.requested")?.params.data.payload).toEqual(value);
  const inbox = await clientOf(server.url).threads.search({ status: "interrupted" });
  expect(inbox).toMatchObject([{ thread_id: threadId }]);
  const response = await fetch(`${server.url}/interrupts/search`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  expect(await response.json()).toMatchObject({ interrupts: [{ id, value }] });

  const [run] = await clientOf(server.url).runs.list(threadId);
  const frames: { event: string; data: Record<string, unknown> }[] = [];
  for await (const frame of clientOf(server.url).runs.joinStream(threadId, run?.run_id ?? "", {
    lastEventId: "-1",
    streamMode: ["values", "updates"],
  } as never))
    frames.push(frame as never);
  const asked = frames.filter(({ data }) => "__interrupt__" in (data ?? {}));
  expect(asked.map(({ event, data }) => [event, data])).toEqual([
    ["updates", { __interrupt__: [{ id, value }] }],
    ["values", { __interrupt__: [{ id, value }] }],
  ]);
  expect(await clientOf(server.url).runs.join(threadId, run?.run_id ?? "")).toEqual({
    __interrupt__: [expect.objectContaining({ id, value })],
  });

  const plain = await ask(server.url, "plain");
  expect(Object.keys(plain.value ?? {}).sort()).toEqual(["actionRequests", "reviewConfigs"]);
  const own = await readEvents(server.url, plain.threadId, { channels: ["input"] });
  expect(own[0]?.params.data.value).toEqual(plain.value);
});

test.each([
  ["JavaScript: approve", { decisions: [{ type: "approve" }] }, letter],
  ["JavaScript: edit", { decisions: [{ type: "edit", editedAction: edited }] }, edited.args],
  ["Python and Agent Chat UI: edit", { decisions: [{ type: "edit", edited_action: edited }] }, edited.args],
  ["Python: respond", { decisions: [{ type: "respond", message: "not now" }] }, "not now"],
  ["JavaScript: reject", { decisions: [{ type: "reject", message: "not now" }] }, "not now"],
  ["Agent Inbox: accept", [{ type: "accept", args: { action: "send_email", args: letter } }], letter],
  ["Agent Inbox: edit", [{ type: "edit", args: { action: "send_email", args: edited.args } }], edited.args],
  ["Agent Inbox: response", [{ type: "response", args: "not now" }], "not now"],
  ["Agent Inbox: ignore", [{ type: "ignore", args: null }], "User rejected"],
] as [string, Json, Record<string, unknown> | string][])(
  "LangChain's middleware understands %s, in both protocols",
  async (_name, answer, expected) => {
    await using directory = await temporaryDirectory();
    const ran: Ran[] = [];
    await using server = await serve({
      graphs: { agent: createApprovalAgent({ ran }) },
      directory: directory.path,
    });
    for (const protocol of ["thread", "classic"]) {
      const { threadId, id } = await ask(server.url);
      if (protocol === "thread") {
        const params = { namespace: [], interrupt_id: id, response: answer };
        expect(await sendCommand(server.url, threadId, { method: "input.respond", params })).toMatchObject({
          type: "success",
        });
        await waitForStatus(server.url, threadId, "idle");
      } else {
        await clientOf(server.url).runs.wait(threadId, "agent", { command: { resume: answer } });
      }
      const { values } = await clientOf(server.url).threads.getState<{ messages: { content: string }[] }>(
        threadId,
      );
      const said = values.messages.at(-1)?.content;
      if (typeof expected === "string") {
        expect(said).toContain(expected);
        expect(ran).toEqual([]);
      } else {
        expect(ran.splice(0)).toEqual([{ name: "send_email", args: expected }]);
        expect(said).toBe("The tool said: Sent to bob@example.com.");
      }
    }
  },
);

test("a decision the middleware would throw at is refused, changes nothing, and the question stays open", async () => {
  await using directory = await temporaryDirectory();
  const ran: Ran[] = [];
  await using server = await serve({
    graphs: { agent: createApprovalAgent({ ran, count: 2 }) },
    directory: directory.path,
  });
  const { threadId, id } = await ask(server.url);
  const before = await observe(server.url, threadId);
  const respond = (response: Json) =>
    sendCommand(server.url, threadId, { method: "input.respond", params: { interrupt_id: id, response } });
  const one = await respond([{ type: "accept", args: null }]);
  expect(one).toMatchObject({ type: "error", meta: { code: "invalid_answer" } });
  expect(one.message).toContain("2 actions and 1 decisions");
  const odd = await respond({ decisions: [{ type: "approve" }, { type: "postpone" }] });
  expect(odd.message).toContain('"postpone" is not allowed for send_email');
  expect(await observe(server.url, threadId)).toEqual(before);

  const both = [
    { type: "accept", args: null },
    { type: "accept", args: null },
  ];
  expect(await respond(both)).toMatchObject({ type: "success" });
  await waitForStatus(server.url, threadId, "idle");
  expect(ran).toHaveLength(2);
  // The same answer in another dialect is the same answer.
  const again = await respond({ decisions: [{ type: "approve" }, { type: "approve" }] });
  expect(again).toMatchObject({ type: "success", meta: { repeated: true } });
  expect(ran).toHaveLength(2);
});
