import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { useIsActive } from "./question-context.ts";
import { QuestionLink } from "./question-link.tsx";
import { QuestionTerms } from "./question-terms.tsx";
import type { QuestionDetails } from "./questions.ts";
import { words } from "./words.ts";

interface QuestionFrameProps {
  interruptId: string;
  details: QuestionDetails | null;
  /** What the region is called. */
  label: string;
  title: string;
  icon: LucideIcon;
  testId?: string;
  children: ReactNode;
}

/** The look of every open question: what it is about, who may answer until when, and what can be said. */
export function QuestionFrame(props: QuestionFrameProps) {
  const { interruptId, details, label, title, icon: Icon, testId = "question-card", children } = props;
  const isActive = useIsActive(interruptId);
  return (
    <section
      aria-label={label}
      data-testid={testId}
      data-waiting
      data-active={isActive}
      className="scroll-mt-4 rounded-xl border border-accent bg-panel p-4 shadow-xs data-[active=true]:shadow-md sm:p-5"
    >
      <header className="mb-1.5 flex flex-wrap items-start gap-x-2.5 gap-y-1">
        <div className="flex min-w-0 flex-[1_1_14rem] items-start gap-2.5">
          <Icon className="mt-0.5 size-5 shrink-0 text-warn" aria-hidden />
          <h2 className="min-w-0 break-words font-semibold text-base leading-snug" dir="auto">
            {title}
          </h2>
        </div>
        <span className="shrink-0 whitespace-nowrap rounded-full bg-warn-soft px-2.5 py-0.5 font-medium text-warn text-xs">
          {words.question.waits}
        </span>
        <QuestionLink interruptId={interruptId} />
      </header>
      <QuestionTerms details={details} />
      {children}
    </section>
  );
}
