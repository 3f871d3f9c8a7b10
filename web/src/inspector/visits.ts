import { pathOf } from "../lib/branches.ts";
import type { HistoryState } from "../lib/history.ts";
import { idOf } from "./checkpoint-words.ts";

/** What became of a node, over the whole thread. */
export interface Visit {
  count: number;
  /** Milliseconds in it, all visits together; a node that waited for a person waited in it. */
  ms: number;
  error: string | null;
}

type State = Pick<HistoryState, "checkpoint" | "parent_checkpoint" | "next" | "tasks" | "created_at">;

/** The checkpoints that the newest came of, itself in front: what other versions of the thread went through is left out. */
export function toPath(states: readonly State[]): State[] {
  const byId = new Map(states.map((state) => [idOf(state), state]));
  const parents = new Map(
    states.map((state) => [idOf(state), state.parent_checkpoint?.checkpoint_id ?? null]),
  );
  const newest = states[0];
  return newest === undefined ? [] : pathOf(idOf(newest), parents).flatMap((id) => byId.get(id) ?? []);
}

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

/** The edges that a thread took, as `from>to`: from its checkpoints, newest first. */
export function toTaken(states: readonly State[]): Set<string> {
  const taken = new Set<string>();
  const oldestFirst = [...states].reverse();
  for (const [index, { next }] of oldestFirst.entries()) {
    const after = oldestFirst[index + 1];
    if (after === undefined) continue;
    const reached = after.next.length > 0 ? after.next : ["__end__"];
    for (const from of next) for (const to of reached) taken.add(`${from}>${to}`);
  }
  return taken;
}

/** Where the thread stands: the nodes that run or wait, and those of them that wait for an answer. */
export interface Position {
  current: ReadonlySet<string>;
  asking: ReadonlySet<string>;
}

/** The node of the graph itself that a node inside of a subgraph belongs to: they are drawn as `outer:inner`. */
export function outerOf(id: string): string {
  return id.split(":", 1)[0] ?? id;
}

export function toPosition(newest: State | undefined): Position {
  const tasks = newest?.tasks ?? [];
  return {
    current: new Set(newest?.next ?? []),
    asking: new Set(tasks.filter(({ interrupts }) => interrupts.length > 0).map(({ name }) => name)),
  };
}
