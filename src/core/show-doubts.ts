import type { WireInterrupt, WireTask, WireThreadState } from "../protocol/shapes.ts";
import type { InterruptRecord } from "./ports.ts";

/** A state without its values. */
export type WireStanding = Omit<WireThreadState, "values">;

/**
 * Shows the questions core itself asks on the task they are about, like any other. At the head those about tasks of
 * other checkpoints, to which a fork is to go back, are tasks of their own.
 */
export function withDoubts(state: WireStanding, open: InterruptRecord[], isHead: boolean): WireStanding {
  const taskIds = new Set(state.tasks.map(({ id }) => id));
  const ofEffects = open.filter(({ source }) => source === "effect");
  const elsewhere = isHead ? ofEffects.filter(({ taskId }) => !taskIds.has(taskId)) : [];
  const doubts = [...ofEffects.filter(({ taskId }) => taskIds.has(taskId)), ...elsewhere];
  if (doubts.length === 0) return state;
  const others = [...new Set(elsewhere.map(({ taskId }) => taskId))].map(toForkedTask);
  const tasks = [...state.tasks, ...others].map((task) => ({
    ...task,
    interrupts: [...task.interrupts, ...doubts.filter(({ taskId }) => taskId === task.id).map(toWireDoubt)],
  }));
  return { ...state, tasks, interrupts: [...state.interrupts, ...doubts.map(toWireDoubt)] };
}

function toWireDoubt({ interruptId: id, value, responseSchema }: InterruptRecord): WireInterrupt {
  return { id, value, ...(responseSchema === null ? {} : { response_schema: responseSchema }) };
}

function toForkedTask(id: string): WireTask {
  const nothing = { error: null, checkpoint: null, state: null, result: null };
  return { id, name: "effect_in_doubt", path: [], interrupts: [], ...nothing };
}
