import { Check, CircleDashed, CircleHelp, LoaderCircle, Minus, X } from "lucide-react";
import type { ShownStep } from "./steps.ts";
import { words } from "./words.ts";

type Status = ShownStep["status"];

const looks: Record<Status, { icon: typeof Check; look: string }> = {
  running: { icon: LoaderCircle, look: "bg-accent-soft text-accent" },
  done: { icon: Check, look: "bg-ok-soft text-ok" },
  failed: { icon: X, look: "bg-bad-soft text-bad" },
  skipped: { icon: Minus, look: "bg-sunken text-muted" },
  asking: { icon: CircleHelp, look: "bg-warn-soft text-warn" },
  in_doubt: { icon: CircleHelp, look: "bg-warn-soft text-warn" },
  waiting: { icon: CircleDashed, look: "text-muted" },
};

const shape = "mt-0.5 flex size-6 shrink-0 items-center justify-center rounded-full text-xs font-semibold";

/** How a step stands; its number, before anything runs. */
export function StepMark({ number, status }: { number: number; status: Status | undefined }) {
  if (status === undefined) return <span className={`${shape} bg-sunken text-muted`}>{number}</span>;
  const { icon: Icon, look } = looks[status];
  return (
    <span className={`${shape} ${look}`} role="img" aria-label={words.stepRow[status](number)}>
      <Icon className={`size-4 ${status === "running" ? "animate-spin" : ""}`} aria-hidden />
    </span>
  );
}
