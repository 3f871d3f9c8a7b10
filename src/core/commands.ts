import type { CommandDeps, CommandResult } from "./accepted-run.ts";
import { type AnswerCommand, createAnswer } from "./answer-command.ts";
import { type CancelCommand, createCancel } from "./cancel-command.ts";
import { type CopyThreadCommand, createCopyThread } from "./copy-thread.ts";
import { type CreateThread, createCreateThread } from "./create-thread.ts";
import { createDeleteThread } from "./delete-thread.ts";
import type { ThreadRecord } from "./ports.ts";
import { createStartRun, type StartRun } from "./start-run.ts";
import { createUndo, type UndoCommand } from "./undo-command.ts";
import { createUpdateState, type UpdateState } from "./update-state.ts";
import { createWithdraw, type WithdrawCommand } from "./withdraw-command.ts";

/** What a client may ask: start a run, answer a question, stop runs. */
export interface Commands {
  /** Accepts a run (invariants 3 and 4). @throws `interrupts_open`, `thread_busy`, `no_such_graph`, `no_such_thread` */
  startRun(command: StartRun): Promise<CommandResult>;
  /** Accepts answers, all or none (invariants 1 and 2). @throws `no_such_interrupt`, `invalid_answer`, `graph_changed` */
  answer(command: AnswerCommand): Promise<CommandResult>;
  /**
   * Takes an answer back before anything was done with it; returns the id under which the question is open again.
   * @throws `too_late`, `no_such_interrupt`, `permission_denied`
   */
  undo(command: UndoCommand): Promise<string>;
  /** Stops runs. @throws `no_such_run` */
  cancel(command: CancelCommand): Promise<void>;
  /** Writes a thread's state from outside. @throws `state_busy`, `invalid_argument`, `no_such_checkpoint` */
  updateState(command: UpdateState): Promise<string>;
  /** Creates a thread, when there is none of its id. @throws `invalid_argument` */
  createThread(command: CreateThread): Promise<{ thread: ThreadRecord; created: boolean }>;
  /** Makes a thread with the state of another. Undefined when that is gone. @throws `state_busy` */
  copyThread(command: CopyThreadCommand): Promise<ThreadRecord | undefined>;
  /**
   * Deletes a thread and all that hangs on it, and ends its readers. False when there was none, or none that has
   * expired by `expiredBy`. @throws `thread_busy`
   */
  deleteThread(threadId: string, expiredBy?: number): Promise<boolean>;
  /** Puts questions away without an answer, all or none. @throws `no_such_interrupt` */
  withdraw(command: WithdrawCommand): Promise<void>;
}

export function createCommands(deps: CommandDeps): Commands {
  return {
    startRun: createStartRun(deps),
    answer: createAnswer(deps),
    undo: createUndo(deps),
    cancel: createCancel(deps),
    updateState: createUpdateState(deps),
    createThread: createCreateThread(deps),
    copyThread: createCopyThread(deps),
    deleteThread: createDeleteThread(deps),
    withdraw: createWithdraw(deps),
  };
}
