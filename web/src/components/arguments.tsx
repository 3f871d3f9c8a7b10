import type { PlanStep } from "countersign/agent";
import { ScrollBox } from "./scroll-box.tsx";

interface ArgumentsProps {
  step: PlanStep;
  /** Late arguments as they were filled. */
  filled?: Record<string, unknown> | undefined;
}

/** The arguments of a step, as they will be (or were) handed to the tool. */
export function Arguments({ step, filled }: ArgumentsProps) {
  const pinned = Object.entries(step.args);
  const late = Object.entries(step.late ?? {});
  if (pinned.length === 0 && late.length === 0) return null;
  return (
    <dl className="mt-1.5 grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-1 text-sm">
      {pinned.map(([name, value]) => (
        <Row key={name} name={name} value={value} />
      ))}
      {late.map(([name, rule]) => (
        <LateRow key={name} name={name} rule={rule} value={filled?.[name]} />
      ))}
    </dl>
  );
}

function Row({ name, value }: { name: string; value: unknown }) {
  return (
    <>
      <dt className="font-mono text-muted text-xs leading-6">{name}</dt>
      <dd className="min-w-0">
        <Value value={value} />
      </dd>
    </>
  );
}

function LateRow({ name, rule, value }: { name: string; rule: string; value: unknown }) {
  return (
    <>
      <dt className="font-mono text-muted text-xs leading-6">{name}</dt>
      <dd className="min-w-0">
        <span className="text-muted italic">decided while it runs: {rule}</span>
        {value === undefined ? null : <Value value={value} />}
      </dd>
    </>
  );
}

function Value({ value }: { value: unknown }) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const isLong = text.length > 120 || text.includes("\n");
  if (!isLong) {
    return (
      <code className="break-words rounded bg-sunken px-1.5 py-0.5 font-mono text-xs">
        {text === "" ? "(empty)" : text}
      </code>
    );
  }
  return <ScrollBox label="Value of the argument" text={text} />;
}
