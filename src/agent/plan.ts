import { createHash } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "../protocol/json.ts";
import type { Risk } from "../tools/index.ts";

/** What the agent proposes and a person approves. Everything that will run is in `steps`. */

export const planStep = z.looseObject({
  id: z.string().min(1).max(64),
  title: z.string().min(1),
  why: z.string().default(""),
  tool: z.string().min(1),
  /** Pinned arguments: the tool is called with exactly these. */
  args: z.record(z.string(), z.unknown()).default({}),
  /** Content arguments decided while the plan runs, and how: `{argument: rule}`. */
  late: z.record(z.string(), z.string()).optional(),
  /** Ids of the steps that must be done first; when left out, the step before this one. */
  after: z.array(z.string()).optional(),
});

/** A plan as a model writes it, or a person edits it. Fields it does not know are left out. */
export const proposal = z.looseObject({
  title: z.string().min(1),
  summary: z.string().default(""),
  assumptions: z.array(z.string()).default([]),
  steps: z.array(planStep).min(1).max(200),
});

export type Proposal = z.infer<typeof proposal>;
export interface PlanStep {
  id: string;
  title: string;
  why: string;
  tool: string;
  args: Record<string, unknown>;
  late?: Record<string, string>;
  after: string[];
  risk: Risk;
}

export interface Plan {
  /** Unique for ever: two requests that plan the same are two plans. */
  id: string;
  /** 1 for the first proposal; every later one of the same request, and every edit, is one more. */
  revision: number;
  title: string;
  summary: string;
  assumptions: string[];
  steps: PlanStep[];
  /** See {@link digestOfPlan}. */
  digest: string;
}

/**
 * SHA-256 (hex) over the canonical JSON (keys sorted, RFC 8785 section 3.2) of everything that will run:
 * the plan's id and revision, and of each step its id, tool, arguments, late rules and order. Titles and
 * reasons are not in it; the interrupt's own digest covers those.
 */
export function digestOfPlan(plan: Omit<Plan, "digest">): string {
  const contract = {
    id: plan.id,
    revision: plan.revision,
    steps: plan.steps.map(({ id, tool, args, late, after }) => ({ id, tool, args, late: late ?? {}, after })),
  };
  return createHash("sha256").update(canonicalJson(contract)).digest("hex");
}

export type StepStatus = "waiting" | "running" | "done" | "failed" | "skipped";

/** How a step went; the `steps` channel holds one per step id of the plan. */
export interface StepState {
  status: StepStatus;
  /** What the tool returned, as text, cut to a length that fits a screen and a model. */
  output?: string;
  /** Length of the whole output in characters, when `output` is cut. */
  outputLength?: number;
  error?: string;
  /** The late arguments as they were filled. */
  filled?: Record<string, unknown>;
  /** ISO 8601. */
  startedAt?: string;
  finishedAt?: string;
}

/** What a person decided about a revision, and who. */
export interface Decision {
  type: "approve" | "edit" | "reject" | "cancel";
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
}

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
  allowed: ("approve" | "edit" | "reject" | "cancel")[];
}

/** The answers a plan review takes; `digest` must be the open revision's. Unknown fields are ignored. */
export function planAnswer(digest: string) {
  const seen = z.literal(digest);
  return z.discriminatedUnion("type", [
    z.looseObject({ type: z.literal("approve"), digest: seen }),
    z.looseObject({ type: z.literal("edit"), digest: seen, plan: proposal }),
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

export type PlanAnswer = z.infer<ReturnType<typeof planAnswer>>;
