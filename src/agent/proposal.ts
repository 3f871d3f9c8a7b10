import type { z } from "zod";
import { canonicalJson } from "../protocol/json.ts";
import { schemaIssues } from "../protocol/json-schema.ts";
import type { ToolSpec } from "../tools/index.ts";
import {
  digestOfPlan,
  digestOfTool,
  type PinnedTool,
  type Plan,
  type PlanStep,
  type Proposal,
  proposal,
} from "./plan.ts";

/** Name of the tool by which a model proposes a plan. */
export const proposePlanName = "propose_plan";

/** The tool a planning model is given, in the shape `bindTools` takes. Tools are an enum: others cannot be named. */
export function proposePlanTool(specs: readonly ToolSpec[]): Record<string, unknown> {
  const step = {
    type: "object",
    properties: {
      id: { type: "string", description: "Short and unique in the plan, such as s1." },
      title: { type: "string", description: "What the step does, in a few words for a person." },
      why: { type: "string", description: "Why the request needs it." },
      tool: { type: "string", enum: specs.map(({ name }) => name) },
      args: {
        type: "object",
        description: "The exact arguments, by the tool's own schema.",
        additionalProperties: true,
      },
      late: {
        type: "object",
        description:
          "Content arguments that can only be known from the output of earlier steps: argument name to a rule that says how to write it. Leave these out of args.",
        additionalProperties: { type: "string" },
      },
      after: {
        type: "array",
        items: { type: "string" },
        description: "Ids of steps that must be done first. Left out: the step before. []: none.",
      },
    },
    required: ["id", "title", "why", "tool", "args"],
  };
  return {
    type: "function",
    function: {
      name: proposePlanName,
      description: "Show the person a plan and ask for a decision. Nothing in it runs before they approve.",
      parameters: {
        type: "object",
        properties: {
          title: { type: "string" },
          summary: {
            type: "string",
            description: "One or two sentences: what will be different afterwards.",
          },
          assumptions: { type: "array", items: { type: "string" } },
          steps: { type: "array", items: step, minItems: 1 },
        },
        required: ["title", "summary", "steps"],
      },
    },
  };
}

export type Judged = { plan: Plan } | { issues: string[] };

/**
 * Turns what a model wrote, or a person edited, into a plan, or says what is wrong with it: its shape,
 * unknown tools, arguments that do not fit the tool's schema, late arguments that are no content,
 * duplicate ids, dependencies that dangle or run in a circle.
 *
 * @param identity - `tools`: how tools were when the person first saw the plan, where they did.
 */
export function judgeProposal(
  value: unknown,
  specs: readonly ToolSpec[],
  { id, revision, tools = {} }: { id: string; revision: number; tools?: Record<string, PinnedTool> },
): Judged {
  const parsed = proposal.safeParse(value);
  if (!parsed.success) return { issues: describe(parsed.error) };
  const written: Proposal = parsed.data;
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  const issues: string[] = [];
  const seen = new Set<string>();
  const steps = written.steps.map((step, index): PlanStep => {
    if (seen.has(step.id)) issues.push(`steps.${index}: the id ${step.id} is used twice`);
    seen.add(step.id);
    const spec = byName.get(step.tool);
    if (spec === undefined) issues.push(`steps.${index}: there is no tool ${step.tool}`);
    else issues.push(...argumentIssues(step, spec).map((issue) => `steps.${index} (${step.id}): ${issue}`));
    const before = written.steps[index - 1];
    const { id: stepId, title, why, tool, args, late, after } = step;
    return {
      id: stepId,
      title,
      why,
      tool,
      args,
      ...(late === undefined || Object.keys(late).length === 0 ? {} : { late }),
      after: after ?? (before === undefined ? [] : [before.id]),
      risk: spec?.risk ?? "destructive",
    };
  });
  issues.push(...orderIssues(steps));
  if (issues.length > 0) return { issues };
  const { title, summary, assumptions } = written;
  const plan = { id, revision, title, summary, assumptions, steps, tools: pinned(steps, specs, tools) };
  return { plan: { ...plan, digest: digestOfPlan(plan) } };
}

/** The tools of a plan as they are, or as they were when it was first shown. */
function pinned(
  steps: readonly PlanStep[],
  specs: readonly ToolSpec[],
  before: Readonly<Record<string, PinnedTool>>,
): Record<string, PinnedTool> {
  const used = new Set(steps.map(({ tool }) => tool));
  const now = specs.filter(({ name }) => used.has(name) && before[name] === undefined);
  return Object.fromEntries([
    ...Object.entries(before).filter(([name]) => used.has(name)),
    ...now.map((spec) => [spec.name, { description: spec.description, digest: digestOfTool(spec) }]),
  ]);
}

function argumentIssues({ args, late = {} }: Proposal["steps"][number], spec: ToolSpec): string[] {
  const issues: string[] = [];
  for (const name of Object.keys(late)) {
    if (!spec.contentArguments.includes(name)) {
      issues.push(
        `${name} of ${spec.name} may not be late: only content may (${spec.contentArguments.join(", ") || "none"})`,
      );
    } else if (name in args) {
      issues.push(`${name} is both in args and late: choose one`);
    }
  }
  const stated = { ...args, ...Object.fromEntries(Object.keys(late).map((name) => [name, ""])) };
  return [...issues, ...schemaIssues(spec.inputSchema, stated)];
}

function orderIssues(steps: readonly PlanStep[]): string[] {
  const ids = new Set(steps.map(({ id }) => id));
  const issues = steps.flatMap(({ id, after }) =>
    after
      .filter((other) => !ids.has(other))
      .map((other) => `step ${id} comes after ${other}, which is not in the plan`),
  );
  const done = new Set<string>();
  let left = [...steps];
  while (issues.length === 0 && left.length > 0) {
    const ready = left.filter(({ after }) => after.every((other) => done.has(other)));
    if (ready.length === 0) return [`steps ${left.map(({ id }) => id).join(", ")} wait for one another`];
    for (const { id } of ready) done.add(id);
    left = left.filter(({ id }) => !done.has(id));
  }
  return issues;
}

function describe(error: z.ZodError): string[] {
  return error.issues.slice(0, 10).map(({ path, message }) => `${path.join(".") || "plan"}: ${message}`);
}

/** What of a step is binding, as text that is equal when the steps do the same. */
export function contractOf(step: PlanStep | undefined): string {
  if (step === undefined) return "";
  const { id, tool, args, late, after } = step;
  return canonicalJson({ id, tool, args, late: late ?? {}, after });
}
