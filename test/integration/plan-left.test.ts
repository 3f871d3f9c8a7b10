import { ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { expect, test } from "vitest";
import { z } from "zod";
import { createPlanAgent, type PlanRecord } from "../../src/agent/index.ts";
import { ScriptedModel } from "../../src/testing/index.ts";
import { getJson, openInterrupts, sendCommand, waitForStatus } from "../support/command.ts";
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
