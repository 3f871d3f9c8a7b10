import type { PlanStep } from "countersign/agent";
import { LoaderCircle } from "lucide-react";
import { useLayoutEffect, useRef } from "react";
import { Arguments } from "./arguments.tsx";
import { isRecord } from "./json.ts";
import { PlanFrame } from "./plan-frame.tsx";
import type { Draft } from "./plans.ts";
import { RiskBadge } from "./risk-badge.tsx";
import { type Tools, useTools } from "./use-tools.ts";
import { words } from "./words.ts";

/** A plan while the model writes it: steps appear and fill; nothing can be decided yet. */
export function DraftCard({ draft }: { draft: Draft | null }) {
  const plan = draft?.plan ?? draft?.draft;
  const steps = Array.isArray(plan?.steps) ? plan.steps : [];
  const tools = useTools(true);
  const body = useNeverShrinking(draft?.revision);
  return (
    <PlanFrame
      title={typeof plan?.title === "string" && plan.title !== "" ? plan.title : words.plan.makingOne}
      label={words.plan.beingWritten}
      revision={draft?.revision ?? 1}
      badge={
        <span className="flex shrink-0 items-center gap-1 rounded-full bg-accent-soft px-2.5 py-0.5 font-medium text-accent text-xs">
          <LoaderCircle className="size-3 motion-safe:animate-spin" aria-hidden /> {words.plan.writing}
        </span>
      }
    >
      <div ref={body}>
        {typeof plan?.summary === "string" ? (
          <p className="text-muted" dir="auto">
            {plan.summary}
          </p>
        ) : null}
        <ol className="mt-2 divide-y divide-line border-line border-t">
          {steps.map((step, index) => (
            <DraftStep
              // biome-ignore lint/suspicious/noArrayIndexKey: a step being written may not have its id yet
              key={index}
              step={isRecord(step) ? step : {}}
              number={index + 1}
              isBeingWritten={index === steps.length - 1 && draft?.plan === undefined}
              tools={tools}
            />
          ))}
        </ol>
      </div>
    </PlanFrame>
  );
}

interface DraftStepProps {
  /** As far as it is written: whatever is there may be cut off. */
  step: Partial<PlanStep>;
  number: number;
  isBeingWritten: boolean;
  tools: Tools | null;
}

function DraftStep({ step, number, isBeingWritten, tools }: DraftStepProps) {
  const { title, tool, why, args, late } = step;
  const known = typeof tool === "string" ? tools?.get(tool) : undefined;
  return (
    <li className="flex gap-3 py-3 motion-safe:transition-opacity motion-safe:starting:opacity-0">
      <span
        className={`mt-0.5 flex size-6 shrink-0 items-center justify-center rounded-full font-semibold text-xs ${isBeingWritten ? "bg-accent-soft text-accent motion-safe:animate-pulse" : "bg-sunken text-muted"}`}
      >
        {number}
      </span>
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span dir="auto" className="font-medium">
            {typeof title === "string" ? title : "…"}
          </span>
          {typeof tool === "string" && tool !== "" ? (
            <code className="rounded bg-sunken px-1.5 py-0.5 font-mono text-muted text-xs">{tool}</code>
          ) : null}
          {known?.risk ? <RiskBadge risk={known.risk} /> : null}
        </div>
        {typeof why === "string" && why !== "" ? (
          <p dir="auto" className="mt-0.5 text-muted text-sm">
            {why}
          </p>
        ) : null}
        {isRecord(args) || isRecord(late) ? (
          <Arguments args={isRecord(args) ? args : {}} late={textsOf(late)} />
        ) : null}
      </div>
    </li>
  );
}

function textsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(isRecord(value) ? value : {}).map(([name, rule]) => [name, String(rule)]),
  );
}

/**
 * What is half-written can be shorter than a moment ago (a word that turns out to be the beginning of something
 * else): the height that was reached stays, so that nothing below moves up and down.
 */
function useNeverShrinking(revision: number | undefined) {
  const body = useRef<HTMLDivElement>(null);
  const reached = useRef({ revision, height: 0, width: 0 });
  useLayoutEffect(() => {
    const element = body.current;
    if (element === null) return;
    const { offsetHeight: height, offsetWidth: width } = element;
    const isOther = reached.current.revision !== revision || reached.current.width !== width;
    reached.current = { revision, width, height: isOther ? 0 : Math.max(height, reached.current.height) };
    element.style.minHeight = `${reached.current.height}px`;
  });
  return body;
}
