import type { Plan } from "countersign/agent";
import { useEffect, useId, useRef, useState } from "react";
import { Arguments } from "../components/arguments.tsx";
import { Button } from "../components/button.tsx";
import { RiskBadge } from "../components/risk-badge.tsx";
import { answerQuestion, describeRefusal } from "../lib/api.ts";
import type { InboxEntry } from "./use-inbox.ts";

export interface Approvable {
  entry: InboxEntry;
  plan: Plan;
}

interface BulkApprovalProps {
  /** As they were when the person asked for this: what is shown is what is approved. */
  plans: readonly Approvable[];
  onClose: () => void;
}

/** Shows in full what would be approved, and approves exactly that, one after the other. */
export function BulkApproval({ plans, onClose }: BulkApprovalProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [results, setResults] = useState<Record<string, string>>({});
  const [isSending, setSending] = useState(false);
  const id = useId();
  const isDone = Object.keys(results).length === plans.length;

  useEffect(() => dialog.current?.showModal(), []);

  async function approve(): Promise<void> {
    setSending(true);
    for (const { entry, plan } of plans) {
      const { interruptId } = entry.question;
      const answer = { type: "approve", digest: plan.digest };
      const result = await answerQuestion({ threadId: entry.threadId, interruptId, answer }).then(
        () => "Approved",
        (error: unknown) => describeRefusal(error),
      );
      setResults((before) => ({ ...before, [interruptId]: result }));
    }
    setSending(false);
  }

  return (
    <dialog
      ref={dialog}
      aria-labelledby={`${id}-title`}
      className="m-auto max-h-[90dvh] w-[42rem] max-w-[94vw] flex-col overflow-hidden rounded-xl border border-line bg-panel text-ink shadow-xl backdrop:bg-black/40 open:flex"
      onClose={onClose}
      onCancel={(event) => isSending && event.preventDefault()}
    >
      <header className="border-line border-b px-5 py-3">
        <h2 id={`${id}-title`} className="font-semibold">
          {plans.length === 1 ? "Approve this plan?" : `Approve these ${plans.length} plans?`}
        </h2>
        <p className="text-muted text-sm">
          No step destroys anything or leaves this machine. Exactly what stands here is approved.
        </p>
      </header>
      <section
        aria-label="What will be approved"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        className="min-h-0 flex-1 overflow-y-auto px-5"
      >
        {plans.map(({ entry, plan }) => (
          <PlanInFull
            key={entry.question.interruptId}
            plan={plan}
            threadTitle={entry.threadTitle}
            result={results[entry.question.interruptId]}
          />
        ))}
      </section>
      <footer className="flex flex-wrap gap-2 border-line border-t px-5 py-3">
        {isDone ? null : (
          <Button kind="primary" disabled={isSending} onClick={() => void approve()}>
            {plans.length === 1 ? "Approve it" : `Approve all ${plans.length}`}
          </Button>
        )}
        <Button
          kind={isDone ? "plain" : "quiet"}
          disabled={isSending}
          onClick={() => dialog.current?.close()}
        >
          {isDone ? "Close" : "Back"}
        </Button>
      </footer>
    </dialog>
  );
}

interface PlanInFullProps {
  plan: Plan;
  threadTitle: string;
  result: string | undefined;
}

function PlanInFull({ plan, threadTitle, result }: PlanInFullProps) {
  return (
    <article className="border-line border-b py-3 last:border-b-0">
      <header className="flex flex-wrap items-baseline gap-x-2">
        <h3 className="min-w-0 break-words font-medium">{plan.title}</h3>
        <span className="text-muted text-xs">
          revision {plan.revision} in “{threadTitle}”
        </span>
        {result === undefined ? null : (
          <span
            role="status"
            className={`ml-auto font-medium text-sm ${result === "Approved" ? "text-ok" : "text-bad"}`}
          >
            {result}
          </span>
        )}
      </header>
      {plan.summary ? <p className="text-muted text-sm">{plan.summary}</p> : null}
      <ol className="mt-1 list-decimal pl-5">
        {plan.steps.map((step) => (
          <li key={step.id} className="py-1">
            <span className="flex flex-wrap items-center gap-x-2 text-sm">
              {step.title}
              <code className="rounded bg-sunken px-1.5 py-0.5 font-mono text-muted text-xs">
                {step.tool}
              </code>
              <RiskBadge risk={step.risk} />
            </span>
            <Arguments args={step.args} late={step.late} />
          </li>
        ))}
      </ol>
    </article>
  );
}
