import { z } from "zod";
import type { Core } from "../core/core.ts";
import { command, inputRespond, runStart, stateGet } from "../protocol/commands.ts";
import { CountersignError, errorTable } from "../protocol/errors.ts";
import { isRecord, type Json, type JsonObject } from "../protocol/json.ts";
import { demand, demandRun, getThread } from "./access.ts";
import type { Caller } from "./auth.ts";
import { type CommandContext, type Reply, toReply } from "./protocol-reply.ts";
import {
  forkParams,
  forkState,
  getState,
  getTree,
  injectMessage,
  injectParams,
  listCheckpoints,
  listParams,
  treeParams,
} from "./protocol-state.ts";
import { parse, toClientError } from "./respond.ts";

const handlers = {
  "run.start": startRun,
  "input.respond": respond,
  "input.inject": injectMessage,
  "state.get": getState,
  "state.listCheckpoints": listCheckpoints,
  "state.fork": forkState,
  "agent.getTree": getTree,
} satisfies Record<string, (context: CommandContext) => Promise<Reply>>;

const paramsOf: Record<keyof typeof handlers, z.ZodType> = {
  "run.start": runStart,
  "input.respond": inputRespond,
  "input.inject": injectParams,
  "state.get": stateGet,
  "state.listCheckpoints": listParams,
  "state.fork": forkParams,
  "agent.getTree": treeParams,
};

/** The commands with their parameters, as `/openapi.json` shows them. */
export const commandBody = z.union(
  Object.entries(paramsOf).map(([method, params]) =>
    command.extend({ method: z.literal(method), params: params.optional() }),
  ),
);

/**
 * Executes one command of the thread protocol (reference/protocol.md 3.4).
 *
 * @param read - Gets the command as it came.
 * @param idempotencyKey - From the request's header; else `params.metadata.idempotency_key`.
 * @returns The reply, also where it refuses the command, and then why: refusals are part of the protocol.
 */
export async function executeCommand(
  context: Pick<CommandContext, "core" | "caller" | "threadId">,
  read: () => Promise<unknown>,
  idempotencyKey?: string,
): Promise<{ reply: Record<string, unknown>; refused?: CountersignError }> {
  const { threadId, core } = context;
  let id: number | null = null;
  try {
    const body = await read();
    if (isRecord(body) && typeof body.id === "number") id = body.id;
    const { method, params } = parse(command, body);
    const handler = Object.hasOwn(handlers, method) ? handlers[method as keyof typeof handlers] : undefined;
    if (handler === undefined) {
      const known = Object.keys(handlers).join(", ");
      throw new CountersignError(
        "unknown_command",
        `Unknown protocol command: ${method}. Known here: ${known}.`,
      );
    }
    const key = idempotencyKey ?? keyIn(params ?? {});
    const { result, meta } = await handler({ ...context, params: params ?? {}, idempotencyKey: key });
    return { reply: { type: "success", id, result, meta: { thread_id: threadId, ...meta } } };
  } catch (thrown) {
    const refused = toClientError(thrown, core.report);
    const { code, message, details } = refused;
    const meta = { thread_id: threadId, code, ...details };
    return { reply: { type: "error", id, error: errorTable[code].wire, message, meta }, refused };
  }
}

async function startRun({ core, caller, threadId, params, idempotencyKey }: CommandContext): Promise<Reply> {
  const { assistant_id, input, config, metadata, ...rest } = parse(runStart, params);
  if (forksFrom(config)) await demandStateWrite(core, caller, threadId);
  const asked = { thread_id: threadId, assistant_id, metadata: (metadata ?? {}) as JsonObject };
  const granted = await demandRun(core, caller, asked);
  const strategy = rest.multitask_strategy ?? rest.multitaskStrategy;
  const result = await core.commands.startRun({
    threadId,
    actor: caller.actor,
    user: caller.user,
    assistantId: assistant_id,
    owner: caller.owner,
    input: (input ?? null) as Json,
    ...(config ? { config: config as JsonObject } : {}),
    ...(metadata ? { metadata: metadata as JsonObject } : {}),
    ...(strategy ? { strategy } : {}),
    defaultStrategy: "enqueue",
    createThread: { owner: caller.owner, metadata: granted },
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  });
  return toReply(result);
}

async function respond({ core, caller, threadId, params, idempotencyKey }: CommandContext): Promise<Reply> {
  await getThread(core, caller, threadId, "interrupts.answer");
  const { answers, update, goto, config, metadata, after_seconds } = parse(inputRespond, params);
  const command = {
    ...(update == null ? {} : { update: update as Json }),
    ...(goto == null ? {} : { goto: goto as Json }),
  };
  if (Object.keys(command).length > 0) await demandStateWrite(core, caller, threadId);
  const result = await core.commands.answer({
    threadId,
    actor: caller.actor,
    user: caller.user,
    // The namespace is not looked at: after a reload clients send the root's for nested ones (protocol.md 3.6).
    answers: answers.map(({ interrupt_id, response }) => ({
      interruptId: interrupt_id,
      value: (response ?? null) as Json,
    })),
    ...command,
    ...(after_seconds ? { notBefore: core.now() + Math.round(after_seconds * 1_000) } : {}),
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

function keyIn({ metadata }: Record<string, unknown>): string | undefined {
  const key = isRecord(metadata) ? metadata.idempotency_key : undefined;
  return typeof key === "string" && key !== "" ? key.slice(0, 255) : undefined;
}
