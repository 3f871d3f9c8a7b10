import type { ThreadState } from "@langchain/langgraph-sdk";

/** What became of a node, over the whole thread. */
export interface Visit {
  count: number;
  /** Milliseconds in it, all visits together; a node that waited for a person waited in it. */
  ms: number;
  error: string | null;
}

type State = ThreadState<Record<string, unknown>>;

/**
 * Which nodes a thread went through, how often, and for how long: from its checkpoints, newest first. A
 * checkpoint is written when the nodes it names as `next` begin; they are through with the one after it.
 */
export function toVisits(states: readonly State[]): Map<string, Visit> {
  const visits = new Map<string, Visit>();
  const oldestFirst = [...states].reverse();
  for (const [index, { next, created_at, tasks }] of oldestFirst.entries()) {
    const after = oldestFirst[index + 1];
    const ms =
      after && created_at && after.created_at ? Date.parse(after.created_at) - Date.parse(created_at) : 0;
    for (const name of next) {
      const before = visits.get(name) ?? { count: 0, ms: 0, error: null };
      const failed = tasks.find((task) => task.name === name && task.error != null)?.error;
      visits.set(name, {
        count: before.count + 1,
        ms: before.ms + Math.max(0, ms),
        error: failed == null ? before.error : String(failed),
      });
    }
  }
  return visits;
}

/** Where the thread stands: the nodes that run or wait, and those of them that wait for an answer. */
export function toPosition(newest: State | undefined): { current: Set<string>; asking: Set<string> } {
  const tasks = newest?.tasks ?? [];
  return {
    current: new Set(newest?.next ?? []),
    asking: new Set(tasks.filter(({ interrupts }) => interrupts.length > 0).map(({ name }) => name)),
  };
}
