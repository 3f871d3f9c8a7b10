import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { CommandResult, RunOptions } from "../core/accepted-run.ts";
import type { Core } from "../core/core.ts";
import type { ThreadRecord } from "../core/ports.ts";
import { longestWait, wireConfig } from "../protocol/commands.ts";
import { CountersignError } from "../protocol/errors.ts";
import { isRecord, type Json, type JsonObject } from "../protocol/json.ts";
import { type AskedRun, checkThreadId, demand, demandRun } from "./access.ts";
import type { Caller } from "./auth.ts";
import { classicModes } from "./classic-frames.ts";
import { metadata } from "./schemas.ts";

const nodes = z.union([z.literal("*"), z.array(z.string())]);

/** The body that all ways to create a run share (reference/protocol.md 1.3). Unknown fields are ignored. */
export const runBody = z.object({
  assistant_id: z.string().min(1),
  input: z.unknown().optional(),
  command: z
    .object({ resume: z.unknown().optional(), update: z.unknown().optional(), goto: z.unknown().optional() })
    .nullish(),
  config: wireConfig.nullish(),
  context: z.record(z.string(), z.unknown()).nullish(),
  metadata: metadata.nullish(),
  checkpoint: z
    .looseObject({ checkpoint_id: z.string().nullish(), checkpoint_ns: z.string().nullish() })
    .nullish(),
  checkpoint_id: z.string().nullish(),
  stream_mode: z.union([z.enum(classicModes), z.array(z.enum(classicModes))]).nullish(),
  stream_subgraphs: z.boolean().nullish(),
  interrupt_before: nodes.nullish(),
  interrupt_after: nodes.nullish(),
  multitask_strategy: z.enum(["reject", "enqueue", "interrupt", "rollback"]).nullish(),
  if_not_exists: z.enum(["create", "reject"]).nullish(),
  on_disconnect: z.enum(["cancel", "continue"]).nullish(),
  on_completion: z.enum(["delete", "keep", "complete", "continue"]).nullish(),
  /** Seconds from now before which the run does not start. */
  after_seconds: z.number().min(0).max(1e9).nullish(),
  webhook: z.string().max(2_000).nullish(),
  /** The webhook is called for every question, too. */
  webhook_on_interrupt: z.boolean().nullish(),
  feedback_keys: z.array(z.string()).nullish(),
});
export type RunBody = z.infer<typeof runBody>;

export interface ClassicCommand {
  core: Core;
  caller: Caller;
  body: RunBody;
  idempotencyKey: string | undefined;
}

/** Where a run goes. */
export interface Place {
  threadId: string;
  /** Made with the run, in one transaction, where there is none: to stay this long in ms, or for ever. */
  createThread?: { ttlMs: number | null };
}

/** Starts or resumes a run on a thread, as the body says. @throws what the commands of core throw */
export async function createClassicRun(
  { core, caller, body, idempotencyKey }: ClassicCommand,
  { threadId, createThread }: Place,
): Promise<CommandResult> {
  const thread = await core.store.threads.find(checkThreadId(threadId));
  const granted = await demandRun(core, caller, toAsked(body, threadId), createThread !== undefined);
  const options = { ...toOptions(body), ...toLater(core, body), user: caller.user };
  if (options.update !== undefined || options.goto !== undefined || forkOf(body) !== undefined)
    await demand(caller, "state.write", thread);
  const key = idempotencyKey === undefined ? {} : { idempotencyKey };

  const resume = resumeOf(body);
  if (resume !== undefined) {
    if (thread === undefined) throw nothingOpen();
    await demand(caller, "interrupts.answer", thread);
    refuseLongWait(body);
    const answers = await toAnswers(core, thread, resume);
    return core.commands.answer({ threadId, actor: caller.actor, answers, ...options, ...key });
  }
  return core.commands.startRun({
    threadId,
    actor: caller.actor,
    assistantId: body.assistant_id,
    owner: caller.owner,
    input: (body.input ?? null) as Json,
    ...options,
    defaultStrategy: "reject",
    ...(createThread ? { createThread: { owner: caller.owner, metadata: granted, ...createThread } } : {}),
    ...key,
  });
}

/** Throws what {@link createClassicRun} would on a thread that is new, before anything is written. */
export async function judgeNewRun({ core, caller, body }: ClassicCommand): Promise<void> {
  if (resumeOf(body) !== undefined) throw nothingOpen();
  await demandRun(core, caller, toAsked(body, randomUUID()));
  const { update, goto } = toOptions(body);
  if (update !== undefined || goto !== undefined) await demand(caller, "state.write");
  toLater(core, body);
  await core.assistants.resolve(body.assistant_id, caller.owner);
  const fork = forkOf(body);
  if (fork === undefined) return;
  throw new CountersignError(
    "no_such_checkpoint",
    `A thread that is new has no checkpoint ${fork}. Start the run on the thread that has it.`,
  );
}

function resumeOf({ command }: RunBody): Json | undefined {
  return command?.resume == null ? undefined : (command.resume as Json);
}

/** @throws `invalid_argument` */
function refuseLongWait({ after_seconds }: RunBody): void {
  if (after_seconds == null || after_seconds <= longestWait) return;
  throw new CountersignError(
    "invalid_argument",
    `after_seconds: an answer may wait ${longestWait} seconds at most. Answer when the graph is to go on.`,
  );
}

function nothingOpen(): CountersignError {
  return new CountersignError(
    "no_such_interrupt",
    "No question is open on this thread: there is nothing to resume. Reload the thread to see where it stands.",
    { reason: "not_pending", open_ids: [] },
  );
}

/** What is asked for, for those who decide whether it is granted. */
export function toAsked({ assistant_id, metadata }: RunBody, threadId: string): AskedRun {
  return { thread_id: threadId, assistant_id, metadata: metadata ?? {} };
}

export function toOptions(body: Omit<RunBody, "assistant_id">): RunOptions {
  const { command, context, interrupt_before, interrupt_after, multitask_strategy } = body;
  const fork = forkOf(body);
  const config = {
    ...(body.config as JsonObject | undefined),
    ...(fork === undefined
      ? {}
      : {
          configurable: {
            ...((body.config?.configurable ?? {}) as JsonObject),
            checkpoint_id: fork,
            ...(body.checkpoint?.checkpoint_ns ? { checkpoint_ns: body.checkpoint.checkpoint_ns } : {}),
          },
        }),
  };
  return {
    config,
    ...(context ? { context: context as JsonObject } : {}),
    ...(body.metadata ? { metadata: body.metadata } : {}),
    ...(command?.update == null ? {} : { update: command.update as Json }),
    ...(command?.goto == null ? {} : { goto: command.goto as Json }),
    ...(interrupt_before ? { interruptBefore: interrupt_before } : {}),
    ...(interrupt_after ? { interruptAfter: interrupt_after } : {}),
    ...(multitask_strategy ? { strategy: multitask_strategy } : {}),
    extras: {
      ...(body.stream_mode ? { stream_mode: [body.stream_mode].flat() } : {}),
      ...(body.stream_subgraphs ? { stream_subgraphs: true } : {}),
      ...(body.feedback_keys?.length ? { feedback_keys: body.feedback_keys } : {}),
    },
  };
}

/** When the run may start, and who is told when it has ended. */
function toLater(core: Core, { after_seconds, webhook, webhook_on_interrupt }: RunBody): RunOptions {
  return {
    ...(after_seconds ? { notBefore: core.now() + Math.round(after_seconds * 1_000) } : {}),
    ...(webhook ? { webhook: core.webhooks.of(webhook, webhook_on_interrupt ?? false) } : {}),
  };
}

export function forkOf({
  checkpoint,
  checkpoint_id,
  config,
}: Pick<RunBody, "checkpoint" | "checkpoint_id" | "config">): string | undefined {
  const configured = config?.configurable?.checkpoint_id;
  return (
    checkpoint_id ?? checkpoint?.checkpoint_id ?? (typeof configured === "string" ? configured : undefined)
  );
}

/**
 * A classic resume names no question, or names them by a map of ids. It is taken only where it can mean one
 * thing: a map of ids, or anything else while exactly one question is open (invariant 2).
 */
async function toAnswers(core: Core, { threadId }: ThreadRecord, resume: Json) {
  const open = await core.store.interrupts.listOpen([threadId]);
  if (isIdMap(resume)) {
    return Object.entries(resume).map(([interruptId, value]) => ({ interruptId, value: value as Json }));
  }
  const [only] = open;
  if (only !== undefined && open.length === 1) return [{ interruptId: only.interruptId, value: resume }];
  if (only === undefined) throw nothingOpen();
  const ids = open.map(({ interruptId }) => interruptId);
  throw new CountersignError(
    "no_such_interrupt",
    `Several questions are open on this thread (${ids.join(", ")}): resume with a map from their ids to answers.`,
    { reason: "ambiguous", open_ids: ids },
  );
}

/** What the engine takes for a map of ids: every key is 32 hex digits (engine.md 5). */
function isIdMap(resume: Json): resume is JsonObject {
  if (!isRecord(resume)) return false;
  const keys = Object.keys(resume);
  return keys.length > 0 && keys.every((key) => /^[0-9a-f]{32}$/.test(key));
}
