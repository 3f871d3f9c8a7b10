import { join } from "node:path";
import { ToolMessage } from "@langchain/core/messages";
import { Client } from "@langchain/langgraph-sdk";
import { expect, test } from "vitest";
import { createPlanAgent, type Plan, type StepState } from "../../src/agent/index.ts";
import { ScriptedModel } from "../../src/testing/index.ts";
import { connectServers } from "../../src/tools/index.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";
import { packed, packingServer, thirtySteps, thirtyStepsReply } from "../support/thirty-steps.ts";

interface Values {
  [key: string]: unknown;
  plan: Plan;
  steps: Record<string, StepState>;
}

test("thirty steps in three branches, one of which fails and is planned anew, with the stock client", async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "packed.txt");
  const connected = await connectServers({ mcpServers: { packing: packingServer(file) } });
  try {
    const model = new ScriptedModel({
      script: (messages, tools) => {
        const isAnew = messages.some((one) => ToolMessage.isInstance(one) && one.text.includes('"replan"'));
        return thirtyStepsReply({ tools, isAnew });
      },
    });
    const agent = createPlanAgent({ model, tools: connected.tools });
    await using server = await serve({ graphs: { agent }, directory: directory.path });
    const client = new Client({ apiUrl: server.url, apiKey: null });
    const { thread_id } = await client.threads.create();
    const input = { messages: [{ role: "user", content: "Pack for the journey" }] };
    const wait = (payload: object) => client.runs.wait(thread_id, "agent", payload);
    const asked = async () => {
      const { interrupts } = await client.threads.get(thread_id);
      const [open] = Object.values(interrupts).flat();
      return open?.value as {
        type: string;
        plan: Plan;
        step: { id: string };
        done?: string[];
        dependents: string[];
      };
    };
    await wait({ input });
    const review = await asked();
    expect(review.plan.steps).toHaveLength(30);
    expect(packed(file)).toEqual([]);

    await wait({ command: { resume: { type: "approve", digest: review.plan.digest } } });
    const failure = await asked();
    expect(failure).toMatchObject({ type: "step_failed", step: { id: "c5" } });
    expect(failure.dependents).toEqual(["c6", "c7", "c8", "c9", "gather", "seal"]);
    const before = packed(file);
    expect([...before].sort()).toEqual(
      [...["start", "c1", "c2", "c3", "c4", "c5"], ...["a", "b"].flatMap(nine)].sort(),
    );

    await wait({ command: { resume: { type: "replan", feedback: "Wrap it first." } } });
    const anew = await asked();
    expect(anew).toMatchObject({ type: "plan_review", plan: { revision: 2 } });
    expect(anew.done).toHaveLength(23);
    await wait({ command: { resume: { type: "approve", digest: anew.plan.digest } } });

    const { values } = await client.threads.getState<Values>(thread_id);
    expect(Object.values(values.steps).map(({ status }) => status)).toEqual(Array(30).fill("done"));
    const all = packed(file);
    expect(all.slice(before.length)).toEqual(["c5-wrapped", "c6", "c7", "c8", "c9", "gather", "seal"]);
    expect(new Set(all).size).toBe(31);
    for (const { id, after } of thirtySteps()) {
      const at = (step: string) => all.lastIndexOf(step === "c5" ? "c5-wrapped" : step);
      for (const other of after) expect(at(other), `${other} before ${id}`).toBeLessThan(at(id));
    }
  } finally {
    await connected.close();
  }
});

const nine = (branch: string) => Array.from({ length: 9 }, (_, index) => `${branch}${index + 1}`);
