import type { Decision, Plan } from "countersign/agent";
import { ChevronRight, Lock } from "lucide-react";
import { useMemo, useState } from "react";
import { nameOf } from "./actors.ts";
import type { ChangesListProps } from "./changes-list.tsx";
import { deferred } from "./deferred.tsx";
import { ChangeCounts } from "./plan-changes.tsx";
import { countChanges, diffRows } from "./plan-diff.ts";
import { words } from "./words.ts";

const ChangesList = deferred<ChangesListProps>(async () => (await import("./changes-list.tsx")).ChangesList);

/** What was decided, by whom and when: the record on a locked card. */
export function DecisionLine({ decision, plan }: { decision: Decision; plan: Plan }) {
  const { type, by, at, feedback, reason, digest, comments, keep, changes, autonomy } = decision;
  const said = feedback || reason;
  const nameStep = (id: string) => {
    const number = plan.steps.findIndex((step) => step.id === id) + 1;
    return number > 0 ? words.step.named(number) : id;
  };
  return (
    <footer className="mt-3 border-line border-t pt-3 text-muted text-sm" data-testid="decision">
      <p className="flex flex-wrap items-center gap-x-1.5">
        <Lock className="size-3.5" aria-hidden />
        <span className="font-medium text-ink">{words.decision[type]}</span>
        {by ? <span>{words.decision.by(nameOf(by.id))}</span> : null}
        {by && !by.verified ? <span>{words.decision.notVerified}</span> : null}
        {at ? <time dateTime={at}>{new Date(at).toLocaleString()}</time> : null}
        {autonomy ? <span>{`· ${words.decision.autonomy[autonomy]}`}</span> : null}
        <span className="ms-auto text-xs">
          {words.decision.revision(decision.revision)}{" "}
          <code className="font-mono" title={words.decision.digest(digest)}>
            {digest.slice(0, 8)}
          </code>
        </span>
      </p>
      {said ? (
        <p className="mt-1 whitespace-pre-wrap break-words" dir="auto">
          {words.decision.quoted(said)}
        </p>
      ) : null}
      {Object.entries(comments ?? {}).map(([step, comment]) => (
        <p key={step} className="mt-1 break-words">
          {words.decision.on(nameStep(step))} <bdi>{words.decision.quoted(comment)}</bdi>
        </p>
      ))}
      {keep && keep.length > 0 ? (
        <p className="mt-1">{words.decision.kept(keep.map(nameStep).join(", "))}</p>
      ) : null}
      {changes ? <Edits changes={changes} plan={plan} name={by ? nameOf(by.id) : null} /> : null}
    </footer>
  );
}

interface EditsProps {
  changes: NonNullable<Decision["changes"]>;
  plan: Plan;
  name: string | null;
}

/** How what was approved differs from what was asked about. */
function Edits({ changes, plan, name }: EditsProps) {
  const [isOpen, setOpen] = useState(false);
  const rows = useMemo(() => diffRows(plan.steps, changes, undefined), [plan, changes]);
  const counts = { ...countChanges(rows), removed: changes.removed.length };
  return (
    <div className="mt-1">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex items-center gap-1.5 rounded hover:text-ink"
      >
        <ChevronRight
          className={`size-3.5 shrink-0 transition-transform rtl:-scale-x-100 ${isOpen ? "rotate-90" : ""}`}
          aria-hidden
        />
        {words.decision.changes(name)} <ChangeCounts counts={counts} />
      </button>
      {isOpen ? (
        <div className="mt-1 ps-5 text-ink">
          <ChangesList rows={rows} steps={plan.steps} removed={changes.removed} />
        </div>
      ) : null}
    </div>
  );
}
