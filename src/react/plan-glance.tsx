import type { PlanStep } from "countersign/agent";
import { cannotBeTakenBack } from "./risks.ts";
import { words } from "./words.ts";

type Risk = PlanStep["risk"];

/** From the strongest on. */
const order: readonly Risk[] = ["external", "destructive", "write", "read"];

const strong: Record<Risk, string> = {
  external: "bg-external-soft text-external",
  destructive: "bg-bad-soft text-bad",
  write: "bg-accent-soft text-accent",
  read: "bg-ok-soft text-ok",
};

/** The whole plan in numbers: how many steps, what they may do, what cannot be taken back. */
export function PlanGlance({ steps }: { steps: readonly Pick<PlanStep, "risk">[] }) {
  const counts = order.flatMap((risk) => {
    const count = steps.filter((step) => step.risk === risk).length;
    return count === 0 ? [] : [{ risk, count }];
  });
  const forGood = steps.filter(({ risk }) => cannotBeTakenBack(risk)).length;
  const readsOnly = counts.every(({ risk }) => risk === "read");
  return (
    <ul
      aria-label={words.glance.label}
      className="mt-1.5 flex flex-wrap items-center gap-x-2.5 gap-y-1 text-muted text-xs"
    >
      <li>{words.glance.steps(steps.length)}</li>
      {counts.map(({ risk, count }, index) => (
        <li
          key={risk}
          className={index === 0 ? `rounded-full px-2 py-0.5 font-semibold ${strong[risk]}` : undefined}
        >
          {words.glance[risk](count)}
        </li>
      ))}
      {steps.length === 0 ? null : (
        <li className={forGood > 0 ? "font-medium text-bad" : undefined}>
          {forGood > 0
            ? words.glance.noUndo(forGood)
            : readsOnly
              ? words.glance.readsOnly
              : words.glance.allTakenBack}
        </li>
      )}
    </ul>
  );
}
