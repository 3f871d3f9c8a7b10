import type { Core } from "../core/core.ts";
import type { ThreadRecord } from "../core/ports.ts";
import type { JsonText } from "../core/state-text.ts";
import { isRecord } from "../protocol/json.ts";
import { toWireThread } from "./wire-records.ts";

export interface ShowOptions {
  /** Only these fields. */
  select?: readonly string[] | null | undefined;
  /** Parts of a thread to be had by names of their own: `values.messages[-1].content`. */
  extract?: Readonly<Record<string, string>> | null | undefined;
}

/** Threads as clients see them. */
export async function showThreads(
  { store, states, bridge }: Core,
  threads: ThreadRecord[],
  { select, extract }: ShowOptions = {},
): Promise<Record<string, unknown>[]> {
  const paths = Object.entries(extract ?? {});
  const wants = (field: string) => select == null || select.includes(field);
  const needs = (field: string) => wants(field) || paths.some(([, path]) => path.startsWith(field));
  const ids = threads.map(({ threadId }) => threadId);
  const open = needs("interrupts") ? await store.interrupts.listOpen(ids) : [];
  const values = needs("values") ? await states.values(threads) : new Map<string, JsonText>();
  // What is looked into must be a value; what is only shown may stay text.
  const valuesOf = (text: JsonText | undefined) => (paths.length > 0 ? text?.toJSON() : text) ?? null;
  return threads.map((thread) => {
    const own = open.filter(({ threadId }) => threadId === thread.threadId);
    const wire = toWireThread(thread, { open: own, bridge }, valuesOf(values.get(thread.threadId)));
    const extracted = Object.fromEntries(paths.map(([name, path]) => [name, at(wire, path)]));
    return {
      ...Object.fromEntries(Object.entries(wire).filter(([field]) => wants(field))),
      ...(paths.length > 0 ? { extracted } : {}),
    };
  });
}

/** What a path of members and places (`a.b[0]`, `a[-1]` from the end) leads to; null where it leads nowhere. */
function at(value: unknown, path: string): unknown {
  let found = value;
  for (const [, member, place] of path.matchAll(/([^.[\]]+)|\[(-?\d+)\]/g)) {
    if (place !== undefined) found = Array.isArray(found) ? found.at(Number(place)) : undefined;
    else found = isRecord(found) && Object.hasOwn(found, member ?? "") ? found[member ?? ""] : undefined;
  }
  return found ?? null;
}
