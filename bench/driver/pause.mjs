import { readTerminal, startRun } from "./runs.mjs";

/** Brings so many new threads to their question and leaves them there. */
export async function pauseThreads({ url, threads, concurrency, tokens }) {
  let started = 0;
  async function lane() {
    while (started < threads) {
      started += 1;
      const threadId = crypto.randomUUID();
      const terminal = await readTerminal(url, threadId);
      await startRun(url, threadId, { assistant: "agent", tokens, delayMs: 0 });
      const status = await terminal.ended;
      if (status !== "interrupted") throw new Error(`${status} instead of interrupted`);
    }
  }
  await Promise.all(Array.from({ length: concurrency }, lane));
  return started;
}
