import { setMaxListeners } from "node:events";
import { type AttemptDeps, executeRun, type StopReason } from "./execute-run.ts";
import type { Engine } from "./graph.ts";
import { rootLifecycle } from "./lifecycle.ts";
import type { CancelAction, Claim, Lease, RunPort, RunRecord } from "./ports.ts";
import { createReturns } from "./returns.ts";
import type { StepStop } from "./step-stop.ts";

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
  /** Stops runs held by this process, now or after their step. Returns once their ends are recorded. */
  cancel(runIds: string[], action: CancelAction): Promise<void>;
  /** Lets go of a run that was ended without this process: nothing more of it is recorded. */
  letGo(runId: string): void;
}

interface Active {
  lease: Lease;
  control: AbortController;
  stepStop: StepStop;
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
    setMaxListeners(0, control.signal); // every call of a tool that is under way listens
    const stepStop = { isWanted: false };
    const engine = engines.get(run.graphId);
    askToStop({ control, stepStop }, run.cancelRequested);
    const timer = setTimeout(() => control.abort("timeout" satisfies StopReason), runTimeoutMs);
    const returned = returns.countOf(run.runId);
    const deps = { store, items, feed, now, runTimeoutMs, report };
    const executed = engine
      ? executeRun(deps, { engine, run, lease, control, stepStop, returned })
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
    active.set(run.runId, { lease, control, stepStop, done });
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

  function review(): void {
    if (active.size === 0) return;
    // A store that was closed beneath it says so at once: also that must not end the process.
    (async () => reviewAll(store.runs, [...active.values()]))().catch((error: unknown) =>
      report(error, { during: "review" }),
    );
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
    letGo: (runId) => active.get(runId)?.control.abort("lease_lost" satisfies StopReason),
    async cancel(runIds, action) {
      const held = runIds.flatMap((runId) => active.get(runId) ?? []);
      for (const one of held) askToStop(one, action);
      await Promise.all(held.map(({ done }) => done));
    },
  };
}

/**
 * What becomes of these by the store's word.
 *
 * @param asked - Kept: when the reply is late, another attempt at the same run may be active.
 */
async function reviewAll(runs: RunPort, asked: Active[]): Promise<void> {
  const { lost, cancelled } = await runs.review(asked.map(({ lease }) => lease));
  const find = ({ runId, attempt }: Lease) =>
    asked.find(({ lease }) => lease.runId === runId && lease.attempt === attempt);
  for (const lease of lost) find(lease)?.control.abort("lease_lost" satisfies StopReason);
  for (const { lease, action } of cancelled) askToStop(find(lease), action);
}

function askToStop(one: Pick<Active, "control" | "stepStop"> | undefined, action: CancelAction | null): void {
  if (one === undefined || action === null) return;
  if (action === "step") one.stepStop.isWanted = true;
  else one.control.abort((action === "rollback" ? "rollback" : "cancel") satisfies StopReason);
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
