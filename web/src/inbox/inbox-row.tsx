import type { PlanStep } from "countersign/agent";
import { ChevronRight } from "lucide-react";
import { RiskBadge } from "../components/risk-badge.tsx";
import { headlineOf } from "../conversation/questions.ts";
import { hashOfQuestion } from "../hooks/use-route.ts";
import { kindNames } from "./inbox-filters.tsx";
import type { InboxEntry } from "./use-inbox.ts";

interface InboxRowProps {
  entry: InboxEntry;
  now: number;
  isCurrent: boolean;
  /** Undefined where it cannot be approved beside others. */
  isSelected: boolean | undefined;
  onSelect: () => void;
  onFocus: () => void;
}

/** One open question: what is asked, where, and how long it has waited. The link leads to its card. */
export function InboxRow({ entry, now, isCurrent, isSelected, onSelect, onFocus }: InboxRowProps) {
  const { threadId, graphId, threadTitle, question } = entry;
  const { interruptId, details } = question;
  const headline = headlineOf(question);
  return (
    <li
      className="flex items-center gap-2 border-line border-b px-2 data-[current=true]:bg-sunken"
      data-current={isCurrent}
    >
      {isSelected === undefined ? (
        <span className="w-4" />
      ) : (
        <input
          type="checkbox"
          className="size-4"
          aria-label={`Select ${headline}`}
          checked={isSelected}
          onChange={onSelect}
        />
      )}
      <a
        href={hashOfQuestion(threadId, interruptId)}
        data-row={interruptId}
        onFocus={onFocus}
        className="flex min-w-0 flex-1 items-center gap-3 rounded-lg py-2.5"
      >
        <span className="min-w-0 flex-1">
          <span className="line-clamp-2 break-words font-medium">{headline}</span>
          <span className="flex flex-wrap items-center gap-x-2 text-muted text-xs">
            <span>{kindNames[question.kind]}</span>
            <span className="max-w-60 truncate">{threadTitle}</span>
            <span>{graphId}</span>
            {details ? <span>{ago(now - Date.parse(details.openedAt))}</span> : null}
            {details && details.assignees.length > 0 ? <span>for {details.assignees.join(", ")}</span> : null}
            {details?.expiresAt ? (
              <span className="text-warn">until {new Date(details.expiresAt).toLocaleString()}</span>
            ) : null}
          </span>
        </span>
        <span className="flex gap-1 max-sm:flex-col">
          {risksOf(entry).map((risk) => (
            <RiskBadge key={risk} risk={risk} />
          ))}
        </span>
        <ChevronRight className="size-4 shrink-0 text-muted" aria-hidden />
      </a>
    </li>
  );
}

function risksOf({ question }: InboxEntry): PlanStep["risk"][] {
  if (question.kind === "plan") return [...new Set(question.review.plan.steps.map(({ risk }) => risk))];
  if (question.kind === "doubt") return question.doubt.risk ? [question.doubt.risk] : [];
  const isOfStep = ["step_failed", "step_review", "deviation"].includes(question.kind);
  const { asked } = question as Extract<typeof question, { kind: "step_review" }>;
  return isOfStep && asked.step.risk ? [asked.step.risk] : [];
}

function ago(ms: number): string {
  if (ms < 60_000) return "just now";
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ago`;
  return ms < 86_400_000 ? `${Math.floor(ms / 3_600_000)} h ago` : `${Math.floor(ms / 86_400_000)} days ago`;
}
