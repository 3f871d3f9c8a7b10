import { ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { expect, test } from "vitest";
import { z } from "zod";
import { createPlanAgent, type PlanRecord } from "../../src/agent/index.ts";
import { ScriptedModel } from "../../src/testing/index.ts";
import { getJson, openInterrupts, readEvents, sendCommand, waitForStatus } from "../support/command.ts";
import { createTools, type Received, servePlanAgent, statuses, step } from "../support/plan-agent.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const proposal = {
  title: "Post two letters",
  summary: "",
  assumptions: [],
  steps: ["first", "second"].map((name, index) => ({
    id: `s${index + 1}`,
    title: `Post the ${name}`,
    why: "",
    tool: "post",
    args: { name },
    after: index === 0 ? [] : ["s1"],
  })),
};

test("a plan that was approved and left half-way is recorded as such, for the person and for the model", async () => {
  await using directory = await temporaryDirectory();
  const posted: string[] = [];
  const seen: string[] = [];
  const post = tool(
    async ({ name }, config) => {
      posted.push(name);
      if (name === "second")
        await new Promise((_resolve, reject) => {
          config.signal?.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError")));
        });
      return `posted the ${name}`;
    },
    { name: "post", description: "Posts a letter.", schema: z.object({ name: z.string() }) },
  );
  const model = new ScriptedModel({
    script: (messages) => {
      if (messages.at(-1)?.text !== "Thanks") return { calls: [{ name: "propose_plan", args: proposal }] };
      seen.push(...messages.filter((one) => ToolMessage.isInstance(one)).map(({ text }) => text));
      const order = messages.map((one) => one.type);
      expect(order.indexOf("tool")).toBe(order.indexOf("ai") + 1);
      return { text: "You are welcome." };
    },
  });
  const agent = createPlanAgent({ model, tools: [post] });
  await using server = await serve({ graphs: { agent }, directory: directory.path });
  const { url } = server;
  const threadId = crypto.randomUUID();
  const say = (content: string) =>
    sendCommand(url, threadId, {
      method: "run.start",
      params: { assistant_id: "agent", input: { messages: [{ role: "user", content }] } },
    });
  await say("Post both");
  const [question] = openInterrupts(await waitForStatus(url, threadId, "interrupted"));
  const { digest } = (question?.value.plan ?? {}) as { digest?: string };
  const params = { interrupt_id: question?.id, response: { type: "approve", digest } };
  const approved = await sendCommand(url, threadId, { method: "input.respond", params });
  await expect.poll(() => posted, { interval: 10 }).toEqual(["first", "second"]);
  const runId = String(approved.result?.run_id);
  await fetch(`${url}/threads/${threadId}/runs/${runId}/cancel?wait=1`, { method: "POST" });

  await say("Thanks");
  await waitForStatus(url, threadId, "idle");
  expect(seen).toHaveLength(1);
  expect(JSON.parse(seen[0] ?? "")).toMatchObject({
    decision: "approve",
    results: [
      { step: "s1", status: "done", output: "posted the first" },
      { step: "s2", status: expect.not.stringMatching("done") },
    ],
  });
  const { values } = await getJson<{ values: { messages: Record<string, unknown>[] } }>(
    `${url}/threads/${threadId}/state`,
  );
  const record = values.messages.find(({ type }) => type === "tool")?.artifact as PlanRecord;
  expect(record.decision).toMatchObject({ type: "approve", digest });
  expect(record.steps?.s1?.status).toBe("done");
  expect(values.messages.at(-1)).toMatchObject({ type: "ai", content: "You are welcome." });
});

test("what was done beside a call that was stopped is told as done, and what nobody can know as such", async () => {
  await using directory = await temporaryDirectory();
  const received: Received[] = [];
  const behave = ({ text }: Received, _number: number, signal: AbortSignal | undefined) => {
    if (text === "fails") throw new Error("No stamps.");
    if (text !== "hangs") return undefined;
    return new Promise((_resolve, reject) => {
      signal?.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError")));
    });
  };
  const plan = [
    step("done", "note", { after: [] }),
    step("hangs", "note", { after: [] }),
    step("fails", "note", { after: [] }),
    step("next", "note", { after: ["done"] }),
    step("never", "note", { after: ["hangs"] }),
  ];
  const records: string[] = [];
  const model = new ScriptedModel({
    script: (messages) => {
      const told = messages.findLast((one) => ToolMessage.isInstance(one));
      if (told === undefined)
        return { calls: [{ name: "propose_plan", args: { title: "Five", summary: "", steps: plan } }] };
      records.push(told.text);
      return { text: "You are welcome." };
    },
  });
  await using chat = await servePlanAgent(
    { model, tools: createTools(received, { behave }) },
    directory.path,
  );
  await chat.ask();
  const approved = await chat.answer(await chat.question(), await approval(chat));
  await expect
    .poll(() => received.map(({ text }) => text).sort(), { interval: 10 })
    .toEqual(["done", "fails", "hangs", "next"]);
  // The record, not the tool, says that it is done.
  const { url, threadId } = chat;
  await expect
    .poll(async () => (await readEvents(url, threadId, { channels: ["custom"] })).filter(isDone).length, {
      interval: 20,
    })
    .toBe(2);
  const runId = String(approved.result?.run_id);
  await fetch(`${url}/threads/${threadId}/runs/${runId}/cancel?wait=1`, { method: "POST" });

  await chat.ask("Thanks");
  const { messages } = await chat.finished();
  expect(records).toHaveLength(1);
  const { results } = JSON.parse(records[0] ?? "") as { results: { step: string; status: string }[] };
  expect(Object.fromEntries(results.map(({ step, ...how }) => [step, how]))).toMatchObject({
    done: { status: "done", output: "note: done" },
    next: { status: "done", output: "note: next" },
    fails: { status: "failed", error: expect.stringContaining("No stamps.") },
    hangs: { status: "failed", uncertain: true, error: expect.stringContaining("may have happened") },
    never: { status: "waiting" },
  });
  const record = messages.find(({ type }) => type === "tool")?.artifact as PlanRecord;
  expect(statuses(record.steps ?? {})).toEqual([
    "done done",
    "fails failed",
    "hangs failed",
    "never waiting",
    "next done",
  ]);
});

async function approval(chat: Awaited<ReturnType<typeof servePlanAgent>>) {
  return { type: "approve", digest: (await chat.question()).value.plan.digest };
}

function isDone({ params }: { params: { data: Record<string, unknown> } }): boolean {
  return (params.data as { payload?: { status?: string } }).payload?.status === "done";
}
