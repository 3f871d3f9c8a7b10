import { Client } from "@langchain/langgraph-sdk";
import { expect, test } from "vitest";
import { createAskGraph } from "../support/graphs.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

test("smoke", async () => {
  await using directory = await temporaryDirectory();
  const done: unknown[] = [];
  await using server = await serve({ graphs: { ask: createAskGraph((a) => done.push(a)) }, directory: directory.path });
  const client = new Client({ apiUrl: server.url });
  const id = crypto.randomUUID();
  const cmd = async (method: string, params: unknown) =>
    (await fetch(`${server.url}/threads/${id}/commands`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ id: 1, method, params }) })).json();
  console.log(await cmd("run.start", { assistant_id: "ask", input: { messages: [{ role: "user", content: "hi" }] } }));
  const ac = new AbortController();
  const res = await fetch(`${server.url}/threads/${id}/stream/events`, { signal: ac.signal, method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ channels: ["lifecycle", "values", "updates", "messages", "checkpoints", "tasks", "input", "custom", "tools"] }) });
  let text = "";
  const pump = (async () => { for await (const c of res.body as any) text += Buffer.from(c).toString(); })().catch(() => {});
  await expect.poll(async () => (await client.threads.get(id)).status, { timeout: 5000 }).toBe("interrupted");
  const thread = await client.threads.get(id);
  console.log(JSON.stringify(thread));
  console.log(JSON.stringify(await client.threads.getState(id), null, 1));
  const interruptId = Object.values(thread.interrupts)[0]![0]!.id;
  console.log(await cmd("input.respond", { namespace: [], interrupt_id: interruptId, response: { ok: true } }));
  await expect.poll(async () => (await client.threads.get(id)).status, { timeout: 5000 }).toBe("idle");
  console.log(await cmd("input.respond", { namespace: [], interrupt_id: interruptId, response: { ok: false } }));
  ac.abort();
  await pump;
  console.log(text.split("\n").filter((l) => l.startsWith("data")).map((l) => { const e = JSON.parse(l.slice(6)); return `${e.seq} ${e.method} ${JSON.stringify(e.params.namespace)} ${JSON.stringify(e.params.data).slice(0, 200)}`; }).join("\n"));
  console.log(done, JSON.stringify((await client.threads.getHistory(id)).map((s) => s.metadata)));
});
