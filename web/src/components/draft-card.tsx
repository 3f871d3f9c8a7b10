import { LoaderCircle } from "lucide-react";
import type { Draft } from "../conversation/plans.ts";
import { PlanFrame } from "./plan-card.tsx";

/** A plan while the model writes it: steps appear and fill; nothing can be decided yet. */
export function DraftCard({ draft }: { draft: Draft | null }) {
  const plan = draft?.plan ?? draft?.draft;
  const steps = Array.isArray(plan?.steps) ? plan.steps : [];
  return (
    <PlanFrame
      title={typeof plan?.title === "string" && plan.title !== "" ? plan.title : "Making a plan"}
      label="Plan being written"
      revision={draft?.revision ?? 1}
      badge={
        <span className="flex shrink-0 items-center gap-1 rounded-full bg-accent-soft px-2.5 py-0.5 font-medium text-accent text-xs">
          <LoaderCircle className="size-3 animate-spin" aria-hidden /> writing
        </span>
      }
    >
      {typeof plan?.summary === "string" ? <p className="text-muted">{plan.summary}</p> : null}
      <ol className="mt-2 divide-y divide-line border-line border-t">
        {steps.map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step being written may not have its id yet
          <li key={index} className="flex gap-3 py-3">
            <span className="mt-0.5 flex size-6 shrink-0 items-center justify-center rounded-full bg-sunken font-semibold text-muted text-xs">
              {index + 1}
            </span>
            <div className="min-w-0">
              <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
                <span className="font-medium">{step?.title ?? "…"}</span>
                {step?.tool ? (
                  <code className="rounded bg-sunken px-1.5 py-0.5 font-mono text-muted text-xs">
                    {step.tool}
                  </code>
                ) : null}
              </div>
              {step?.why ? <p className="text-muted text-sm">{step.why}</p> : null}
            </div>
          </li>
        ))}
      </ol>
    </PlanFrame>
  );
}
