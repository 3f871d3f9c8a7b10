import { fromRecorded } from "./media.ts";
import type { Plan, PlanStep } from "./plan.ts";
import type { StepState } from "./step-state.ts";

/** What an earlier step put out. `outputLength` is there when `output` is only its beginning. */
export interface StepOutput {
  step: string;
  title: string;
  tool: string;
  args: Record<string, unknown>;
  output: string;
  /** Length of the whole, in characters. */
  outputLength?: number;
}

/** Outputs of all steps that come before this one, however far. */
export function outputsBefore(
  step: PlanStep,
  plan: Plan,
  steps: Readonly<Record<string, StepState>>,
): StepOutput[] {
  const wanted = new Set<string>();
  const visit = (id: string): void => {
    if (wanted.has(id)) return;
    wanted.add(id);
    for (const other of plan.steps.find((one) => one.id === id)?.after ?? []) visit(other);
  };
  for (const id of step.after) visit(id);
  return plan.steps
    .filter(({ id }) => wanted.has(id))
    .map(({ id, title, tool, args }) => {
      const { output = "", outputLength } = steps[id] ?? {};
      const cut = outputLength === undefined ? {} : { outputLength };
      return { step: id, title, tool, args, output, ...cut };
    });
}

/** Characters of a step's output that are kept; the length of the whole is kept beside. */
const maxOutput = 32_000;

/** What a step keeps of what it returned. A person may have said what that was: any JSON, or nothing. */
export function toOutput(returned: unknown): Pick<StepState, "output" | "outputLength" | "media"> {
  const shown = fromRecorded(returned);
  if (shown !== undefined) return { ...toOutput(shown.text), media: shown.media };
  const output = typeof returned === "string" ? returned : returned == null ? "" : JSON.stringify(returned);
  if (output.length <= maxOutput) return { output };
  return { output: output.slice(0, maxOutput), outputLength: output.length };
}
