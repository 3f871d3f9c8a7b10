import { randomUUID } from "node:crypto";
import type { Json, JsonObject } from "../protocol/json.ts";
import { type Assistant, type Assistants, withTerms } from "./assistants.ts";
import { withoutAuthKeys } from "./auth-user.ts";
import type { Bridge } from "./bridge.ts";
import type { Feed } from "./feed.ts";
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
  assistants: Assistants;
  feed: Feed;
  worker: Worker;
  states: States;
  bridge: Bridge;
  /** Ms since the epoch. */
  now: () => number;
}

/** A run as a command makes it. */
export function toNewRun(
  { now }: CommandDeps,
  assistant: Assistant,
  kwargs: JsonObject,
  own: Pick<NewRun, "kind"> & RunOptions,
): NewRun {
  const { engine, assistantId } = assistant;
  const { kind, metadata, strategy, notBefore, webhook, user, ...options } = withTerms(own, assistant);
  return {
    runId: randomUUID(),
    graphId: engine.graphId,
    graphVersion: engine.version,
    assistantId,
    kind,
    kwargs: { ...kwargs, ...toKwargs(options) },
    metadata: metadata ?? {},
    multitaskStrategy: strategy ?? "enqueue",
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(webhook ? { webhook } : {}),
    ...(user ? { user } : {}),
    createdAt: now(),
  };
}

export interface RunOptions {
  /** LangChain's `RunnableConfig`, as clients send it. `configurable.checkpoint_id` forks from there. */
  config?: JsonObject;
  /** LangGraph's runtime context of the run. */
  context?: JsonObject;
  /** Changes the state, or says which nodes run next, as LangGraph's `Command` does. */
  update?: Json;
  goto?: Json;
  /** Stops before or after these nodes (`*`: all). */
  interruptBefore?: string[] | "*";
  interruptAfter?: string[] | "*";
  /** What else is kept with the run, for those who show it. */
  extras?: JsonObject;
  metadata?: JsonObject;
  strategy?: NewRun["multitaskStrategy"];
  /** Not to be started before this instant, ms since the epoch. */
  notBefore?: number;
  webhook?: NewRun["webhook"];
  /** Who asks for it: see `NewRun`. */
  user?: JsonObject | null;
}

function toKwargs(options: RunOptions): JsonObject {
  const { config, context, update, goto, interruptBefore, interruptAfter, extras } = options;
  const command = {
    ...(update === undefined ? {} : { update }),
    ...(goto === undefined ? {} : { goto }),
  };
  return {
    ...extras,
    ...(config === undefined ? {} : { config: withoutAuthKeys(config) }),
    ...(context === undefined ? {} : { context }),
    ...(Object.keys(command).length === 0 ? {} : { command }),
    ...(interruptBefore === undefined ? {} : { interrupt_before: interruptBefore }),
    ...(interruptAfter === undefined ? {} : { interrupt_after: interruptAfter }),
  };
}

/** True for what reaches the state beside the graph: it needs the right to, and voids earlier approvals. */
export function writesState({ config, update, goto }: RunOptions): boolean {
  const configurable = config?.configurable as JsonObject | undefined;
  return update !== undefined || goto !== undefined || configurable?.checkpoint_id != null;
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
