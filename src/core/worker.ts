import { type AttemptDeps, executeRun, type StopReason } from "./execute-run.ts";
import type { Engine } from "./graph.ts";
import { rootLifecycle } from "./lifecycle.ts";
import type { Claim, Lease, RunRecord } from "./ports.ts";

export interface WorkerOptions extends AttemptDeps {
  engines: ReadonlyMap<string, Engine>;
  /** Names this process in leases. */
  owner: string;
  /** How long a run is held without a heartbeat before another process may take it. */
  leaseMs: number;
  maxConcurrentRuns: number;
}

/** Runs what may run: claims, heartbeats, recovers, cancels. */
export interface Worker {
  /** Starts claiming, recovering what a dead process left. Returns its stop. */
  start(): (graceMs: number) => Promise<void>;
  /** Looks for work now. */
  wake(): void;
  /** The claim for a run that could start at once, or undefined when this process is full or not started. */
  claim(): Claim | undefined;
  /** Executes a run that was accepted under {@link claim}. */
  adopt(run: RunRecord): void;
  /** Stops runs held by this process. Returns once their ends are recorded. */
  cancel(runIds: string[]): Promise<void>;
}

interface Active {
  lease: Lease;
  control: AbortController;
  done: Promise<void>;
}

export function createWorker(options: WorkerOptions): Worker {
  const { store, engines, owner, leaseMs, maxConcurrentRuns, feed, now, report } = options;
  const active = new Map<string, Active>();
  let isStarted = false;
  let isClaiming = false;
  let isWoken = false;
  const timers: NodeJS.Timeout[] = [];

  function execute(run: RunRecord): void {
    const lease = { threadId: run.threadId, runId: run.runId, attempt: run.attempt };
    const control = new AbortController();
    const engine = engines.get(run.graphId) as Engine;
    if (run.cancelRequested !== null) control.abort("cancel" satisfies StopReason);
    const done = executeRun({ store, feed, now, report }, { engine, run, lease, control })
      .catch((error: unknown) => report(error, { runId: run.runId, threadId: run.threadId }))
      .finally(() => {
        active.delete(run.runId);
        wake();
      });
    active.set(run.runId, { lease, control, done });
  }

  async function claimAll(): Promise<void> {
    while (isStarted && active.size < maxConcurrentRuns) {
      const claimed = await store.runs.claim(
        { owner, leaseUntil: now() + leaseMs, now: now(), graphIds: [...engines.keys()] },
        (run) => rootLifecycle(run, "running", now(), run.attempt > 1 ? { attempt: run.attempt } : {}),
      );
      if (claimed === undefined) return;
      feed.publish(claimed.run.threadId, claimed.events);
      execute(claimed.run);
    }
  }

  function wake(): void {
    isWoken = true;
    if (isClaiming || !isStarted) return;
    isClaiming = true;
    (async () => {
      while (isWoken) {
        isWoken = false;
        await claimAll();
      }
    })()
      .catch((error: unknown) => report(error, { during: "claim" }))
      .finally(() => {
        isClaiming = false;
      });
  }

  async function heartbeat(): Promise<void> {
    const held = [...active.values()];
    const lost = await store.runs.renew(
      held.map(({ lease }) => lease),
      now() + leaseMs,
    );
    for (const { runId } of lost) active.get(runId)?.control.abort("lease_lost" satisfies StopReason);
  }

  return {
    start() {
      isStarted = true;
      wake();
      timers.push(
        setInterval(() => {
          heartbeat().catch((error: unknown) => report(error, { during: "heartbeat" }));
        }, leaseMs / 3),
        setInterval(wake, leaseMs / 2),
      );
      return async (graceMs) => {
        isStarted = false;
        for (const timer of timers.splice(0)) clearInterval(timer);
        const ends = [...active.values()].map(({ done }) => done);
        let timer: NodeJS.Timeout | undefined;
        const grace = new Promise<void>((resolve) => {
          timer = setTimeout(resolve, graceMs);
        });
        await Promise.race([Promise.all(ends), grace]);
        clearTimeout(timer);
        for (const { control } of active.values()) control.abort("shutdown" satisfies StopReason);
        await Promise.all([...active.values()].map(({ done }) => done));
      };
    },
    wake,
    claim: () =>
      isStarted && active.size < maxConcurrentRuns ? { owner, leaseUntil: now() + leaseMs } : undefined,
    adopt: execute,
    async cancel(runIds) {
      const held = runIds.flatMap((runId) => active.get(runId) ?? []);
      for (const { control } of held) control.abort("cancel" satisfies StopReason);
      await Promise.all(held.map(({ done }) => done));
    },
  };
}
