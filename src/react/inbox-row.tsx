import type { PlanStep } from "countersign/agent";
import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { nameOf } from "./actors.ts";
import { useCountersign } from "./countersign.tsx";
import { headlineOf } from "./questions.ts";
import { RiskBadge } from "./risk-badge.tsx";
import { ago, roughly } from "./time-words.ts";
import type { InboxEntry } from "./use-inbox.ts";
import { words } from "./words.ts";

interface InboxRowProps {
  entry: InboxEntry;
  now: number;
  isCurrent: boolean;
  /** Null where it cannot be approved beside others; undefined where none can. */
  isSelected: boolean | null | undefined;
  onSelect: () => void;
  onFocus: () => void;
  /** Called where the page has no addresses for questions. */
  onOpen: (() => void) | undefined;
}

/** One open question: what is asked, where, and how long it has waited. The link leads to its card. */
export function InboxRow({ entry, now, isCurrent, isSelected, onSelect, onFocus, onOpen }: InboxRowProps) {
  const { threadId, question } = entry;
  const { interruptId } = question;
  const { linkTo } = useCountersign();
  const headline = headlineOf(question);
  return (
    <div
      className="flex items-center gap-1 border-line border-b pe-2 data-[current=true]:bg-sunken"
      data-current={isCurrent}
    >
      {isSelected === undefined ? null : isSelected === null ? (
        <span className="w-8 shrink-0" />
      ) : (
        // The label is what is pressed: a larger target than the box.
        <label className="flex size-8 shrink-0 cursor-pointer items-center justify-center">
          <input
            type="checkbox"
            className="size-4"
            aria-label={words.inbox.select(headline)}
            checked={isSelected}
            onChange={onSelect}
          />
        </label>
      )}
      <RowLink
        href={linkTo?.(threadId, interruptId)}
        interruptId={interruptId}
        onFocus={onFocus}
        onOpen={onOpen}
      >
        <span className="min-w-0 flex-1">
          <span className="line-clamp-2 break-words font-medium" dir="auto">
            {headline}
          </span>
          <About entry={entry} now={now} />
        </span>
        <span className="flex gap-1 max-sm:flex-col">
          {risksOf(entry).map((risk) => (
            <RiskBadge key={risk} risk={risk} />
          ))}
        </span>
        <ChevronRight className="size-4 shrink-0 text-muted rtl:-scale-x-100" aria-hidden />
      </RowLink>
    </div>
  );
}

/** Its kind, where it is, since when it waits, for whom, and until when. */
function About({ entry, now }: Pick<InboxRowProps, "entry" | "now">) {
  const { graphId, threadTitle, question } = entry;
  const { openedAt, assignees = [], expiresAt = null } = question.details ?? {};
  const left = expiresAt === null ? null : Date.parse(expiresAt) - now;
  return (
    <span className="flex flex-wrap items-center gap-x-2 text-muted text-xs">
      <span>{words.inbox.kinds[question.kind]}</span>
      <span className="max-w-60 truncate" dir="auto">
        {threadTitle}
      </span>
      <span>{graphId}</span>
      {openedAt === undefined ? null : (
        <time dateTime={openedAt} title={new Date(openedAt).toLocaleString()}>
          {ago(now - Date.parse(openedAt))}
        </time>
      )}
      {assignees.length > 0 ? <span>{words.inbox.for(assignees.map(nameOf).join(", "))}</span> : null}
      {expiresAt === null || left === null ? null : (
        <time dateTime={expiresAt} title={new Date(expiresAt).toLocaleString()} className="text-warn">
          {left > 0 ? words.terms.left(roughly(left)) : words.terms.timeIsUp}
        </time>
      )}
    </span>
  );
}

interface RowLinkProps {
  href: string | undefined;
  interruptId: string;
  onFocus: () => void;
  onOpen: (() => void) | undefined;
  children: ReactNode;
}

function RowLink({ href, interruptId, onFocus, onOpen, children }: RowLinkProps) {
  const look = "flex min-w-0 flex-1 items-center gap-3 rounded-lg py-2.5 text-start";
  if (href === undefined) {
    return (
      <button type="button" data-row={interruptId} onFocus={onFocus} onClick={onOpen} className={look}>
        {children}
      </button>
    );
  }
  return (
    <a href={href} data-row={interruptId} onFocus={onFocus} className={look}>
      {children}
    </a>
  );
}

function risksOf({ question }: InboxEntry): PlanStep["risk"][] {
  if (question.kind === "plan") return [...new Set(question.review.plan.steps.map(({ risk }) => risk))];
  if (question.kind === "doubt") return question.doubt.risk ? [question.doubt.risk] : [];
  const isOfStep = ["step_failed", "step_review", "deviation"].includes(question.kind);
  const { asked } = question as Extract<typeof question, { kind: "step_review" }>;
  return isOfStep && asked.step.risk ? [asked.step.risk] : [];
}
