// The baseline: `graph.stream` with messages, values and updates, a memory saver, and no server at all.
import { Command, MemorySaver } from "@langchain/langgraph";
import { serveParent } from "../child.mjs";
import { runJob } from "../driver/job.mjs";
import { createGraphs } from "../workload.mjs";

async function converse({ tokens, delayMs }, note) {
  const { agent } = createGraphs();
  agent.checkpointer = savers.current;
  const config = {
    configurable: { thread_id: crypto.randomUUID() },
    streamMode: ["messages", "values", "updates"],
    recursionLimit: 50,
  };
  const input = { messages: [{ type: "human", content: "Please plan." }], tokens, delayMs };
  for (const [phase, what] of [
    ["plan", input],
    ["execute", new Command({ resume: { type: "approve" } })],
  ]) {
    note.begin(phase);
    for await (const [mode] of await agent.stream(what, config)) if (mode === "messages") note.token();
    note.end();
  }
}

const savers = { current: undefined };
serveParent({
  run(job) {
    savers.current = new MemorySaver();
    return runJob(job, converse);
  },
});
