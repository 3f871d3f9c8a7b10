import { Arguments } from "./arguments.tsx";
import { type Contract, type Difference, differencesOf } from "./plan-diff.ts";
import { Added, Removed, WordDiff } from "./word-diff.tsx";
import { words } from "./words.ts";

export interface StepDiffProps {
  before: Contract;
  after: Contract;
  /** By what number the person knows a step. */
  numberOf: (id: string) => string;
  /** Only what differs. */
  isCompact?: boolean;
}

/** A step's arguments with what has changed, each in its place. */
export function StepDiff({ before, after, numberOf, isCompact = false }: StepDiffProps) {
  const differences = differencesOf(before, after);
  const changed = (kind: Difference["kind"]) =>
    new Set(differences.filter((one) => one.kind === kind).map(({ name }) => name));
  const [args, late] = [changed("arg"), changed("late")];
  const same = Object.fromEntries(Object.entries(after.args).filter(([name]) => !args.has(name)));
  const rules = Object.fromEntries(Object.entries(after.late ?? {}).filter(([name]) => !late.has(name)));
  return (
    <>
      <ul className="mt-1 grid gap-1 text-sm">
        {differences.map((one) => (
          <li key={`${one.kind}.${one.name}`} className="min-w-0">
            <DifferenceLine difference={one} numberOf={numberOf} />
          </li>
        ))}
      </ul>
      {isCompact ? null : <Arguments args={same} late={rules} />}
    </>
  );
}

interface DifferenceLineProps {
  difference: Difference;
  numberOf: (id: string) => string;
}

function DifferenceLine({ difference, numberOf }: DifferenceLineProps) {
  const { kind, name } = difference;
  const [before, after] = [difference.before, difference.after].map((text) =>
    text !== null && kind === "after" ? inNumbers(text, numberOf) : text,
  ) as [string | null, string | null];
  const label = { tool: words.changes.tool, title: words.changes.title, after: words.changes.after };
  const isBlock = `${before}${after}`.length > 80 || /\n/.test(`${before}${after}`);
  return (
    <div className={isBlock ? "" : "flex flex-wrap items-baseline gap-x-2"}>
      <span className="font-mono text-muted text-xs">
        {kind === "arg" ? name : kind === "late" ? words.changes.late(name) : label[kind]}
      </span>
      <div
        dir="auto"
        className={`whitespace-pre-wrap break-words rounded bg-sunken px-1.5 py-0.5 font-mono text-xs ${isBlock ? "mt-0.5 px-2.5 py-1.5" : ""}`}
      >
        {before === null ? (
          <Added text={after || words.changes.empty} />
        ) : after === null ? (
          <Removed text={before || words.changes.empty} />
        ) : (
          <WordDiff before={before} after={after} />
        )}
      </div>
    </div>
  );
}

function inNumbers(ids: string, numberOf: (id: string) => string): string {
  return ids === "" ? "" : ids.split(", ").map(numberOf).join(", ");
}
