import { tool } from "@langchain/core/tools";
import { ThreadStream } from "@langchain/langgraph-sdk";
import { Client } from "@langchain/langgraph-sdk";
import { expect, test } from "vitest";
import { z } from "zod";
import { createPlanAgent } from "../../src/agent/index.ts";
import { ScriptedModel } from "../../src/testing/index.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

test("smoke", async () => {
  await using directory = await temporaryDirectory();
  const calls: unknown[] = [];
  const write = tool(async (args) => { calls.push(args); return "Wrote it."; }, { name: "write", description: "writes", schema: z.object({ path: z.string(), content: z.string().meta({ contentMediaType: "text/plain" }) }), metadata: { annotations: { destructiveHint: false, openWorldHint: false } } });
  const read = tool(async () => "file content", { name: "read", description: "reads", schema: z.object({ path: z.string() }), metadata: { annotations: { readOnlyHint: true } } });
  const model = new ScriptedModel({ script: (messages, tools) => {
    const last = messages.at(-1)!;
    if (tools.includes("fill_arguments")) return { calls: [{ name: "fill_arguments", args: { content: "filled " + last.text.length } }] };
    if (tools.includes("propose_plan")) {
      if (last.type === "human") return { text: "Let me look.", calls: [{ name: "read", args: { path: "x" } }] };
      const fb = last.type === "tool" && String(last.content).includes("reject") ? "b.txt" : "a.txt";
      return { calls: [{ name: "propose_plan", args: { title: "T", summary: "S", steps: [{ id: "s1", title: "Read", why: "w", tool: "read", args: { path: "x" } }, { id: "s2", title: "Write", why: "w", tool: "write", args: { path: fb }, late: { content: "from s1" }, after: ["s1"] }] } }] };
    }
    return { text: "All done now." };
  } });
  await using server = await serve({ graphs: { agent: createPlanAgent({ model, tools: [write, read] }) }, directory: directory.path });
  const client = new Client({ apiUrl: server.url });
  const id = crypto.randomUUID();
  const cmd = async (method: string, params: unknown) =>
    (await fetch(`${server.url}/threads/${id}/commands`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ id: 1, method, params }) })).json() as any;
  await cmd("run.start", { assistant_id: "agent", input: { messages: [{ role: "user", content: "hi" }], plan: { smuggled: true } } });
  const status = (s: string) => expect.poll(async () => { const t = await client.threads.get(id); if ((t as any).error) console.log((t as any).error); return t.status; }, { timeout: 5000 }).toBe(s);
  await status("interrupted");
  let t = await client.threads.get(id);
  let [i] = Object.values(t.interrupts)[0]!;
  console.log(JSON.stringify(i, null, 1).slice(0, 3000));
  console.log(await cmd("input.respond", { interrupt_id: i.id, response: { type: "approve", digest: "nope" } }));
  console.log(await cmd("input.respond", { interrupt_id: i.id, response: { type: "reject", digest: (i.value as any).plan.digest, feedback: "other file" } }));
  await status("interrupted");
  t = await client.threads.get(id);
  [i] = Object.values(t.interrupts)[0]!;
  console.log(JSON.stringify((i.value as any).changes));
  console.log(await cmd("input.respond", { interrupt_id: i.id, response: { type: "approve", digest: (i.value as any).plan.digest } }));
  await status("idle");
  const state = await client.threads.getState(id);
  console.log(JSON.stringify(state.values, null, 1));
  console.log(calls);
});
