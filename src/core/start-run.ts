import { CountersignError } from "../protocol/errors.ts";
import { asText, type Json, type JsonObject } from "../protocol/json.ts";
import {
  askAgain,
  type CommandDeps,
  type CommandResult,
  type RunOptions,
  setOff,
  toNewRun,
  writesState,
} from "./accepted-run.ts";
import { inputAnswered, rootLifecycle } from "./lifecycle.ts";
import type { Accepted, AcceptRun, Actor, CronTick, Store } from "./ports.ts";

export interface StartRun extends RunOptions {
  threadId: string;
  actor: Actor;
  /** A graph, or an assistant that `owner` may see. */
  assistantId: string;
  owner: string | null;
  input: Json;
  /** What a busy thread does when no strategy is named: the protocols differ. */
  defaultStrategy: "reject" | "enqueue";
  /** Creates the thread when it does not exist, owned by this actor id. */
  createThread?: { owner: string | null; metadata?: JsonObject; ttlMs?: number | null };
  idempotencyKey?: string;
  /** The run is that of this tick of a cron. */
  tick?: CronTick;
}

export function createStartRun(deps: CommandDeps): (command: StartRun) => Promise<CommandResult> {
  const accept = createAcceptStart(deps);
  return async (command) => {
    const { threadId } = command;
    const accepted = await accept(command);
    if (accepted.type === "busy") throw busy(threadId, accepted.runId);
    if (accepted.type === "open") throw questionsOpen(accepted.interruptIds);
    if (accepted.type === "taken") throw new Error("Only a tick can be taken.");
    return { run: accepted.run, seq: accepted.seq, repeated: accepted.type === "repeated" };
  };
}

/** Accepts a run and gets it going, for those who take a no for an answer. */
export function createAcceptStart(deps: CommandDeps): (command: StartRun) => Promise<Accepted> {
  const { store, assistants, worker, now } = deps;

  return async (command) => {
    const { threadId, actor, strategy, createThread, idempotencyKey, tick } = command;
    const assistant = await assistants.resolve(command.assistantId, command.owner);
    await refuseUnknownCheckpoint(store, command);
    const run = toNewRun(deps, assistant, { input: command.input }, { ...command, kind: "input" });
    const claim = worker.claim();
    const accepted = await store.runs.accept({
      threadId,
      run,
      actor,
      ...(createThread ? { createThread: { metadata: {}, ...createThread } } : {}),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      ...(tick === undefined ? {} : { tick }),
      whenOpen: whenOpen(command),
      whenBusy: strategy ?? command.defaultStrategy,
      voidsReceipts: writesState(command),
      ...(claim ? { claim } : {}),
      running: rootLifecycle(run, "running", now()),
      requested: askAgain(deps),
      superseded: (ids) => inputAnswered(null, ids, "superseded", now()),
    });
    if (accepted.type !== "accepted") return accepted;
    setOff(deps, accepted);
    void worker.cancel(accepted.cancelled, strategy === "rollback" ? "rollback" : "interrupt");
    return accepted;
  };
}

/** A chat message is never an approval (invariant 3). */
function whenOpen(command: StartRun): AcceptRun["whenOpen"] {
  const { input, update, goto, strategy } = command;
  // Going on with nothing would answer the next gate (engine.md 3): only real input may set questions aside.
  const isCommand = update !== undefined || goto !== undefined;
  // To write the state and say where to go on is an act of its own: it sets questions aside by name.
  if (isCommand && strategy === undefined) return "supersede";
  if (
    (input === null && !isCommand && forkOf(command) === undefined) ||
    strategy === undefined ||
    strategy === "reject"
  )
    return "refuse";
  return strategy === "enqueue" ? "wait" : "supersede";
}

/** The checkpoint a run is to start from, where it is not the head. */
function forkOf({ config }: StartRun): string | undefined {
  const id = (config?.configurable as JsonObject | undefined)?.checkpoint_id;
  return id === undefined || id === null ? undefined : asText(id);
}

/** @throws `no_such_checkpoint` for a fork from a checkpoint that is not there. */
async function refuseUnknownCheckpoint(store: Store, command: StartRun): Promise<void> {
  const { threadId, config } = command;
  const id = forkOf(command);
  if (id === undefined) return;
  const ns = asText((config?.configurable as JsonObject | undefined)?.checkpoint_ns);
  if ((await store.checkpoints.find(threadId, ns, id)) !== undefined) return;
  throw new CountersignError(
    "no_such_checkpoint",
    `Thread ${threadId} has no checkpoint ${id}. List them with POST /threads/${threadId}/history.`,
  );
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
