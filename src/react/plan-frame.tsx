import type { Decision } from "countersign/agent";
import { FileCheck2 } from "lucide-react";
import type { ReactNode } from "react";
import { QuestionLink } from "./question-link.tsx";
import type { ShownStep } from "./steps.ts";
import { words } from "./words.ts";

interface PlanFrameProps {
  title: string;
  label: string;
  badge: ReactNode;
  revision: number;
  /** Set while it waits for a decision. */
  interruptId?: string | undefined;
  /** Beside the revision. */
  aside?: ReactNode;
  children: ReactNode;
}

/** The look of every plan, whether it is written, asked about, or decided. */
export function PlanFrame({ title, label, badge, revision, interruptId, aside, children }: PlanFrameProps) {
  const isWaiting = interruptId !== undefined;
  return (
    <section
      aria-label={label}
      data-testid="plan-card"
      data-revision={revision}
      data-waiting={isWaiting}
      data-interrupt={interruptId}
      tabIndex={-1}
      className={`relative scroll-mt-4 rounded-xl border bg-panel p-4 shadow-xs sm:p-5 ${isWaiting ? "border-accent" : "border-line"}`}
    >
      <header className="mb-1 flex flex-wrap items-start gap-x-2.5 gap-y-1">
        <div className="flex min-w-0 flex-[1_1_14rem] items-start gap-2.5">
          <FileCheck2 className="mt-0.5 size-5 shrink-0 text-accent" aria-hidden />
          <h2 className="min-w-0 break-words font-semibold text-base leading-snug" dir="auto">
            {title}
          </h2>
        </div>
        <div className="flex shrink-0 items-center gap-2.5">
          {aside}
          <span className="text-muted text-xs">{words.plan.revision(revision)}</span>
          {badge}
          {interruptId === undefined ? null : <QuestionLink interruptId={interruptId} />}
        </div>
      </header>
      {children}
    </section>
  );
}

interface PlanBadgeProps {
  isWaiting: boolean;
  decision?: Decision | undefined;
  isRunning: boolean;
  isStopped: boolean;
  /** It was approved here, and nothing is known to have begun. */
  isStarting: boolean;
  steps?: Record<string, ShownStep> | undefined;
}

type Look = "warn" | "quiet" | "accent" | "bad" | "ok";

const looks: Record<Look, string> = {
  warn: "bg-warn-soft text-warn",
  quiet: "bg-sunken text-muted",
  accent: "bg-accent-soft text-accent",
  bad: "bg-bad-soft text-bad",
  ok: "bg-ok-soft text-ok",
};

export function PlanBadge(props: PlanBadgeProps) {
  const [look, text] = standing(props);
  return (
    <span
      className={`shrink-0 whitespace-nowrap rounded-full px-2.5 py-0.5 font-medium text-xs ${looks[look]}`}
    >
      {text}
    </span>
  );
}

function standing(props: PlanBadgeProps): [Look, string] {
  const { isWaiting, decision, isRunning, isStopped, isStarting, steps } = props;
  const { plan } = words;
  if (isWaiting) return ["warn", plan.waits];
  if (isStarting) return ["accent", plan.starting];
  if (decision === undefined) return ["quiet", plan.answered];
  if (decision.type === "reject") return ["quiet", plan.sentBack];
  if (decision.type === "cancel") return ["quiet", plan.stopped];
  if (decision.type === "replan") return ["quiet", plan.plannedAnew];
  if (isRunning) return ["accent", plan.running];
  const states = Object.values(steps ?? {}).map(({ status }) => status);
  const isLeft = states.some((status) => status === "waiting" || status === "in_doubt");
  if (isStopped || isLeft || states.length === 0) return ["quiet", plan.stopped];
  if (states.includes("failed")) return ["bad", plan.notAllDone];
  if (states.includes("skipped")) return ["warn", plan.notAllDone];
  return states.every((status) => status === "done") ? ["ok", plan.done] : ["quiet", plan.stopped];
}
