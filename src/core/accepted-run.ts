import { randomUUID } from "node:crypto";
import type { JsonObject } from "../protocol/json.ts";
import type { Feed } from "./feed.ts";
import type { Engine } from "./graph.ts";
import type { Graphs } from "./graphs.ts";
import { inputRequested } from "./lifecycle.ts";
import type { EventRecord, InterruptRecord, NewEvent, NewRun, RunRecord, Store } from "./ports.ts";
import type { States } from "./states.ts";
import type { Worker } from "./worker.ts";

/** What all commands that make runs have in common. */

export interface CommandResult {
  run: RunRecord;
  /** Seq of the last event before what the run itself emits; >= 1 once the thread has any. */
  seq: number;
  /** The command was accepted before; nothing was written now. */
  repeated: boolean;
}

export interface CommandDeps {
  store: Store;
  graphs: Graphs;
  feed: Feed;
  worker: Worker;
  states: States;
  /** Ms since the epoch. */
  now: () => number;
}

/** A run as a command makes it. */
export function toNewRun(
  { graphs, now }: CommandDeps,
  engine: Engine,
  kwargs: JsonObject,
  { kind, config, metadata, strategy }: Pick<NewRun, "kind"> & RunOptions,
): NewRun {
  return {
    runId: randomUUID(),
    graphId: engine.graphId,
    graphVersion: engine.version,
    assistantId: graphs.assistantId(engine),
    kind,
    kwargs: { ...kwargs, ...(config === undefined ? {} : { config }) },
    metadata: metadata ?? {},
    multitaskStrategy: strategy ?? "enqueue",
    createdAt: now(),
  };
}

export interface RunOptions {
  /** LangChain's `RunnableConfig`, as clients send it. */
  config?: JsonObject;
  metadata?: JsonObject;
  strategy?: NewRun["multitaskStrategy"];
}

/** Tells readers what a command committed, and gets its run going. */
export function setOff(
  { feed, worker }: CommandDeps,
  { run, started, events }: { run: RunRecord; started: boolean; events: EventRecord[] },
): void {
  feed.publish(run.threadId, events);
  if (started) worker.adopt(run);
  else worker.wake();
}

/** Asks a question again whose answer did not get through. */
export function askAgain({ now }: CommandDeps): (interrupt: InterruptRecord) => NewEvent {
  return ({ runId, interruptId: id, value, responseSchema, namespace }) =>
    inputRequested(runId, { id, value, responseSchema }, namespace, now());
}
