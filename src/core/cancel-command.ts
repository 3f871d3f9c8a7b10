import { CountersignError } from "../protocol/errors.ts";
import { askAgain, type CommandDeps } from "./accepted-run.ts";
import type { CancelAction } from "./ports.ts";

export interface CancelCommand {
  threadId: string;
  /** Undefined for every run of the thread that has not ended. */
  runIds: string[] | undefined;
  /** Return only once those held by this process have ended. */
  wait: boolean;
  /**
   * `interrupt` (default) stops; `rollback` also takes the state back to before the run; `step` stops where nothing
   * new would begin.
   */
  action?: CancelAction;
}

export function createCancel(deps: CommandDeps): (command: CancelCommand) => Promise<void> {
  const { store, feed, worker, now } = deps;

  return async ({ threadId, runIds, wait, action = "interrupt" }) => {
    for (const runId of runIds ?? []) {
      if ((await store.runs.find(threadId, runId)) !== undefined) continue;
      throw new CountersignError(
        "no_such_run",
        `There is no run ${runId} on thread ${threadId}. List them with GET /threads/${threadId}/runs.`,
      );
    }
    const { asked, reopened } = await store.runs.requestCancel(threadId, runIds, {
      action,
      at: now(),
      requested: askAgain(deps),
    });
    feed.publish(threadId, reopened);
    const ended = worker.cancel(asked, action);
    worker.wake();
    if (wait) await ended;
  };
}
