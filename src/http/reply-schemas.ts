import { z } from "zod";

/** Replies as clients get them, for `/openapi.json`. A test holds real replies against them. */

/** Schemas that the document names: `#/components/schemas/<id>`. */
export const named = z.registry<{ id: string }>();

const json = z.unknown();
const jsonObject = z.record(z.string(), json);
const instant = z.iso.datetime();
const failure = z.object({ error: z.string(), message: z.string() });

export const interruptReply = z
  .object({ id: z.string(), value: json, response_schema: json.optional() })
  .register(named, { id: "Interrupt" });

const threadFields = {
  thread_id: z.string(),
  created_at: instant,
  updated_at: instant,
  state_updated_at: instant,
  metadata: jsonObject,
  status: z.enum(["idle", "busy", "interrupted", "error"]),
  config: jsonObject,
  values: json,
  interrupts: z.record(z.string(), z.array(interruptReply)),
  ttl: z.object({ strategy: z.literal("delete"), ttl_minutes: z.number(), expires_at: instant }).optional(),
  error: failure.optional(),
};

export const threadReply = z.object(threadFields).register(named, { id: "Thread" });

/** With `select` only some of its fields. */
export const threadListReply = z.array(z.object({ ...threadFields, extracted: jsonObject }).partial());

export const runReply = z
  .object({
    run_id: z.string(),
    thread_id: z.string(),
    assistant_id: z.string(),
    created_at: instant,
    updated_at: instant,
    status: z.enum(["pending", "running", "success", "error", "interrupted", "timeout"]),
    metadata: jsonObject,
    kwargs: jsonObject,
    multitask_strategy: z.enum(["reject", "enqueue", "interrupt", "rollback"]),
    attempt: z.number().int(),
    stop_after_step: z.literal(true).optional(),
    error: failure.optional(),
  })
  .register(named, { id: "Run" });

const checkpointReply = z
  .object({
    thread_id: z.string(),
    checkpoint_ns: z.string(),
    checkpoint_id: z.string().nullable(),
    checkpoint_map: jsonObject.nullable(),
  })
  .register(named, { id: "Checkpoint" });

const taskReply = z
  .object({
    id: z.string(),
    name: z.string(),
    path: z.array(json),
    error: z.string().nullable(),
    interrupts: z.array(interruptReply),
    checkpoint: checkpointReply.partial().nullable(),
    get state() {
      return stateReply.nullable();
    },
    result: json,
  })
  .register(named, { id: "Task" });

export const stateReply: z.ZodObject = z
  .object({
    values: json,
    next: z.array(z.string()),
    tasks: z.array(taskReply),
    metadata: jsonObject.nullable(),
    created_at: instant.nullable(),
    checkpoint: checkpointReply,
    parent_checkpoint: checkpointReply.nullable(),
    interrupts: z.array(interruptReply),
  })
  .register(named, { id: "ThreadState" });

/** With `select` only some of its fields. */
export const selectedStateReply = z.union([stateReply, stateReply.partial()]);

export const updatedStateReply = z.object({
  checkpoint: checkpointReply,
  configurable: z.object({
    thread_id: z.string(),
    checkpoint_ns: z.string(),
    checkpoint_id: z.string().nullable(),
  }),
});

/** What a run that was waited for came to. */
export const resultReply = z.union([
  z.object({ __interrupt__: z.array(interruptReply) }),
  z.object({ __error__: failure }),
  json,
]);

const assistantFields = {
  assistant_id: z.string(),
  graph_id: z.string(),
  config: jsonObject,
  context: jsonObject,
  metadata: jsonObject,
  version: z.number().int(),
  name: z.string(),
  description: z.string().nullable(),
  created_at: instant,
};

export const assistantVersionReply = z.object(assistantFields).register(named, { id: "AssistantVersion" });

export const assistantReply = z
  .object({ ...assistantFields, updated_at: instant })
  .register(named, { id: "Assistant" });

export const assistantListReply = z.array(z.object({ ...assistantFields, updated_at: instant }).partial());

const cronFields = {
  cron_id: z.string(),
  assistant_id: z.string(),
  thread_id: z.string().nullable(),
  on_run_completed: z.enum(["delete", "keep"]).optional(),
  schedule: z.string(),
  timezone: z.string().nullable(),
  end_time: instant.nullable(),
  next_run_date: instant.nullable(),
  enabled: z.boolean(),
  payload: jsonObject,
  metadata: jsonObject,
  user_id: z.string().nullable(),
  created_at: instant,
  updated_at: instant,
};

export const cronReply = z.object(cronFields).register(named, { id: "Cron" });

export const cronListReply = z.array(z.object(cronFields).partial());

export const schemasReply = z
  .object({
    graph_id: z.string(),
    input_schema: json,
    output_schema: json,
    state_schema: json,
    config_schema: json,
    context_schema: json,
  })
  .register(named, { id: "GraphSchemas" });

export const textSearchReply = z.object({
  hits: z.array(
    z.object({
      thread_id: z.string(),
      graph_id: z.string().nullable(),
      title: z.string().nullable(),
      message_id: z.string().nullable(),
      type: z.string(),
      snippet: z.string(),
      match: z.tuple([z.number().int(), z.number().int()]),
      updated_at: instant,
    }),
  ),
  next: z.string().nullable(),
});

export const viewersReply = z.object({
  viewers: z.array(z.object({ id: z.string(), verified: z.boolean(), since: instant })),
});

const effectFields = {
  key: z.string(),
  status: z.enum(["started", "finished", "failed", "in_doubt", "skipped"]),
  started_at: instant,
  finished_at: instant.nullable(),
  about: json,
};

export const effectsReply = z.object({ effects: z.array(z.object(effectFields)) });

export const effectReply = z.object({ ...effectFields, result: json }).register(named, { id: "Effect" });

export const toolsReply = z.object({
  tools: z.array(
    z.object({
      name: z.string(),
      description: z.string(),
      risk: z.enum(["read", "write", "destructive", "external"]),
      idempotent: z.boolean(),
      input_schema: jsonObject,
      content_arguments: z.array(z.string()),
    }),
  ),
});

export const inboxReply = z.object({
  interrupts: z.array(
    z.object({
      id: z.string(),
      thread_id: z.string(),
      run_id: z.string(),
      graph_id: z.string(),
      namespace: z.array(z.string()),
      value: json,
      response_schema: json.optional(),
      digest: z.string(),
      opened_at: instant,
      assignees: z.array(z.string()).nullable(),
      expires_at: instant.nullable(),
      on_expiry: z.string(),
      status: z.enum(["open", "answered", "expired", "cancelled", "superseded", "undone"]),
      answered_by: z.string().nullable(),
      answered_at: instant.nullable(),
    }),
  ),
  next: z.number().int().nullable(),
});

/** A command's reply: refusals are replies too, with status 200. */
export const commandReply = z
  .union([
    z.object({
      type: z.literal("success"),
      id: z.number().int().nullable(),
      result: jsonObject,
      meta: jsonObject.optional(),
    }),
    z.object({
      type: z.literal("error"),
      id: z.number().int().nullable(),
      error: z.string(),
      message: z.string(),
      meta: jsonObject.optional(),
    }),
  ])
  .register(named, { id: "CommandReply" });

export const errorReply = z
  .looseObject({ error: z.string(), message: z.string(), detail: z.string() })
  .register(named, { id: "Error" });
