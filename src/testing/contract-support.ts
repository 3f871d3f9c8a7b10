import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type {
  Accepted,
  AcceptRun,
  AnswerInterrupts,
  AnswerOutcome,
  Claim,
  ClaimedRun,
  Fact,
  InterruptRecord,
  Lease,
  NewEvent,
  NewInterrupt,
  NewRun,
  RunEnd,
  RunRecord,
  Store,
} from "../core/ports.ts";
import { type ErrorCode, isCountersignError } from "../protocol/errors.ts";
import type { Json } from "../protocol/json.ts";

/** What an adapter gives the suite. */
export interface StoreHarness {
  /** A store with nothing in it, open. The case closes it. */
  makeStore(): Promise<Store>;
  /** Another one on the data of the last one made, as another process has it, open; if there can be one. */
  second?(): Promise<Store>;
}

/** One promise of the ports, and how to see whether a store keeps it. */
export interface ContractCase {
  name: string;
  /** Throws an `AssertionError` when the promise is broken. */
  run(harness: StoreHarness): Promise<void>;
}

/** `other` is a second process on the same data, where there can be one; else it is `store` again. */
export interface Stores {
  store: Store;
  other: Store;
}

export function promise(name: string, check: (stores: Stores) => Promise<void>): ContractCase {
  return {
    name,
    async run(harness) {
      const store = await harness.makeStore();
      let other = store;
      try {
        other = (await harness.second?.()) ?? store;
        await check({ store, other });
      } finally {
        if (other !== store) await other.close();
        await store.close();
      }
    },
  };
}

// ---------------------------------------------------------------- what is recorded

export const ana = { id: "ana", verified: true, roles: ["approver"] };
export const ben = { id: "ben", verified: true };

let instant = 1_700_000_000_000;

/** An instant after every earlier one. */
export function later(): number {
  instant += 1_000;
  return instant;
}

export function claimOf(changes: Partial<Claim> = {}): Claim {
  return { owner: "worker-1", leaseMs: 60_000, runTimeoutMs: 600_000, ...changes };
}

export function newRun(changes: Partial<NewRun> = {}): NewRun {
  return {
    runId: randomUUID(),
    graphId: "graph",
    assistantId: "assistant",
    kind: "input",
    kwargs: {},
    metadata: {},
    multitaskStrategy: "enqueue",
    graphVersion: "v1",
    createdAt: later(),
    ...changes,
  };
}

export function newEvent(data: Json, changes: Partial<NewEvent> = {}): NewEvent {
  return {
    runId: null,
    method: "custom",
    namespace: [],
    at: later(),
    data: JSON.stringify(data),
    ...changes,
  };
}

/** The data of events, parsed: what tells them apart here. */
export const dataOf = (events: readonly { data: string }[]) =>
  events.map(({ data }) => JSON.parse(data) as Json);

export function newInterrupt(interruptId: string, changes: Partial<NewInterrupt> = {}): NewInterrupt {
  return {
    interruptId,
    taskId: `task-${interruptId}`,
    namespace: [],
    value: { question: interruptId },
    responseSchema: null,
    digest: "0".repeat(64),
    source: "graph",
    effectKey: null,
    assignees: null,
    expiresAt: null,
    onExpiry: { type: "hold" },
    ...changes,
  };
}

export function interruptFact(interrupt: NewInterrupt, runId: string | null = null): Fact {
  const event = newEvent({ asked: interrupt.interruptId }, { runId, method: "input.requested" });
  return { type: "interrupt", interrupt, event };
}

export const eventFact = (event: NewEvent): Fact => ({ type: "event", event });

// ---------------------------------------------------------------- commands

const requested = ({ interruptId }: InterruptRecord) =>
  newEvent({ askedAgain: interruptId }, { method: "input.requested" });

export function accept(
  store: Store,
  threadId: string,
  { run = newRun(), ...changes }: Partial<AcceptRun> = {},
): Promise<Accepted> {
  return store.runs.accept({
    threadId,
    createThread: { owner: null, metadata: {} },
    run,
    actor: ana,
    whenOpen: "refuse",
    whenBusy: "enqueue",
    running: newEvent({ running: run.runId }, { runId: run.runId, method: "lifecycle" }),
    requested,
    superseded: (ids) => newEvent({ superseded: ids }, { method: "input.answered" }),
    ...changes,
  });
}

/** Accepts, and insists that it was. */
export async function accepted(store: Store, threadId: string, changes: Partial<AcceptRun> = {}) {
  const outcome = await accept(store, threadId, changes);
  assert.equal(outcome.type, "accepted");
  return outcome as Extract<Accepted, { type: "accepted" }>;
}

export const leaseOf = ({ threadId, runId, attempt }: RunRecord): Lease => ({ threadId, runId, attempt });

/** Starts a run at once; the thread is made when need be. */
export async function start(
  store: Store,
  threadId: string,
  { claim = claimOf(), ...changes }: Partial<AcceptRun> = {},
): Promise<{ run: RunRecord; lease: Lease }> {
  const { run, started } = await accepted(store, threadId, { claim, ...changes });
  assert.equal(started, true, "the run did not start at once");
  return { run, lease: leaseOf(run) };
}

export function claimRun(
  store: Store,
  { graphIds = ["graph"], ...changes }: Partial<Claim> & { graphIds?: string[] } = {},
): Promise<ClaimedRun | undefined> {
  return store.runs.claim({ ...claimOf(changes), graphIds }, ({ runId, attempt }) =>
    newEvent({ running: runId, attempt }, { runId, method: "lifecycle" }),
  );
}

export async function claimed(
  store: Store,
  changes: Parameters<typeof claimRun>[1] = {},
): Promise<ClaimedRun> {
  const found = await claimRun(store, changes);
  assert.ok(found, "nothing was claimed");
  return found;
}

export function end(changes: Partial<RunEnd> = {}): RunEnd {
  return { status: "success", error: null, facts: [], reopen: [], supersede: [], at: later(), ...changes };
}

/** A run that asked these questions and stopped at them. */
export async function pause(
  store: Store,
  threadId: string,
  interrupts: (string | NewInterrupt)[],
  changes: Partial<AcceptRun> = {},
): Promise<RunRecord> {
  const { run, lease } = await start(store, threadId, changes);
  const facts = interrupts.map((one) =>
    interruptFact(typeof one === "string" ? newInterrupt(one) : one, run.runId),
  );
  await store.runs.finish(lease, end({ facts }));
  return run;
}

/** Answers these ids with `yes`, or with the values given. */
export function answer(
  store: Store,
  threadId: string,
  answers: string[] | Record<string, Json>,
  changes: Partial<AnswerInterrupts> = {},
): Promise<AnswerOutcome> {
  const { run = newRun({ kind: "resume" }) } = changes;
  const given = Array.isArray(answers) ? Object.fromEntries(answers.map((id) => [id, "yes"])) : answers;
  const ids = Object.keys(given);
  return store.interrupts.answer({
    threadId,
    actor: ana,
    at: later(),
    answers: Object.entries(given).map(([interruptId, value]) => ({ interruptId, value })),
    answered: newEvent({ answered: ids }, { runId: run.runId, method: "input.answered" }),
    running: newEvent({ running: run.runId }, { runId: run.runId, method: "lifecycle" }),
    ...changes,
    run,
  });
}

/** Answers, and insists that it was accepted. */
export async function answered(
  store: Store,
  threadId: string,
  answers: string[] | Record<string, Json>,
  changes: Partial<AnswerInterrupts> = {},
) {
  const outcome = await answer(store, threadId, answers, changes);
  assert.equal(outcome.type, "accepted");
  return outcome as Extract<AnswerOutcome, { type: "accepted" }>;
}

// ---------------------------------------------------------------- what is seen

/** Everything a thread shows: equal before and after means that nothing was written. */
export async function observe(store: Store, threadId: string) {
  return {
    thread: await store.threads.find(threadId),
    runs: await store.runs.list(threadId, { limit: 1_000, offset: 0 }),
    open: await store.interrupts.listOpen([threadId]),
    answered: await store.interrupts.listAnswered(threadId),
    log: await store.log.read(threadId, 0, 10_000),
    lastSeq: await store.log.lastSeq(threadId),
    checkpoints: await store.checkpoints.list(threadId, {}),
    effects: await store.effects.listUnsettled(threadId),
  };
}

export async function statusOf(store: Store, threadId: string): Promise<string | undefined> {
  return (await store.threads.find(threadId))?.status;
}

export async function runStatus(store: Store, { threadId, runId }: Pick<Lease, "threadId" | "runId">) {
  return (await store.runs.find(threadId, runId))?.status;
}

export const openIds = async (store: Store, threadId: string) =>
  (await store.interrupts.listOpen([threadId])).map(({ interruptId }) => interruptId);

/** Insists on a {@link CountersignError} of this code. */
export async function refuses(action: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(action, (error) => {
    assert.ok(isCountersignError(error), `not an error of ours: ${error}`);
    assert.equal(error.code, code);
    return true;
  });
}

/** Asks again until there is something; gives up after 20 s. */
export async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  const patience = performance.now() + 20_000;
  while (true) {
    const found = await look();
    if (found !== undefined) return found;
    assert.ok(performance.now() < patience, "waited in vain");
    await wait(5);
  }
}

/** Does `action` so many times at once, alternating between the stores. */
export function together<T>(
  { store, other }: Stores,
  count: number,
  action: (store: Store, index: number) => Promise<T>,
): Promise<T[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) => action(index % 2 === 0 ? store : other, index)),
  );
}
