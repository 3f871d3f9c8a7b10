// One conversation of the workload, as a client of either protocol holds it.
import { post, postJson, readFrames } from "./sse.mjs";

const patienceMs = 120_000;
const human = () => ({ type: "human", content: "Please plan.", id: crypto.randomUUID() });

/** The thread protocol: one event stream for the whole conversation, commands beside it. */
export async function converseByThreadProtocol(url, { tokens, delayMs, answers = true }, note) {
  const threadId = crypto.randomUUID();
  const thread = `${url}/threads/${threadId}`;
  await postJson(`${url}/threads`, { thread_id: threadId, metadata: {} });
  const channels = ["messages", "values", "updates", "lifecycle", "input"];
  const response = await post(`${thread}/stream/events`, { channels });
  let interruptId;
  let told = () => {};
  const heard = readFrames(response, (event, data) => {
    if (event === "messages") {
      if (data.includes('"content-block-delta"')) note.token();
    } else if (event === "input.requested") {
      interruptId = JSON.parse(data).params.data.interrupt_id;
    } else if (event === "lifecycle") {
      const { namespace, data: status } = JSON.parse(data).params;
      if (namespace.length === 0 && status.event !== "running") told(status);
    }
  });
  const until = (wanted) => {
    const happened = new Promise((resolve, reject) => {
      told = ({ event, error }) =>
        event === wanted ? resolve() : reject(new Error(`${event} instead of ${wanted}: ${error ?? ""}`));
      heard.then(() => reject(new Error("the stream ended")), reject);
    });
    const waited = within(happened);
    waited.catch(() => {}); // when the command fails, that is what is told
    return waited;
  };
  const command = async (id, method, params) => {
    const reply = await postJson(`${thread}/commands`, { id, method, params });
    if (reply.type === "error") throw new Error(`${method}: ${reply.message}`);
  };
  try {
    const planned = until("interrupted");
    note.begin("plan");
    await command(1, "run.start", {
      assistant_id: "agent",
      input: { messages: [human()], tokens, delayMs },
      config: { recursion_limit: 50 },
    });
    await planned;
    note.end();
    if (!answers) return;
    const executed = until("completed");
    note.begin("execute");
    await command(2, "input.respond", {
      namespace: [],
      interrupt_id: interruptId,
      response: { type: "approve" },
    });
    await executed;
    note.end();
  } finally {
    response.destroy();
  }
}

/** The classic protocol: a stream for each run. */
export async function converseByClassic(url, { tokens, delayMs, answers = true }, note) {
  const threadId = crypto.randomUUID();
  await postJson(`${url}/threads`, { thread_id: threadId, metadata: {} });
  const run = async (phase, body) => {
    note.begin(phase);
    const response = await post(`${url}/threads/${threadId}/runs/stream`, {
      assistant_id: "agent",
      stream_mode: ["messages-tuple", "values", "updates"],
      config: { recursion_limit: 50 },
      ...body,
    });
    if (response.statusCode !== 200) throw new Error(`HTTP ${response.statusCode}`);
    let failure;
    const ended = readFrames(response, (event, data) => {
      if (event === "messages") note.token();
      else if (event === "error") failure = data;
    });
    await within(ended);
    if (failure) throw new Error(failure);
    note.end();
  };
  await run("plan", { input: { messages: [human()], tokens, delayMs } });
  if (answers) await run("execute", { command: { resume: { type: "approve" } } });
}

function within(promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${patienceMs} ms`)), patienceMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
