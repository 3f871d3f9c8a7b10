import type { StepMedia } from "./media.ts";

/** How the steps of a plan go, and what people said about single ones. */

/** `asking`: it waits for a person to answer a question about it. */
export type StepStatus = "waiting" | "running" | "asking" | "done" | "failed" | "skipped";

/** How a step went; the `steps` channel holds one per step id of the plan. */
export interface StepState {
  status: StepStatus;
  /** What the tool returned, as text, cut to a length that fits a screen and a model. */
  output?: string;
  /** Length of the whole output in characters, when `output` is cut. */
  outputLength?: number;
  /** Pictures that the tool returned: 4 at most, 2 MB in all. In the state alone, not in events, nor sent to a model. */
  media?: StepMedia[];
  error?: string;
  /** True when it failed in a way that leaves open whether it happened: its time was up, or the line broke. */
  uncertain?: boolean;
  /** The late arguments as they were filled. */
  filled?: Record<string, unknown>;
  /** The arguments of the last call, when they are not those of the plan with `filled`. */
  args?: Record<string, unknown>;
  /** How often it was called; absent before the first call. */
  tries?: number;
  /** What is asked about it, while `status` is `asking`. */
  ask?: StepAsk;
  /** What people said about it, oldest first. */
  rulings?: Ruling[];
  /** ISO 8601. */
  startedAt?: string;
  finishedAt?: string;
}

/** Why a step stops before its call. */
export type StepAsk =
  | { type: "step_review"; because: ReviewCause; args: Record<string, unknown> }
  | { type: "deviation_review"; reason: string; approved: Call; proposed: Call };

/**
 * Why a call is shown at the moment it would be made: the tool's policy says `always`; its late arguments
 * go into something that cannot be taken back; the person chose to stop before risky steps.
 */
export type ReviewCause = "policy" | "late" | "autonomy";

/** A call of a tool, with all that says what it does. */
export interface Call {
  tool: string;
  args: Record<string, unknown>;
  late?: Record<string, string>;
  /** What the tool says it does, and the digest of that (see `digestOfTool`). */
  description?: string;
  toolDigest?: string;
}

/** What a person said about one step of a plan that runs. */
export interface Ruling {
  /** The type of the question: `step_failed`, `step_review` or `deviation_review`. */
  on: "step_failed" | StepAsk["type"];
  type: "approve" | "retry" | "edit" | "skip" | "done";
  /** The call is made with exactly these. */
  args?: Record<string, unknown>;
  /** For `approve` on a deviation: the call that may be made. */
  call?: Call;
  /** For `skip`: whether what waits for the step is skipped too (default), or runs. */
  dependents?: "skip" | "run";
  /** For `done`: what it returned, in the person's words. */
  output?: string;
  /** From the server's receipt; absent where no server of ours keeps receipts. */
  by?: { id: string; verified: boolean };
  at?: string;
}
