import { createHash } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "../protocol/json.ts";
import type { Risk, ToolSpec } from "../tools/index.ts";
import type { Evidence } from "./evidence.ts";

/** What the agent proposes and a person approves. Everything that will run is in `steps`. */

/** Told apart by everybody who reads it, and no name that every object has: states are kept by it. */
const stepId = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]*$/, "an id is made of letters (a to z), digits and _ . : -")
  .refine((id) => !(id in {}), "no id is called so: choose another, such as s1");

export const planStep = z.looseObject({
  id: stepId,
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
  /** What was read before it was written. */
  evidence?: Evidence[];
  steps: PlanStep[];
  /** The tools it uses, as they were when it was made: one that changed since is asked about before it runs. */
  tools?: Record<string, PinnedTool>;
  /** See {@link digestOfPlan}. */
  digest: string;
}

/** A tool as the person knew it. */
export interface PinnedTool {
  /** What it said it does. */
  description: string;
  /** See {@link digestOfTool}. */
  digest: string;
}

/**
 * SHA-256 (hex) over the canonical JSON (keys sorted, RFC 8785 section 3.2) of everything that will run:
 * the plan's id and revision, of each step its id, tool, arguments, late rules and order, and the tools' own
 * digests. Titles and reasons are not in it; the interrupt's own digest covers those.
 */
export function digestOfPlan(plan: Omit<Plan, "digest">): string {
  const contract = {
    id: plan.id,
    revision: plan.revision,
    steps: plan.steps.map(({ id, tool, args, late, after }) => ({ id, tool, args, late: late ?? {}, after })),
    tools: Object.fromEntries(Object.entries(plan.tools ?? {}).map(([name, { digest }]) => [name, digest])),
  };
  return sha256(contract);
}

/** SHA-256 (hex) over the canonical JSON of what a tool says of itself: name, description, arguments and risk. */
export function digestOfTool({ name, description, inputSchema, risk }: ToolSpec): string {
  return sha256({ name, description, inputSchema, risk });
}

function sha256(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}
