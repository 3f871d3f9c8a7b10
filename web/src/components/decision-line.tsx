import type { Decision } from "countersign/agent";
import { Lock } from "lucide-react";

const verbs: Record<Decision["type"], string> = {
  approve: "Approved",
  edit: "Approved with edits",
  reject: "Sent back",
  cancel: "Stopped",
  replan: "Planned anew from a failed step",
};

/** What was decided, by whom and when: the record on a locked card. */
export function DecisionLine({ decision }: { decision: Decision }) {
  const { type, by, at, feedback, reason, digest, comments } = decision;
  const words = feedback || reason;
  return (
    <footer className="mt-3 border-line border-t pt-3 text-muted text-sm" data-testid="decision">
      <p className="flex flex-wrap items-center gap-x-1.5">
        <Lock className="size-3.5" aria-hidden />
        <span className="font-medium text-ink">{verbs[type]}</span>
        {by ? <span>by {nameOf(by.id)}</span> : null}
        {by && !by.verified ? <span>(name not verified)</span> : null}
        {at ? <time dateTime={at}>{new Date(at).toLocaleString()}</time> : null}
        <code className="ml-auto font-mono text-xs" title={`SHA-256 of the plan: ${digest}`}>
          {digest.slice(0, 8)}
        </code>
      </p>
      {words ? <p className="mt-1 whitespace-pre-wrap break-words">“{words}”</p> : null}
      {Object.entries(comments ?? {}).map(([step, comment]) => (
        <p key={step} className="mt-1 break-words">
          On {step}: “{comment}”
        </p>
      ))}
    </footer>
  );
}

function nameOf(id: string): string {
  return id.replace(/^local:/, "");
}
