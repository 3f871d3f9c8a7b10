import type { PlanStep } from "countersign/agent";

const risks: Record<PlanStep["risk"], { label: string; hint: string; look: string }> = {
  read: { label: "reads", hint: "Only looks; changes nothing", look: "bg-ok-soft text-ok" },
  write: { label: "writes", hint: "Adds something; takes nothing away", look: "bg-accent-soft text-accent" },
  destructive: {
    label: "destructive",
    hint: "May replace or remove something",
    look: "bg-bad-soft text-bad",
  },
  external: {
    label: "leaves this machine",
    hint: "Reaches out to the world",
    look: "bg-external-soft text-external",
  },
};

/** What the step may do to the world. */
export function RiskBadge({ risk }: { risk: PlanStep["risk"] }) {
  const { label, hint, look } = risks[risk];
  return (
    <span
      title={hint}
      className={`shrink-0 whitespace-nowrap rounded-full px-2 py-0.5 font-medium text-xs ${look}`}
    >
      {label}
    </span>
  );
}
