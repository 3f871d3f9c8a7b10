import type { Core } from "../core/core.ts";
import type { RunRecord, ThreadRecord } from "../core/ports.ts";
import { unbuffered } from "../protocol/sse.ts";
import { followRun } from "./classic-stream.ts";
import { onAbort } from "./on-abort.ts";

const encoder = new TextEncoder();

export interface WaitOptions {
  run: RunRecord;
  thread: ThreadRecord;
  after: number;
  signal: AbortSignal;
  headers: Record<string, string>;
}

/**
 * One JSON value once the run has ended: the state's values, `{"__interrupt__": […]}` when it stopped at
 * questions, or `{"__error__": {error, message}}`. White space before it keeps the connection alive.
 */
export function waitForRun(core: Core, options: WaitOptions): Response {
  const gone = new AbortController();
  const stop = () => gone.abort();
  const forget = onAbort(options.signal, stop);
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      try {
        const following = { signal: gone.signal, wants: () => false };
        const events = followRun(core, options.run, { after: options.after, ...following });
        for await (const batch of events) if (batch === "idle") controller.enqueue(encoder.encode("\n"));
        // A server that stops must not pass off what there is so far as the result.
        if (options.signal.aborted)
          return controller.error(new Error("The server stops before the run has ended."));
        if (gone.signal.aborted) return;
        controller.enqueue(encoder.encode(JSON.stringify(await resultOf(core, options))));
        controller.close();
      } catch (error) {
        if (gone.signal.aborted) return;
        core.report(error, { threadId: options.thread.threadId, during: "wait" });
        controller.error(error);
      } finally {
        forget();
      }
    },
    cancel: stop,
  });
  return new Response(body, {
    headers: { ...unbuffered, "content-type": "application/json", ...options.headers },
  });
}

async function resultOf(core: Core, { run }: WaitOptions): Promise<unknown> {
  const { threadId } = run;
  const ended = await core.store.runs.find(threadId, run.runId);
  if (ended?.error) return { __error__: { error: ended.error.name, message: ended.error.message } };
  const found = await core.store.threads.find(threadId);
  if (found === undefined) {
    return { __error__: { error: "no_such_thread", message: `Thread ${threadId} was deleted meanwhile.` } };
  }
  const state = await core.states.get(found);
  const open = state.interrupts ?? [];
  return open.length > 0 ? { __interrupt__: open } : state.values;
}
