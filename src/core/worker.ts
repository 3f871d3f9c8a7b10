import { type AttemptDeps, executeRun, type StopReason } from "./execute-run.ts";
import type { Engine } from "./graph.ts";
import { rootLifecycle } from "./lifecycle.ts";
import type { CancelAction, Claim, Lease, RunRecord } from "./ports.ts";
import { createReturns } from "./returns.ts";

export interface WorkerOptions extends AttemptDeps {
  engines: ReadonlyMap<string, Engine>;
  /** Names this process in leases. */
  owner: string;
  /** How long a run is held without a heartbeat before another process may take it. */
  leaseMs: number;
  maxConcurrentRuns: number;
  /** Told when a run has ended. */
  onEnded: (threadId: string) => void;
}

/** Runs what may run: claims, recovers, cancels. */
export interface Worker {
  /** Starts claiming, recovering what a dead process left. Returns its stop. */
  start(): (graceMs: number) => Promise<void>;
  /** Looks for work now. */
  wake(): void;
  /** Looks now whether another process took a run of this one, or asks it to stop. */
  review(): void;
  /** The claim for a run that could start at once, or undefined when this process is full or not started. */
  claim(): Claim | undefined;
  /** Executes a run that was accepted under {@link claim}. */
  adopt(run: RunRecord): void;
  /** Stops runs held by this process. Returns once their ends are recorded. */
  cancel(runIds: string[], action: CancelAction): Promise<void>;
}

interface Active {
  lease: Lease;
  control: AbortController;
  done: Promise<void>;
}

export function createWorker(options: WorkerOptions): Worker {
  const { store, items, engines, owner, leaseMs, runTimeoutMs, maxConcurrentRuns, feed, now, report } =
    options;
  const active = new Map<string, Active>();
  const returns = createReturns(store.runs.release, wake);
  let isStarted = false;
  let isClaiming = false;
  let isWoken = false;

  function execute(run: RunRecord): void {
    const lease = { threadId: run.threadId, runId: run.runId, attempt: run.attempt };
    const control = new AbortController();
    const engine = engines.get(run.graphId);
    if (run.cancelRequested !== null) control.abort(toStopReason(run.cancelRequested));
    const timer = setTimeout(() => control.abort("timeout" satisfies StopReason), runTimeoutMs);
    const returned = returns.countOf(run.runId);
    const deps = { store, items, feed, now, runTimeoutMs, report };
    const executed = engine
      ? executeRun(deps, { engine, run, lease, control, returned })
      : endWithoutGraph(options, lease, run);
    const done = executed
      .then((end) => {
        if (end === "unfinished") returns.add(lease);
        else returns.forget(run.runId);
        if (end === "ended") options.onEnded(run.threadId);
      })
      .catch((error: unknown) => {
        report(error, { runId: run.runId, threadId: run.threadId });
        returns.add(lease);
      })
      .finally(() => {
        clearTimeout(timer);
        if (active.get(run.runId)?.control === control) active.delete(run.runId);
        wake();
      });
    active.set(run.runId, { lease, control, done });
  }

  async function claimAll(): Promise<void> {
    while (isStarted && active.size < maxConcurrentRuns) {
      const claimed = await store.runs.claim(
        { owner, leaseMs, runTimeoutMs, graphIds: [...engines.keys()] },
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

  async function reviewAll(): Promise<void> {
    // What was asked about is kept: when the reply is late, another attempt at the same run may be active.
    const asked = [...active.values()];
    const { lost, cancelled } = await store.runs.review(asked.map(({ lease }) => lease));
    const stop = ({ runId, attempt }: Lease, reason: StopReason) =>
      asked.find(({ lease }) => lease.runId === runId && lease.attempt === attempt)?.control.abort(reason);
    for (const lease of lost) stop(lease, "lease_lost");
    for (const { lease, action } of cancelled) stop(lease, toStopReason(action));
  }

  function review(): void {
    if (active.size === 0) return;
    reviewAll().catch((error: unknown) => report(error, { during: "review" }));
  }

  async function stop(graceMs: number): Promise<void> {
    const ends = [...active.values()].map(({ done }) => done);
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([Promise.all(ends), grace]);
    clearTimeout(timer);
    for (const { control } of active.values()) control.abort("shutdown" satisfies StopReason);
    await Promise.all([...active.values()].map(({ done }) => done));
    await returns.close();
  }

  return {
    start() {
      isStarted = true;
      const letGo = store.runs.holdLeases(owner, leaseMs);
      const timers = [setInterval(review, leaseMs / 3), setInterval(wake, leaseMs / 2)];
      wake();
      return async (graceMs) => {
        isStarted = false;
        for (const timer of timers) clearInterval(timer);
        await stop(graceMs);
        await letGo();
      };
    },
    wake,
    review,
    claim: () =>
      isStarted && active.size < maxConcurrentRuns ? { owner, leaseMs, runTimeoutMs } : undefined,
    adopt: execute,
    async cancel(runIds, action) {
      const held = runIds.flatMap((runId) => active.get(runId) ?? []);
      for (const { control } of held) control.abort(toStopReason(action));
      await Promise.all(held.map(({ done }) => done));
    },
  };
}

/** A run that was asked to stop and whose graph is not registered any more: nobody else can end it. */
async function endWithoutGraph(
  { store, feed, now }: WorkerOptions,
  lease: Lease,
  run: RunRecord,
): Promise<"ended"> {
  const at = now();
  const event = rootLifecycle(run, "interrupted", at, { reason: "cancelled" });
  const facts = [{ type: "event" as const, event }];
  const end = { status: "interrupted" as const, error: null, facts, reopen: [], supersede: [], at };
  feed.publish(run.threadId, await store.runs.finish(lease, end));
  return "ended";
}

function toStopReason(action: CancelAction): StopReason {
  return action === "rollback" ? "rollback" : "cancel";
}
