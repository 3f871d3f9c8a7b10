import { RiskBadge } from "./risk-badge.tsx";
import type { AskedStep as Step } from "./step-questions.ts";
import { words } from "./words.ts";

/** The step that a question is about, and the plan it belongs to. */
export function AskedStep({ step, plan }: { step: Step; plan: string | null }) {
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <code className="rounded bg-sunken px-1.5 py-0.5 font-mono text-muted text-xs">{step.tool}</code>
        {step.risk ? <RiskBadge risk={step.risk} /> : null}
        {plan ? (
          <span className="min-w-0 break-words text-muted text-sm" dir="auto">
            {words.askedStep.inPlan(plan)}
          </span>
        ) : null}
      </div>
      {step.why ? (
        <p className="mt-1 text-muted text-sm" dir="auto">
          {step.why}
        </p>
      ) : null}
    </>
  );
}
