import { randomUUID } from "node:crypto";
import { CountersignError } from "../protocol/errors.ts";
import type { Json, JsonObject } from "../protocol/json.ts";
import type { MultitaskStrategy } from "../protocol/shapes.ts";
import { checkAnswer, refusedAnswers } from "./answers.ts";
import type { Feed } from "./feed.ts";
import type { Engine } from "./graph.ts";
import type { Graphs } from "./graphs.ts";
import { inputAnswered, inputRequested, rootLifecycle } from "./lifecycle.ts";
import { findPending } from "./pending.ts";
import type { AcceptRun, Actor, InterruptRecord, NewRun, RunRecord, Store } from "./ports.ts";
import type { States } from "./states.ts";
import type { Worker } from "./worker.ts";

export interface StartRun {
  threadId: string;
  actor: Actor;
  assistantId: string;
  input: Json;
  config?: JsonObject;
  metadata?: JsonObject;
  strategy?: MultitaskStrategy;
  /** What a busy thread does when no strategy is named: the protocols differ. */
  defaultStrategy: "reject" | "enqueue";
  /** Creates the thread when it does not exist, owned by this actor id. */
  createThread?: { owner: string | null };
  idempotencyKey?: string;
}

export interface AnswerCommand {
  threadId: string;
  actor: Actor;
  answers: { interruptId: string; value: Json }[];
  config?: JsonObject;
  metadata?: JsonObject;
  idempotencyKey?: string;
}

export interface CommandResult {
  run: RunRecord;
  /** Seq of the last event before what the run itself emits; >= 1 once the thread has any. */
  seq: number;
  /** The command was accepted before; nothing was written now. */
  repeated: boolean;
}

export interface Commands {
  /** Accepts a run (invariants 3 and 4). @throws `interrupts_open`, `thread_busy`, `no_such_graph`, `no_such_thread` */
  startRun(command: StartRun): Promise<CommandResult>;
  /** Accepts answers, all or none (invariants 1 and 2). @throws `no_such_interrupt`, `invalid_answer`, `graph_changed` */
  answer(command: AnswerCommand): Promise<CommandResult>;
  /** Stops runs. With `wait`, returns once those held here have ended. @throws `no_such_run` */
  cancel(threadId: string, runIds: string[] | undefined, options: { wait: boolean }): Promise<void>;
}

export function createCommands(deps: {
  store: Store;
  graphs: Graphs;
  feed: Feed;
  worker: Worker;
  states: States;
  now: () => number;
}): Commands {
  const { store, graphs, feed, worker, states, now } = deps;

  function newRun(engine: Engine, assistantId: string, kind: NewRun["kind"], kwargs: JsonObject, command: StartRun | AnswerCommand): NewRun {
    return {
      runId: randomUUID(),
      graphId: engine.graphId,
      assistantId,
      kind,
      kwargs: { ...kwargs, ...(command.config === undefined ? {} : { config: command.config }) },
      metadata: command.metadata ?? {},
      multitaskStrategy: ("strategy" in command && command.strategy) || "enqueue",
      createdAt: now(),
    };
  }

  function follow(threadId: string, outcome: { run: RunRecord; started: boolean; events: Parameters<Feed["publish"]>[1] }): void {
    feed.publish(threadId, outcome.events);
    if (outcome.started) worker.adopt(outcome.run);
    else worker.wake();
  }

  const askAgain = ({ runId, interruptId: id, value, responseSchema, namespace }: InterruptRecord) =>
    inputRequested(runId, { id, value, responseSchema }, namespace, now());

  return {
    async startRun(command) {
      const { threadId, actor, strategy, createThread } = command;
      refuseUnsupported(command);
      const engine = graphs.get(command.assistantId);
      const run = newRun(engine, graphs.assistantId(engine), "input", { input: command.input }, command);
      const claim = worker.claim();
      const accepted = await store.runs.accept({
        threadId,
        run,
        actor,
        ...(createThread ? { createThread: { owner: createThread.owner, metadata: {} } } : {}),
        ...(command.idempotencyKey === undefined ? {} : { idempotencyKey: command.idempotencyKey }),
        whenOpen: whenOpen(command),
        whenBusy: strategy ?? command.defaultStrategy,
        ...(claim ? { claim } : {}),
        running: rootLifecycle(run, "running", now()),
        requested: askAgain,
        superseded: (ids) => inputAnswered(null, ids, "superseded", now()),
      });
      if (accepted.type === "busy") throw busy(threadId, accepted.runId);
      if (accepted.type === "open") throw questionsOpen(accepted.interruptIds);
      if (accepted.type === "repeated") return { run: accepted.run, seq: accepted.seq, repeated: true };
      follow(threadId, accepted);
      void worker.cancel(accepted.cancelled);
      return { run: accepted.run, seq: accepted.seq, repeated: false };
    },

    async answer(command) {
      const { threadId, actor, answers } = command;
      const rows = await store.interrupts.find(threadId, answers.map(({ interruptId }) => interruptId));
      const byId = new Map(rows.map((row) => [row.interruptId, row]));
      if (byId.size === 0 || new Set(answers.map(({ interruptId }) => interruptId)).size < answers.length) {
        throw await unknownOrTwice(store, command);
      }
      const engine = graphs.get((rows[0] as InterruptRecord).graphId);
      const open = rows.filter(({ status }) => status === "open");
      await refuseChanged(engine, threadId, open);
      for (const { interruptId, value } of answers) {
        const row = byId.get(interruptId);
        if (row?.status === "open") checkAnswer(engine, row, value);
      }
      const kwargs = { answers: Object.fromEntries(answers.map(({ interruptId, value }) => [interruptId, value])) };
      const run = newRun(engine, graphs.assistantId(engine), "resume", kwargs, command);
      const claim = worker.claim();
      const at = now();
      const outcome = await store.interrupts.answer({
        threadId,
        actor,
        at,
        answers: answers.map((answer) => ({ ...answer, digest: byId.get(answer.interruptId)?.digest ?? "" })),
        run,
        ...(command.idempotencyKey === undefined ? {} : { idempotencyKey: command.idempotencyKey }),
        ...(claim ? { claim } : {}),
        answered: inputAnswered(run.runId, Object.keys(kwargs.answers), "answered", at),
        running: rootLifecycle(run, "running", at),
      });
      if (outcome.type === "refused") throw refusedAnswers(outcome.refusals, outcome.openIds);
      if (outcome.type === "repeated") return { run: outcome.run, seq: outcome.seq, repeated: true };
      follow(threadId, outcome);
      return { run: outcome.run, seq: outcome.seq, repeated: false };
    },

    async cancel(threadId, runIds, { wait }) {
      for (const runId of runIds ?? []) {
        if ((await store.runs.find(threadId, runId)) === undefined) {
          throw new CountersignError("no_such_run", `There is no run ${runId} on thread ${threadId}.`);
        }
      }
      const { asked, reopened } = await store.runs.requestCancel(threadId, runIds, "interrupt", now(), askAgain);
      feed.publish(threadId, reopened);
      const ended = worker.cancel(asked);
      worker.wake();
      if (wait) await ended;
    },
  };

  /** Before an answer is accepted, its interrupt must be pending in the graph as it is loaded now (invariant 4). */
  async function refuseChanged(engine: Engine, threadId: string, open: InterruptRecord[]): Promise<void> {
    if (open.length === 0) return;
    const { pending } = await findPending(store, engine, states.reader(threadId), threadId);
    const pendingIds = new Set(pending.map(({ id }) => id));
    const gone = open.filter(({ interruptId }) => !pendingIds.has(interruptId));
    if (gone.length === 0) return;
    const ids = gone.map(({ interruptId }) => interruptId);
    throw new CountersignError(
      "graph_changed",
      `The graph as it is loaded now does not wait for interrupt ${ids.join(", ")}: it was changed after the question was asked. The question stays open; start a new run, or cancel it.`,
      { reason: "graph_changed", interrupt_ids: ids },
    );
  }
}

async function unknownOrTwice(store: Store, { threadId, answers }: AnswerCommand): Promise<CountersignError> {
  const ids = answers.map(({ interruptId }) => interruptId);
  const twice = ids.find((id, index) => ids.indexOf(id) < index);
  if (twice !== undefined) {
    return new CountersignError("invalid_argument", `Interrupt ${twice} is answered twice in one command. Send one answer for each.`);
  }
  const open = await store.interrupts.listOpen([threadId]);
  return refusedAnswers(
    ids.map((interruptId) => ({ interruptId, reason: "unknown" })),
    open.map(({ interruptId }) => interruptId),
  );
}

function whenOpen({ input, strategy }: StartRun): AcceptRun["whenOpen"] {
  // Going on with nothing would answer the next gate (engine.md 3): only real input may set questions aside.
  if (input === null || strategy === undefined || strategy === "reject") return "refuse";
  return strategy === "enqueue" ? "wait" : "supersede";
}

function refuseUnsupported({ strategy, config }: StartRun): void {
  if (strategy === "rollback") {
    throw new CountersignError("not_supported", "multitask_strategy rollback is not supported yet. Use interrupt or enqueue.");
  }
  const configurable = config?.configurable as JsonObject | undefined;
  if (configurable?.checkpoint_id !== undefined) {
    throw new CountersignError("not_supported", "Forking from a checkpoint is not supported yet. Start from the head of the thread.");
  }
}

function busy(threadId: string, runId: string): CountersignError {
  return new CountersignError(
    "thread_busy",
    `Thread ${threadId} is already running run ${runId}. Wait for it, cancel it, or send multitask_strategy enqueue or interrupt.`,
    { run_id: runId },
  );
}

function questionsOpen(ids: string[]): CountersignError {
  return new CountersignError(
    "interrupts_open",
    `The thread waits for an answer to ${ids.join(", ")}. Answer it with input.respond, or send multitask_strategy enqueue to wait behind it or interrupt to set it aside.`,
    { open_ids: ids },
  );
}
