import { CountersignError } from "../protocol/errors.ts";
import type { Json, JsonObject } from "../protocol/json.ts";
import {
  askAgain,
  type CommandDeps,
  type CommandResult,
  type RunOptions,
  setOff,
  toNewRun,
} from "./accepted-run.ts";
import { inputAnswered, rootLifecycle } from "./lifecycle.ts";
import type { AcceptRun, Actor } from "./ports.ts";

export interface StartRun extends RunOptions {
  threadId: string;
  actor: Actor;
  assistantId: string;
  input: Json;
  /** What a busy thread does when no strategy is named: the protocols differ. */
  defaultStrategy: "reject" | "enqueue";
  /** Creates the thread when it does not exist, owned by this actor id. */
  createThread?: { owner: string | null };
  idempotencyKey?: string;
}

export function createStartRun(deps: CommandDeps): (command: StartRun) => Promise<CommandResult> {
  const { store, graphs, worker, now } = deps;

  return async (command) => {
    const { threadId, actor, strategy, createThread, idempotencyKey } = command;
    refuseUnsupported(command);
    const engine = graphs.get(command.assistantId);
    const run = toNewRun(deps, engine, { input: command.input }, { ...command, kind: "input" });
    const claim = worker.claim();
    const accepted = await store.runs.accept({
      threadId,
      run,
      actor,
      ...(createThread ? { createThread: { owner: createThread.owner, metadata: {} } } : {}),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      whenOpen: whenOpen(command),
      whenBusy: strategy ?? command.defaultStrategy,
      ...(claim ? { claim } : {}),
      running: rootLifecycle(run, "running", now()),
      requested: askAgain(deps),
      superseded: (ids) => inputAnswered(null, ids, "superseded", now()),
    });
    if (accepted.type === "busy") throw busy(threadId, accepted.runId);
    if (accepted.type === "open") throw questionsOpen(accepted.interruptIds);
    if (accepted.type === "repeated") return { run: accepted.run, seq: accepted.seq, repeated: true };
    setOff(deps, accepted);
    void worker.cancel(accepted.cancelled, strategy === "rollback" ? "rollback" : "interrupt");
    return { run: accepted.run, seq: accepted.seq, repeated: false };
  };
}

/** A chat message is never an approval (invariant 3). */
function whenOpen({ input, strategy }: StartRun): AcceptRun["whenOpen"] {
  // Going on with nothing would answer the next gate (engine.md 3): only real input may set questions aside.
  if (input === null || strategy === undefined || strategy === "reject") return "refuse";
  return strategy === "enqueue" ? "wait" : "supersede";
}

function refuseUnsupported({ config }: StartRun): void {
  const configurable = config?.configurable as JsonObject | undefined;
  if (configurable?.checkpoint_id !== undefined) {
    throw new CountersignError(
      "not_supported",
      "Forking from a checkpoint is not supported yet. Start from the head of the thread.",
    );
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
