import { z } from "zod";
import { stateGet, wireConfig } from "../protocol/commands.ts";
import { CountersignError } from "../protocol/errors.ts";
import { asText, type Json, type JsonObject } from "../protocol/json.ts";
import { demand, getThread } from "./access.ts";
import { type CommandContext, type Reply, toReply } from "./protocol-reply.ts";
import { parse } from "./respond.ts";

/** `state.get`: the values of a graph or subgraph. */
export async function getState({ core, caller, threadId, params }: CommandContext): Promise<Reply> {
  const thread = await getThread(core, caller, threadId, "threads.read");
  const { namespace, keys } = parse(stateGet, params);
  const at = { checkpointNs: namespace.join("|") };
  const { values, checkpoint } = await core.states.getShown(thread, at, keys ? { keys } : {});
  const { checkpoint_id: id, checkpoint_ns: ns } = checkpoint;
  return {
    result: { values, ...(id === null ? {} : { checkpoint: { id, ns } }) },
    meta: { applied_through_seq: await core.store.log.lastSeq(threadId) },
  };
}

export const listParams = z.object({
  namespace: z.array(z.string()).default([]),
  limit: z.number().int().min(1).max(1000).default(20),
  before: z.string().nullish(),
});

/** `state.listCheckpoints`: newest first. */
export async function listCheckpoints({ core, caller, threadId, params }: CommandContext): Promise<Reply> {
  await getThread(core, caller, threadId, "threads.read");
  const { namespace, limit, before } = parse(listParams, params);
  const stored = await core.store.checkpoints.list(threadId, {
    checkpointNs: namespace.join("|"),
    limit,
    ...(before ? { before } : {}),
  });
  const checkpoints = stored.map(({ checkpointId, body, metadata }) => ({
    id: checkpointId,
    timestamp: Date.parse(String(body.ts)),
    step: metadata.step ?? -1,
    metadata,
  }));
  return { result: { checkpoints } };
}

export const forkParams = z.object({
  checkpoint_id: z.string().min(1),
  input: z.unknown().optional(),
  config: wireConfig.nullish(),
});

/** `state.fork`: a run from an earlier checkpoint. */
export async function forkState(context: CommandContext): Promise<Reply> {
  const { core, caller, threadId, params, idempotencyKey } = context;
  const thread = await getThread(core, caller, threadId, "runs.create");
  await demand(caller, "state.write", thread);
  const { checkpoint_id: id, input, config } = parse(forkParams, params);
  const result = await core.commands.startRun({
    threadId,
    actor: caller.actor,
    user: caller.user,
    assistantId: asText(thread.metadata.graph_id),
    owner: caller.owner,
    input: (input ?? null) as Json,
    config: {
      ...(config as JsonObject | undefined),
      configurable: { ...((config?.configurable ?? {}) as JsonObject), checkpoint_id: id },
    },
    strategy: "interrupt",
    defaultStrategy: "enqueue",
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  });
  const reply = toReply(result);
  return { ...reply, result: { ...reply.result, thread_id: threadId } };
}

export const injectParams = z.object({
  namespace: z.array(z.string()).default([]),
  message: z.object({
    role: z.enum(["user", "system"]),
    content: z.unknown(),
    name: z.string().nullish(),
  }),
});

/** `input.inject`: a message into the state, without a run. */
export async function injectMessage({ core, caller, threadId, params }: CommandContext): Promise<Reply> {
  const thread = await getThread(core, caller, threadId, "state.write");
  const { namespace, message } = parse(injectParams, params);
  const { name, ...rest } = message;
  await core.commands.updateState({
    thread,
    values: { messages: [{ ...rest, ...(name ? { name } : {}) }] },
    checkpointNs: namespace.join("|"),
  });
  return { result: {}, meta: { applied_through_seq: await core.store.log.lastSeq(threadId) } };
}

export const treeParams = z.object({ run_id: z.string().nullish() });

interface TreeNode {
  namespace: string[];
  status: string;
  graph_name: string;
  children?: TreeNode[];
}

const pageLength = 1_000;

/** `agent.getTree`: the graphs of a run (default: the last one) with where each stands, from the log. */
export async function getTree({ core, caller, threadId, params }: CommandContext): Promise<Reply> {
  await getThread(core, caller, threadId, "threads.read");
  const { run_id: wanted } = parse(treeParams, params);
  const [last] = await core.store.runs.list(threadId, { limit: 1, offset: 0 });
  const runId = wanted ?? last?.runId;
  const nodes = new Map<string, TreeNode>();
  for (let after = 0; ; ) {
    const events = await core.store.log.read(threadId, after, pageLength);
    for (const { seq, runId: id, method, namespace, data } of events) {
      after = seq;
      if (method !== "lifecycle" || id !== runId) continue;
      const { event, graph_name } = JSON.parse(data) as Record<string, string>;
      nodes.set(namespace.join("|"), { namespace, status: event ?? "", graph_name: graph_name ?? "" });
    }
    if (events.length < pageLength) break;
  }
  const tree = nodes.get("");
  if (tree === undefined) {
    throw new CountersignError(
      "no_such_run",
      `There is no run ${runId ?? ""} on thread ${threadId} that has started. Start one with run.start.`,
    );
  }
  for (const node of nodes.values()) {
    if (node === tree) continue;
    const parent = nodes.get(node.namespace.slice(0, -1).join("|")) ?? tree;
    parent.children = [...(parent.children ?? []), node];
  }
  return { result: { tree } };
}
