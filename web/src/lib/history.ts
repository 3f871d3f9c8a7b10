import type { ThreadState } from "@langchain/langgraph-sdk";
import { request } from "./api.ts";
import type { Knot } from "./branches.ts";

/** Checkpoints in a page of the history. */
export const knotsAtOnce = 200;

export type KnotPage = (Knot & { source: string })[];

/** What a checkpoint is, without its values: those can be long. */
export type HistoryState = Omit<ThreadState<Record<string, unknown>>, "values">;

const about = ["checkpoint", "parent_checkpoint", "metadata", "created_at", "next", "tasks"];

const path = (threadId: string) => `/threads/${encodeURIComponent(threadId)}`;

/** How a thread's checkpoints hang together, newest first. */
export async function getKnots(threadId: string, before?: string): Promise<KnotPage> {
  const states = await request<HistoryState[]>(`${path(threadId)}/history`, {
    limit: knotsAtOnce,
    select: ["checkpoint", "parent_checkpoint", "metadata"],
    ...(before === undefined ? {} : { before }),
  });
  return states.flatMap(({ checkpoint, parent_checkpoint: parent, metadata }) => {
    const id = checkpoint.checkpoint_id;
    const { source = "" } = (metadata ?? {}) as { source?: string };
    return id == null ? [] : [{ id, parent: parent?.checkpoint_id ?? null, source }];
  });
}

/** Checkpoints of a thread, newest first, without their values. */
export function getHistory(threadId: string, limit: number, before?: string): Promise<HistoryState[]> {
  return request<HistoryState[]>(`${path(threadId)}/history`, {
    limit,
    select: about,
    ...(before === undefined ? {} : { before }),
  });
}

/** Ids of the messages of a checkpoint. */
export async function getMessageIds(threadId: string, checkpointId: string): Promise<string[]> {
  const at = encodeURIComponent(checkpointId);
  const state = await request<{ values?: { messages?: { id?: string }[] } }>(
    `${path(threadId)}/state/${at}?select=values.messages`,
  );
  return (state.values?.messages ?? []).map(({ id = "" }) => id);
}

/** All that a checkpoint holds. */
export async function getValues(threadId: string, checkpointId: string): Promise<Record<string, unknown>> {
  const at = encodeURIComponent(checkpointId);
  const state = await request<{ values?: Record<string, unknown> }>(
    `${path(threadId)}/state/${at}?select=values`,
  );
  return state.values ?? {};
}

/** Takes a thread up again where one of its versions ended: it goes on from there. */
export async function takeUp(threadId: string, checkpointId: string): Promise<void> {
  await request(`${path(threadId)}/state`, { values: null, checkpoint_id: checkpointId });
}
