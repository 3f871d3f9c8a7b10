import { isCountersignError } from "../protocol/errors.ts";
import { isRecord } from "../protocol/json.ts";
import type { Bridge } from "./bridge.ts";
import type { ThreadCheckpointer } from "./checkpointer.ts";
import type { StateAddress } from "./graph.ts";
import type { Graphs } from "./graphs.ts";
import type { EventRecord, StateRef, Store } from "./ports.ts";
import type { Redact } from "./redaction.ts";

export interface RenderDeps {
  store: Store;
  graphs: Graphs;
  bridge: Bridge;
  redact: Redact;
  reader: (threadId: string) => ThreadCheckpointer;
}

/** An event's data as JSON text: references to checkpoints are rendered. */
export function createRender({ store, graphs, bridge, redact, reader }: RenderDeps) {
  async function valuesAt(
    by: ThreadCheckpointer,
    { threadId, graphId }: { threadId: string; graphId: string | undefined },
    { checkpointNs, checkpointId, pending }: StateRef,
  ): Promise<unknown> {
    const engine = graphId === undefined ? undefined : graphs.find(graphId);
    if (engine === undefined) return rawValues(by, { threadId, checkpointNs, checkpointId });
    const head = pending ? await store.checkpoints.find(threadId, checkpointNs) : undefined;
    const at = head?.checkpointId === checkpointId ? {} : { checkpointId };
    try {
      const snapshot = await engine.snapshot(by, { threadId, checkpointNs, ...at });
      if (snapshot.createdAt !== undefined) return snapshot.values;
      // Taken back, or pruned, since the event was read: a reader who is late is shown what stands.
      return (await engine.snapshot(by, { threadId, checkpointNs })).values;
    } catch (error) {
      if (isCountersignError(error)) throw error;
      // A graph that cannot say where it stands must not keep its readers from what comes after.
      return rawValues(by, { threadId, checkpointNs, checkpointId });
    }
  }

  return async (threadId: string, event: EventRecord): Promise<string> => {
    if (!event.isRef) return shownEvent({ store, bridge }, threadId, event);
    if (event.live !== undefined) return event.live;
    const ref = JSON.parse(event.data) as StateRef;
    const run = event.runId === null ? undefined : await store.runs.find(threadId, event.runId);
    const by = reader(threadId);
    const values = await valuesAt(by, { threadId, graphId: run?.graphId }, ref);
    if (ref.task === undefined) return redact(by.toText(values));
    const { frame, keys } = ref.task;
    const input = by.toText(pick(isRecord(values) ? values : {}, keys));
    return redact(`{"input":${input},${JSON.stringify(frame).slice(1)}`);
  };
}

/** Values without the graph: of a graph that is no longer registered. */
export async function rawValues(
  by: ThreadCheckpointer,
  { threadId, checkpointNs, checkpointId }: StateAddress,
): Promise<Record<string, unknown>> {
  const tuple = await by.getTuple({
    configurable: {
      thread_id: threadId,
      checkpoint_ns: checkpointNs ?? "",
      ...(checkpointId ? { checkpoint_id: checkpointId } : {}),
    },
  });
  const values = Object.entries(tuple?.checkpoint.channel_values ?? {});
  return Object.fromEntries(values.filter(([name]) => !name.startsWith("__") && !name.startsWith("branch:")));
}

/** These members of the values, where they have members. */
export function pick(values: unknown, keys: readonly string[]): unknown {
  if (!isRecord(values)) return values;
  return Object.fromEntries(Object.entries(values).filter(([key]) => keys.includes(key)));
}

/** Events that hold questions show them as clients see them. */
async function shownEvent(
  { store, bridge }: { store: Store; bridge: Bridge },
  threadId: string,
  { method, runId, data }: EventRecord,
): Promise<string> {
  if (method !== "input.requested" && method !== "tasks") return data;
  const graphId = async () =>
    runId === null ? undefined : (await store.runs.find(threadId, runId))?.graphId;
  return bridge.shownEvent(graphId, data);
}
