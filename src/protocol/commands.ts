import { z } from "zod";
import { isChannel } from "./events.ts";

/**
 * Commands of the thread protocol. Unknown fields are ignored, as clients expect
 * (reference/protocol.md 3.4); both spellings of the multitask strategy are read.
 */

const jsonObject = z.record(z.string(), z.unknown());
const strategy = z.enum(["reject", "enqueue", "interrupt", "rollback"]);

/** LangChain's `RunnableConfig` as clients send it. */
export const wireConfig = z.looseObject({
  configurable: jsonObject.optional(),
  recursion_limit: z.number().int().min(1).max(100_000).optional(),
  tags: z.array(z.string()).optional(),
  metadata: jsonObject.optional(),
});

const namespace = z.array(z.string()).default([]);

export const runStart = z.object({
  assistant_id: z.string().min(1),
  input: z.unknown().optional(),
  config: wireConfig.nullish(),
  metadata: jsonObject.nullish(),
  multitask_strategy: strategy.nullish(),
  multitaskStrategy: strategy.nullish(),
});

const oneAnswer = z.object({
  namespace,
  interrupt_id: z.string().min(1),
  response: z.unknown(),
});

/** How long an answer may wait, in seconds. */
export const longestWait = 60;

const respondOptions = {
  update: z.unknown().optional(),
  goto: z.unknown().optional(),
  config: wireConfig.nullish(),
  metadata: jsonObject.nullish(),
  strict_resume: z.boolean().nullish(),
  /** Seconds from now before which the run does not begin: until then the answer can be taken back without loss. */
  after_seconds: z.number().min(0).max(longestWait).nullish(),
};

export const inputRespond = z.union([
  z
    .object({ responses: z.array(oneAnswer).min(1), ...respondOptions })
    .transform(({ responses, ...rest }) => ({ answers: responses, ...rest })),
  oneAnswer.extend(respondOptions).transform(({ interrupt_id, namespace, response, ...rest }) => ({
    answers: [{ interrupt_id, namespace, response }],
    ...rest,
  })),
]);

export const stateGet = z.object({ namespace, keys: z.array(z.string()).nullish() });

/** The envelope; `params` is parsed by the command's own schema. */
export const command = z.object({
  id: z.number().int().min(0),
  method: z.string(),
  params: jsonObject.nullish(),
});

/** Body of `POST /threads/:id/stream/events`. */
export const subscribe = z.object({
  channels: z.array(z.string().refine(isChannel, "is no channel of this protocol")).min(1),
  namespaces: z.array(z.array(z.string())).nullish(),
  depth: z.number().int().min(0).nullish(),
  since: z.number().int().min(0).nullish(),
});

/** `path.to.field: what is wrong`, one per issue, for an error message. */
export function describeIssues(error: z.ZodError): string {
  return error.issues
    .slice(0, 8)
    .map((issue) => `${issue.path.length > 0 ? issue.path.join(".") : "(body)"}: ${issue.message}`)
    .join("; ");
}
