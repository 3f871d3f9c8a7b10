// Pieces of the thread protocol that several drivers share.
import { post, postJson, readFrames } from "./sse.mjs";

export async function startRun(url, threadId, { assistant, tokens, delayMs }) {
  const message = { type: "human", content: "Please plan.", id: crypto.randomUUID() };
  const reply = await postJson(`${url}/threads/${threadId}/commands`, {
    id: 1,
    method: "run.start",
    params: {
      assistant_id: assistant,
      input: { messages: [message], tokens, delayMs },
      config: { recursion_limit: 50 },
    },
  });
  if (reply.type === "error") throw new Error(reply.message);
  return reply;
}

/** Follows a thread's lifecycle. `ended` resolves with the first status its root ends with. */
export async function readTerminal(url, threadId, body = {}) {
  const response = await post(`${url}/threads/${threadId}/stream/events`, {
    channels: ["lifecycle"],
    ...body,
  });
  const ended = new Promise((resolve, reject) => {
    const heard = readFrames(response, (_event, data) => {
      const { namespace, data: status } = JSON.parse(data).params;
      if (namespace.length > 0 || status.event === "running") return;
      resolve(status.event);
      response.destroy();
    });
    heard.then(() => reject(new Error("the stream ended")), reject);
  });
  ended.catch(() => {});
  return { ended };
}
