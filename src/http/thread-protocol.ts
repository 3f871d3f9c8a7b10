import type { Context, Hono } from "hono";
import type { CommandResult } from "../core/accepted-run.ts";
import type { Core } from "../core/core.ts";
import { command, inputRespond, runStart, stateGet, subscribe } from "../protocol/commands.ts";
import { CountersignError, errorTable } from "../protocol/errors.ts";
import { isRecord, type Json, type JsonObject } from "../protocol/json.ts";
import { checkThreadId, demand, findThread, getThread } from "./access.ts";
import type { Caller } from "./auth.ts";
import type { Env } from "./env.ts";
import { createEventStream } from "./event-stream.ts";
import { parse, readBody, readJson, toClientError } from "./respond.ts";

interface CommandContext {
  core: Core;
  caller: Caller;
  threadId: string;
  params: Record<string, unknown>;
  idempotencyKey: string | undefined;
}

interface Reply {
  result: Record<string, unknown>;
  meta?: Record<string, unknown>;
}

const handlers: Record<string, (context: CommandContext) => Promise<Reply>> = {
  "run.start": startRun,
  "input.respond": respond,
  "state.get": getState,
};

/** The thread protocol over HTTP: commands in, events out (reference/protocol.md 3). */
export function addThreadProtocol(app: Hono<Env>, core: Core, closing: AbortSignal): void {
  app.post("/threads/:thread_id/commands", async (c) => {
    const threadId = checkThreadId(c.req.param("thread_id"));
    let id: number | null = null;
    try {
      const body = await readJson(c.req.raw);
      if (isRecord(body) && typeof body.id === "number") id = body.id;
      const { method, params } = parse(command, body);
      const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
      if (handler === undefined) {
        const known = Object.keys(handlers).join(", ");
        throw new CountersignError(
          "unknown_command",
          `Unknown protocol command: ${method}. Known here: ${known}.`,
        );
      }
      const context = { core, caller: c.get("caller"), threadId, params: params ?? {} };
      const { result, meta } = await handler({
        ...context,
        idempotencyKey: idempotencyKeyOf(c, params ?? {}),
      });
      return c.json({ type: "success", id, result, meta: { thread_id: threadId, ...meta } });
    } catch (thrown) {
      return refuse(c, { core, threadId, id, thrown });
    }
  });

  app.post("/threads/:thread_id/stream/events", async (c) => {
    const threadId = checkThreadId(c.req.param("thread_id"));
    const caller = c.get("caller");
    const { channels, namespaces, depth, since } = await readBody(c.req.raw, subscribe);
    const exists = (await core.store.threads.find(threadId)) !== undefined;
    if (exists) await getThread(core, caller, threadId, "threads.read");
    let isKnown = exists;
    const subscription = {
      channels,
      ...(namespaces ? { namespaces } : {}),
      ...(depth == null ? {} : { depth }),
      ...(since == null ? {} : { since }),
    };
    return createEventStream(core, threadId, subscription, {
      signal: closing,
      async mayRead() {
        isKnown ||= (await findThread(core, caller, threadId)) !== undefined;
        return isKnown;
      },
    });
  });
}

async function startRun({ core, caller, threadId, params, idempotencyKey }: CommandContext): Promise<Reply> {
  const { assistant_id, input, config, metadata, ...rest } = parse(runStart, params);
  if (forksFrom(config)) await demandStateWrite(core, caller, threadId);
  const exists = (await core.store.threads.find(threadId)) !== undefined;
  if (exists) await getThread(core, caller, threadId, "runs.create");
  else for (const action of ["threads.create", "runs.create"] as const) await demand(caller, action);
  const strategy = rest.multitask_strategy ?? rest.multitaskStrategy;
  const result = await core.commands.startRun({
    threadId,
    actor: caller.actor,
    assistantId: assistant_id,
    input: (input ?? null) as Json,
    ...(config ? { config: config as JsonObject } : {}),
    ...(metadata ? { metadata: metadata as JsonObject } : {}),
    ...(strategy ? { strategy } : {}),
    defaultStrategy: "enqueue",
    createThread: { owner: caller.owner },
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  });
  return toReply(result);
}

async function respond({ core, caller, threadId, params, idempotencyKey }: CommandContext): Promise<Reply> {
  await getThread(core, caller, threadId, "interrupts.answer");
  const { answers, update, goto, config, metadata } = parse(inputRespond, params);
  const command = {
    ...(update == null ? {} : { update: update as Json }),
    ...(goto == null ? {} : { goto: goto as Json }),
  };
  if (Object.keys(command).length > 0) await demandStateWrite(core, caller, threadId);
  const result = await core.commands.answer({
    threadId,
    actor: caller.actor,
    // The namespace is not looked at: after a reload clients send the root's for nested ones (protocol.md 3.6).
    answers: answers.map(({ interrupt_id, response }) => ({
      interruptId: interrupt_id,
      value: (response ?? null) as Json,
    })),
    ...command,
    ...(config ? { config: config as JsonObject } : {}),
    ...(metadata ? { metadata: metadata as JsonObject } : {}),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  });
  return toReply(result);
}

function forksFrom(
  config: { configurable?: Record<string, unknown> | undefined } | null | undefined,
): boolean {
  return config?.configurable?.checkpoint_id != null;
}

/** What reaches the state beside the graph needs a right of its own. */
async function demandStateWrite(core: Core, caller: Caller, threadId: string): Promise<void> {
  const thread = await core.store.threads.find(threadId);
  await demand(caller, "state.write", thread);
}

async function getState({ core, caller, threadId, params }: CommandContext): Promise<Reply> {
  const thread = await getThread(core, caller, threadId, "threads.read");
  const { namespace, keys } = parse(stateGet, params);
  const state = await core.states.get(thread, { checkpointNs: namespace.join("|") });
  const { checkpoint_id: id, checkpoint_ns: ns } = state.checkpoint;
  const values =
    keys && isRecord(state.values)
      ? Object.fromEntries(Object.entries(state.values).filter(([key]) => keys.includes(key)))
      : state.values;
  return {
    result: { values, ...(id === null ? {} : { checkpoint: { id, ns } }) },
    meta: { applied_through_seq: await core.store.log.lastSeq(threadId) },
  };
}

function toReply({ run, seq, repeated }: CommandResult): Reply {
  return {
    result: { run_id: run.runId },
    meta: { applied_through_seq: seq, ...(repeated ? { repeated: true } : {}) },
  };
}

/** Refusals are part of the protocol: HTTP 200 with an error reply, but for what concerns the request as such. */
async function refuse(
  c: Context<Env>,
  { core, threadId, id, thrown }: { core: Core; threadId: string; id: number | null; thrown: unknown },
): Promise<Response> {
  const error = toClientError(thrown, core.report);
  if (
    ["no_such_thread", "payload_too_large", "unsupported_media_type", "store_unavailable"].includes(
      error.code,
    )
  )
    throw error;
  const { code, message, details } = error;
  return c.json({
    type: "error",
    id,
    error: errorTable[code].wire,
    message,
    meta: { thread_id: threadId, code, ...details },
  });
}

function idempotencyKeyOf(c: Context<Env>, params: Record<string, unknown>): string | undefined {
  const header = c.req.header("idempotency-key");
  if (header) return header.slice(0, 255);
  const key = isRecord(params.metadata) ? params.metadata.idempotency_key : undefined;
  return typeof key === "string" && key !== "" ? key.slice(0, 255) : undefined;
}
