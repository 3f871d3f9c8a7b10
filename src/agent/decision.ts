import { z } from "zod";
import { type Plan, proposal } from "./plan.ts";

/** What is asked about a plan, what may be answered, and what is kept of it. */

/** What a person decided about a revision, and who. */
export interface Decision {
  /** `replan` and `cancel` are also said about a single step, while the plan runs. */
  type: "approve" | "edit" | "reject" | "cancel" | "replan";
  revision: number;
  digest: string;
  planId: string;
  /** From the server's receipt; absent where no server of ours keeps receipts. */
  by?: { id: string; verified: boolean };
  at?: string;
  feedback?: string;
  reason?: string;
  comments?: Record<string, string>;
  keep?: string[];
  /** Of an edit: how what the person approved differs from what they were shown. */
  changes?: Changes;
  /** How far it may run alone. */
  autonomy?: Autonomy;
  /** The step it was said about. */
  step?: string;
}

/**
 * How far an approved plan runs alone. `through`: to its end. `stop_before_risky`: it asks again before each
 * destructive or external step. When nothing is chosen, it asks again only where text that was written on
 * the way goes into a destructive or external step. Tools whose policy is `always` ask in any case.
 */
export type Autonomy = (typeof autonomies)[number];
export const autonomies = ["through", "stop_before_risky"] as const;

/** How a revision differs from the one before it: ids of steps, and of those that changed every value. */
export interface Changes {
  /** The revision before. */
  since: number;
  added: string[];
  removed: string[];
  changed: string[];
  reordered: string[];
  /** By step id, for each of `changed`. */
  details: Record<string, ValueChange[]>;
}

/** One value of a step that is another now; without `before` it is new, without `after` it is gone. */
export interface ValueChange {
  /** From the step on: `["tool"]`, `["after"]`, `["args", "path"]`, `["args", "lines", 2]`, `["late", "content"]`. */
  path: (string | number)[];
  before?: unknown;
  after?: unknown;
}

/** What the interrupt asks. */
export interface PlanReview {
  type: "plan_review";
  plan: Plan;
  changes?: Changes;
  /** Ids of steps that are done already, and stay so: the plan goes on from there. */
  done?: string[];
  allowed: ("approve" | "edit" | "reject" | "ask" | "cancel")[];
  autonomy: readonly Autonomy[];
}

/** What may be decided about a plan; `digest` must be the open revision's. Unknown fields are ignored. */
export function planDecision(digest: string) {
  const seen = z.literal(digest);
  const autonomy = z.enum(autonomies).optional();
  return z.discriminatedUnion("type", [
    z.looseObject({ type: z.literal("approve"), digest: seen, autonomy }),
    z.looseObject({ type: z.literal("edit"), digest: seen, plan: proposal, autonomy }),
    z.looseObject({
      type: z.literal("reject"),
      digest: seen,
      feedback: z.string(),
      keep: z.array(z.string()).optional(),
      comments: z.record(z.string(), z.string()).optional(),
    }),
    z.looseObject({ type: z.literal("cancel"), reason: z.string().optional() }),
  ]);
}

/**
 * The answers a plan review takes: a decision, or a question about the plan, after whose answer it is asked about
 * again, as it was.
 */
export function planAnswer(digest: string) {
  const question = z.string().regex(/\S/, "ask something");
  const ask = z.looseObject({ type: z.literal("ask"), digest: z.literal(digest), question });
  return z.discriminatedUnion("type", [...planDecision(digest).options, ask]);
}

export type PlanAnswer = z.infer<ReturnType<typeof planAnswer>>;
