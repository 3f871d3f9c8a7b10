import type { Plan } from "countersign/agent";
import { useEffect, useId, useRef, useState } from "react";
import { Arguments } from "./arguments.tsx";
import { Button } from "./button.tsx";
import { useCountersign } from "./countersign.tsx";
import { describeRefusal } from "./refusals.ts";
import { RiskBadge } from "./risk-badge.tsx";
import { ScrollRegion } from "./scroll-box.tsx";
import type { InboxEntry } from "./use-inbox.ts";
import { words } from "./words.ts";

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
  const { client } = useCountersign();
  const id = useId();
  const isDone = Object.keys(results).length === plans.length;

  useEffect(() => dialog.current?.showModal(), []);

  async function approve(): Promise<void> {
    setSending(true);
    for (const { entry, plan } of plans) {
      const { interruptId } = entry.question;
      const answer = { type: "approve", digest: plan.digest };
      const result = await client.answerQuestion({ threadId: entry.threadId, interruptId, answer }).then(
        () => words.bulk.approved,
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
          {words.bulk.title(plans.length)}
        </h2>
        <p className="text-muted text-sm">{words.bulk.hint}</p>
      </header>
      <ScrollRegion label={words.bulk.label} className="min-h-0 flex-1 overflow-y-auto px-5">
        {plans.map(({ entry, plan }) => (
          <PlanInFull
            key={entry.question.interruptId}
            plan={plan}
            threadTitle={entry.threadTitle}
            result={results[entry.question.interruptId]}
          />
        ))}
      </ScrollRegion>
      <footer className="flex flex-wrap gap-2 border-line border-t px-5 py-3">
        {isDone ? null : (
          <Button kind="primary" disabled={isSending} onClick={() => void approve()}>
            {words.bulk.approve(plans.length)}
          </Button>
        )}
        <Button
          kind={isDone ? "plain" : "quiet"}
          disabled={isSending}
          onClick={() => dialog.current?.close()}
        >
          {isDone ? words.bulk.close : words.bulk.back}
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
        <h3 className="min-w-0 break-words font-medium" dir="auto">
          {plan.title}
        </h3>
        <span className="text-muted text-xs">{words.bulk.revisionIn(plan.revision, threadTitle)}</span>
        {result === undefined ? null : (
          <span
            role="status"
            className={`ms-auto font-medium text-sm ${result === words.bulk.approved ? "text-ok" : "text-bad"}`}
          >
            {result}
          </span>
        )}
      </header>
      {plan.summary ? (
        <p className="text-muted text-sm" dir="auto">
          {plan.summary}
        </p>
      ) : null}
      <ol className="mt-1 list-decimal ps-5">
        {plan.steps.map((step) => (
          <li key={step.id} className="py-1">
            <span className="flex flex-wrap items-center gap-x-2 text-sm">
              <span dir="auto">{step.title}</span>
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
