import type { EventMethod } from "../protocol/events.ts";
import type { Json, JsonObject } from "../protocol/json.ts";
import type { MultitaskStrategy, RunStatus, ThreadStatus } from "../protocol/shapes.ts";

/** What the store records. Instants are ms since the epoch. Part of `ports.ts`, which adapters import. */

/** Who did it. `verified` is false where no `authenticate` vouched for the name. */
export interface Actor {
  id: string;
  verified: boolean;
  roles?: string[];
}

export interface ThreadRecord {
  threadId: string;
  owner: string | null;
  createdAt: number;
  updatedAt: number;
  stateUpdatedAt: number;
  metadata: JsonObject;
  config: JsonObject;
  status: ThreadStatus;
  /** Why the last run failed; null unless `status` is `error`. */
  error: RunError | null;
  /** How long it stays after it was last used, in ms; null for ever. */
  ttlMs: number | null;
}

export interface RunError {
  name: string;
  message: string;
}

/** `input` starts from new input (or from where the thread stands), `resume` carries answers. */
export type RunKind = "input" | "resume";

export interface NewRun {
  runId: string;
  graphId: string;
  assistantId: string;
  kind: RunKind;
  /** What the engine is given: `input`, `config`, `command`, … JSON only. */
  kwargs: JsonObject;
  metadata: JsonObject;
  multitaskStrategy: MultitaskStrategy;
  /** Tells graphs apart whose nodes or edges differ. */
  graphVersion: string;
  /** Not to be started before this instant. */
  notBefore?: number | null;
  /** Called when the run has ended; and, if that is wanted, when a question of it is opened. */
  webhook?: { url: string; onInterrupt: boolean } | null;
  /** Who asked for it, as nodes are told. Never shown to clients: it may hold what only nodes may know. */
  user?: JsonObject | null;
  createdAt: number;
}

export interface RunRecord extends NewRun {
  threadId: string;
  /** When its first attempt began; null while it is pending. */
  startedAt: number | null;
  status: RunStatus;
  attempt: number;
  updatedAt: number;
  cancelRequested: CancelAction | null;
  error: RunError | null;
}

/** `step`: stop where nothing new would begin. It never takes the place of one that stops at once. */
export type CancelAction = "interrupt" | "rollback" | "step";

/** The right to write for one attempt at one run. `attempt` is the fencing token. */
export interface Lease {
  threadId: string;
  runId: string;
  attempt: number;
}

/** Who claims, and for how long without a heartbeat. The store measures by its own clock. */
export interface Claim {
  /** Names the process. */
  owner: string;
  leaseMs: number;
  /** How long heartbeats may keep the run held: after that a process that is stuck loses it. */
  runTimeoutMs: number;
}

/** `undone`: it was answered, and the answer was taken back. */
export type InterruptStatus = "open" | "answered" | "expired" | "cancelled" | "superseded" | "undone";

export interface NewInterrupt {
  interruptId: string;
  taskId: string;
  namespace: string[];
  value: Json;
  responseSchema: Json | null;
  /** SHA-256 (hex) of the canonical JSON of `value`: what the person was shown. */
  digest: string;
  /** `graph`: the engine waits for it. `effect`: core asks, about the effect `effectKey` in doubt. */
  source: "graph" | "effect";
  effectKey: string | null;
  /** Ids or roles of those who may answer; null for everybody who may write to the thread. */
  assignees: string[] | null;
  expiresAt: number | null;
  /** What happens at `expiresAt`. */
  onExpiry: OnExpiry;
}

/** `hold`: nothing, it stays open. `answer`: this value is the answer. `cancel`: the question and its run end. */
export type OnExpiry = { type: "hold" } | { type: "answer"; value: Json } | { type: "cancel" };

export interface InterruptRecord extends NewInterrupt {
  /** Grows with every interrupt opened in the store. */
  number: number;
  /** What the engine calls it: another id where it is open again under one of its own. */
  engineId: string;
  threadId: string;
  /** The owner of its thread. */
  owner: string | null;
  runId: string;
  graphId: string;
  status: InterruptStatus;
  openedAt: number;
  /** Set once `status` is `answered` or `undone`, or `expired` with an answer. */
  answer: Answered | null;
}

export interface Answered {
  value: Json;
  actor: Actor;
  at: number;
  /** The run that carries the answer into the graph. */
  runId: string;
}

/**
 * An event before it has a `seq`. `data` is JSON text, sent to clients as it is, unless `isRef`:
 * then it is the JSON of a {@link StateRef} and is rendered on read.
 */
export interface NewEvent {
  runId: string | null;
  method: EventMethod;
  namespace: string[];
  /** The graph node the event is about, where the protocol has one. */
  node?: string;
  /** `data.name` of a named `custom` event: its channel. */
  customName?: string;
  at: number;
  data: string;
  /**
   * Events of one run with the same key say one thing ever more completely (the deltas of a block and its
   * end, the drafts of a plan and the plan, one state after another): when the run ends only the last stays.
   */
  foldKey?: string;
  isRef?: boolean;
  /** The rendered `data` of a reference, when a reader in this process waits for it. Not stored. */
  live?: string;
}

export interface EventRecord extends NewEvent {
  seq: number;
}

/** A state that is kept in a checkpoint and not again in the log. */
export interface StateRef {
  checkpointNs: string;
  checkpointId: string;
  /** With the writes of tasks that finished after that checkpoint applied. */
  pending?: boolean;
  /** What the event's `data` is: the whole state, or a task whose `input` is these keys of it. */
  task?: { frame: JsonObject; keys: string[] };
}

/** A piece of state, stored once per thread under the SHA-256 of its bytes. */
export interface Content {
  hash: string;
  bytes: Uint8Array;
}

export interface NewCheckpoint {
  checkpointNs: string;
  checkpointId: string;
  parentId: string | null;
  /** The engine's metadata (`source`, `step`, `parents`, …). */
  metadata: JsonObject;
  /** The checkpoint without its values, and per channel the hash of its content. */
  body: JsonObject;
  contents: Content[];
}

export interface NewWrites {
  checkpointNs: string;
  checkpointId: string;
  taskId: string;
  taskPath: string;
  /** `index` < 0 marks the engine's special channels, whose later write replaces the earlier. */
  writes: { index: number; channel: string; hash: string }[];
  contents: Content[];
}

export interface StoredCheckpoint extends Omit<NewCheckpoint, "contents"> {
  threadId: string;
  runId: string | null;
}

export interface StoredWrite {
  taskId: string;
  taskPath: string;
  index: number;
  channel: string;
  hash: string;
}

/** One fact of an attempt. Facts of one batch are recorded in order, all or none. */
export type Fact =
  | { type: "event"; event: NewEvent }
  | { type: "checkpoint"; checkpoint: NewCheckpoint }
  | { type: "writes"; writes: NewWrites }
  /**
   * Opens an interrupt, by the engine's id of it, and appends `event` with it. An open row of the same id and value stays
   * and no event is appended, and so does an answered one whose answer waits in a pending run; an open one with
   * another value becomes `superseded`.
   */
  | { type: "interrupt"; interrupt: NewInterrupt; event: NewEvent }
  /** The state is written beside the graph: what was answered before is no receipt any more. */
  | { type: "void" }
  /** The run begins to do something outside that is no effect: its answer stays. */
  | { type: "acted" };
