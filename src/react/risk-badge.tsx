import type { PlanStep } from "countersign/agent";
import { words } from "./words.ts";

const looks: Record<PlanStep["risk"], string> = {
  read: "bg-ok-soft text-ok",
  write: "bg-accent-soft text-accent",
  destructive: "bg-bad-soft text-bad",
  external: "bg-external-soft text-external",
};

/** What the step may do to the world. */
export function RiskBadge({ risk }: { risk: PlanStep["risk"] }) {
  const { label, hint } = words.risk[risk];
  return (
    <span
      title={hint}
      className={`shrink-0 whitespace-nowrap rounded-full px-2 py-px border border-transparent font-medium text-xs contrast-more:border-current ${looks[risk]}`}
    >
      {label}
    </span>
  );
}
