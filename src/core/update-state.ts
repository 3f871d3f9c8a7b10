import { CountersignError, isCountersignError } from "../protocol/errors.ts";
import { asText } from "../protocol/json.ts";
import type { CommandDeps } from "./accepted-run.ts";
import { ThreadCheckpointer } from "./checkpointer.ts";
import type { Engine, StateAddress } from "./graph.ts";
import { inputAnswered, inputRequested } from "./lifecycle.ts";
import { findPending } from "./pending.ts";
import type { Fact, NewEvent, StateRef, ThreadRecord } from "./ports.ts";

/** How often an update is made anew upon what was written meanwhile. */
const maxTries = 3;

export interface UpdateState {
  thread: ThreadRecord;
  values: unknown;
  asNode?: string;
  /** Default: the head. */
  checkpointId?: string;
  checkpointNs?: string;
}

/**
 * Writes a thread's state from outside: a new checkpoint, shown to every reader. Approvals given before are
 * void, and questions that the graph waits for no more are put away.
 *
 * @returns The id of the new checkpoint.
 * @throws `state_busy` while a run is active; `no_such_graph`; `invalid_argument` when the graph refuses it.
 */
export function createUpdateState({ store, graphs, feed, now }: CommandDeps) {
  return async ({
    thread,
    values,
    asNode,
    checkpointId,
    checkpointNs = "",
  }: UpdateState): Promise<string> => {
    const { threadId } = thread;
    const engine = graphs.get(asText(thread.metadata.graph_id));
    if (checkpointId !== undefined && !(await store.checkpoints.find(threadId, checkpointNs, checkpointId))) {
      throw new CountersignError(
        "no_such_checkpoint",
        `Thread ${threadId} has no checkpoint ${checkpointId}. List them with POST /threads/${threadId}/history.`,
      );
    }
    const at = {
      threadId,
      checkpointNs,
      ...(checkpointId === undefined ? {} : { checkpointId }),
    };
    for (let tries = 1; ; tries += 1) {
      try {
        return await update(thread, engine, at, { values, ...(asNode === undefined ? {} : { asNode }) });
      } catch (error) {
        // Something was written meanwhile: what the graph makes of the update must build upon that.
        if (tries === maxTries || !isCountersignError(error, "state_busy")) throw error;
      }
    }
  };

  async function update(
    thread: ThreadRecord,
    engine: Engine,
    at: StateAddress,
    written: { values: unknown; asNode?: string },
  ): Promise<string> {
    const { threadId } = thread;
    const asOf = await store.log.lastSeq(threadId);
    const facts: Fact[] = [];
    const checkpointer = new ThreadCheckpointer({
      threadId,
      checkpoints: store.checkpoints,
      async record(more) {
        facts.push(...more);
      },
      requested: (interrupt, namespace) => inputRequested("", interrupt, namespace, now()),
    });
    const id = await engine.update(checkpointer, at, written).catch((error: Error) => {
      if (error instanceof CountersignError) throw error;
      throw new CountersignError("invalid_argument", `The graph refused the update: ${error.message}`);
    });
    const told = [...facts, ...toldUpdate(facts, id, now())];
    const events = await store.checkpoints.record(threadId, told, now(), asOf);
    feed.publish(threadId, events);
    await putAway(threadId, engine, checkpointer);
    return id;
  }

  /** Questions that the graph waits for no more. */
  async function putAway(threadId: string, engine: Engine, reader: ThreadCheckpointer): Promise<void> {
    const { pending } = await findPending(store, engine, reader, threadId);
    const pendingIds = new Set(pending.map((one) => one.id));
    const open = await store.interrupts.listOpen([threadId]);
    const gone = open
      .filter(({ engineId }) => !pendingIds.has(engineId))
      .map(({ interruptId }) => interruptId);
    if (gone.length === 0) return;
    const event = inputAnswered(null, gone, "cancelled", now());
    const closed = await store.interrupts.close(threadId, gone, { status: "cancelled", at: now(), event });
    if (closed) feed.publish(threadId, closed);
  }
}

/** The checkpoint as clients pair it: its envelope, then the values. */
export function toldUpdate(facts: Fact[], id: string, at: number): Fact[] {
  const written = facts.flatMap((fact) => (fact.type === "checkpoint" ? [fact.checkpoint] : []));
  const checkpoint = written.find((one) => one.checkpointId === id);
  if (checkpoint === undefined) return [];
  const { checkpointNs: ns, parentId, metadata } = checkpoint;
  const { step = -1, source = "update" } = metadata;
  const ref: StateRef = { checkpointNs: ns, checkpointId: id };
  const base = { runId: null, namespace: ns === "" ? [] : ns.split("|"), at };
  const events: NewEvent[] = [
    {
      ...base,
      method: "checkpoints",
      data: JSON.stringify({ id, parent_id: parentId, step, source }),
      foldKey: `checkpoints/${ns}`,
    },
    { ...base, method: "values", data: JSON.stringify(ref), isRef: true, foldKey: `values/${ns}` },
  ];
  return events.map((event) => ({ type: "event", event }));
}
