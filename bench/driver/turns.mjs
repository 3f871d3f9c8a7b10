// Long conversations of the `chat` graph, and opening them.

import { filler } from "../workload.mjs";
import { get, post, postJson, readFrames } from "./sse.mjs";

/** Holds so many turns, one after the other. Returns the ms of each, from the command to the end's signal. */
export async function holdTurns({ url, threadId, turns, length }) {
  const client = await connect({ url, threadId });
  const times = [];
  for (let turn = 0; turn < turns; turn += 1) times.push(await client.turn(length));
  client.leave();
  return times;
}

const clients = new Map();

/** A client that stays. Returns its name, by which it is asked for turns. */
export async function arrive({ url, threadId }) {
  const name = crypto.randomUUID();
  clients.set(name, await connect({ url, threadId }));
  return name;
}

/** Holds so many turns. Returns the ms of the last. */
export async function takeTurns({ client, turns, length }) {
  let ms = 0;
  for (let turn = 0; turn < turns; turn += 1) ms = await clients.get(client).turn(length);
  return ms;
}

export function leave({ client }) {
  clients.get(client).leave();
  clients.delete(client);
}

async function connect({ url, threadId }) {
  const thread = `${url}/threads/${threadId}`;
  await postJson(`${url}/threads`, { thread_id: threadId, if_exists: "do_nothing" });
  let [told, failed] = [() => {}, () => {}];
  const ended = () =>
    new Promise((resolve, reject) => {
      told = resolve;
      failed = reject;
    });
  const { meta } = await postJson(`${thread}/commands`, {
    id: 0,
    method: "state.get",
    params: { namespace: [], keys: [] },
  });
  const response = await post(`${thread}/stream/events`, {
    channels: ["lifecycle"],
    since: meta.applied_through_seq,
  });
  const heard = readFrames(response, (_event, data) => {
    const { namespace, data: status } = JSON.parse(data).params;
    if (namespace.length > 0 || status.event === "running" || status.event === "started") return;
    if (status.event === "completed") told();
    else failed(new Error(`${status.event}: ${status.error}`));
  });
  void heard.then(() => failed(new Error("the stream ended")));
  let id = 0;
  return {
    async turn(length) {
      const began = performance.now();
      const done = ended();
      const message = { type: "human", id: crypto.randomUUID(), content: filler(length) };
      const params = { assistant_id: "chat", input: { messages: [message] } };
      const reply = await postJson(`${thread}/commands`, { id: ++id, method: "run.start", params });
      if (reply.type === "error") throw new Error(reply.message);
      await done;
      return performance.now() - began;
    },
    leave() {
      failed = () => {};
      response.destroy();
    },
  };
}

/** Opens a thread as a client that comes back does. Returns ms to the last byte, and how many these were. */
export async function openThread({ url, threadId, times }) {
  const [stateMs, historyMs] = [[], []];
  let bytes = 0;
  for (let time = 0; time < times; time += 1) {
    const began = performance.now();
    bytes = await readBytes(await get(`${url}/threads/${threadId}/state`));
    const got = performance.now();
    stateMs.push(got - began);
    await readBytes(await post(`${url}/threads/${threadId}/history`, { limit: 1 }));
    historyMs.push(performance.now() - got);
  }
  return { stateMs, historyMs, bytes };
}

async function readBytes(response) {
  let bytes = 0;
  for await (const chunk of response) bytes += chunk.length;
  if (response.statusCode !== 200) throw new Error(`HTTP ${response.statusCode}`);
  return bytes;
}
