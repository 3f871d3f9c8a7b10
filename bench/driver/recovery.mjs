import { startRun } from "./runs.mjs";
import { post, readFrames } from "./sse.mjs";

const channels = ["lifecycle", "messages"];

/** Begins runs on new threads, and returns these once every run has streamed a few tokens. */
export async function beginRuns({ url, runs, tokens, delayMs }) {
  const threads = Array.from({ length: runs }, () => crypto.randomUUID());
  await Promise.all(
    threads.map(async (threadId) => {
      const response = await post(`${url}/threads/${threadId}/stream/events`, { channels });
      let seen = 0;
      const streams = new Promise((resolve) => {
        readFrames(response, (event) => {
          if (event === "messages") seen += 1;
          if (seen === 10) resolve();
        }).catch(() => {});
      });
      await startRun(url, threadId, { assistant: "agent", tokens, delayMs });
      await streams;
      response.destroy();
    }),
  );
  return threads;
}

/** ms from the kill to each thread's next attempt and to the first token of it; waits for their questions. */
export async function awaitRecovery({ url, threads, killedAt }) {
  const seen = await Promise.all(
    threads.map(async (threadId) => {
      const response = await post(`${url}/threads/${threadId}/stream/events`, { channels });
      let attemptMs;
      let tokenMs;
      const status = await new Promise((resolve, reject) => {
        const heard = readFrames(response, (event, data) => {
          const { params } = JSON.parse(data);
          if (params.timestamp < killedAt) return;
          if (event === "messages") {
            if (params.data.event === "content-block-delta") tokenMs ??= params.timestamp - killedAt;
          } else if (params.namespace.length === 0) {
            if (params.data.event === "running") attemptMs ??= params.timestamp - killedAt;
            else resolve(params.data.event);
          }
        });
        heard.then(() => reject(new Error("the stream ended")), reject);
      });
      response.destroy();
      return { attemptMs, tokenMs, status };
    }),
  );
  const of = (field) => seen.map((one) => one[field]);
  return {
    firstMs: Math.min(...of("attemptMs")),
    lastMs: Math.max(...of("attemptMs")),
    lastTokenMs: Math.max(...of("tokenMs")),
    ended: seen.filter(({ status }) => status === "interrupted").length,
  };
}
