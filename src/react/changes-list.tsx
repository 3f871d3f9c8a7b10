import type { Contract, DiffRow } from "./plan-diff.ts";
import { StepDiff } from "./step-diff.tsx";
import { WordDiff } from "./word-diff.tsx";
import { words } from "./words.ts";

export interface ChangesListProps {
  rows: readonly DiffRow<Contract>[];
  /** The plan's title, when it is another. */
  renamed?: { before: string; after: string } | null;
  /** As they are now, for their numbers. */
  steps: readonly Contract[];
  /** Steps that are gone, and of which nothing else is known. */
  removed?: readonly string[];
}

const signs = {
  added: ["+", "text-ok"],
  removed: ["−", "text-bad"],
  changed: ["~", "text-warn"],
  moved: ["↕", "text-accent"],
} as const;

/** What is different, and nothing else: one line for each step, with the values that are others now. */
export function ChangesList({ rows, renamed = null, steps, removed = [] }: ChangesListProps) {
  const numberOf = (id: string) => {
    const number = steps.findIndex((step) => step.id === id) + 1;
    const gone = rows.find((row) => row.step.id === id)?.step.title;
    return number > 0 ? words.step.named(number) : (gone ?? id);
  };
  return (
    <ul className="grid gap-1 text-sm">
      {renamed ? (
        <li dir="auto" className="break-words">
          {words.changes.planTitle} <WordDiff before={renamed.before} after={renamed.after} />
        </li>
      ) : null}
      {rows.map((row) => {
        const kind = kindOf(row);
        if (kind === null) return null;
        const [sign, look] = signs[kind];
        return (
          <li key={`${kind}.${row.step.id}`} className="flex gap-2">
            <span aria-hidden className={`w-4 shrink-0 text-center font-mono font-semibold ${look}`}>
              {sign}
            </span>
            <div className="min-w-0 flex-1 break-words">
              <span dir="auto" className={kind === "removed" ? "text-muted line-through" : ""}>
                {`${row.number}. ${row.step.title}`}
              </span>{" "}
              <span className="text-muted text-xs">{wordFor(row, kind)}</span>
              {row.type === "step" && kind === "added" ? (
                <StepDiff before={bare(row.step)} after={row.step} numberOf={numberOf} isCompact />
              ) : null}
              {row.type === "step" && row.before !== null ? (
                <StepDiff before={row.before} after={row.step} numberOf={numberOf} isCompact />
              ) : null}
            </div>
          </li>
        );
      })}
      {removed.map((id) => (
        <li key={id} className="flex gap-2">
          <span aria-hidden className="w-4 shrink-0 text-center font-mono font-semibold text-bad">
            {signs.removed[0]}
          </span>
          <span>
            <code className="font-mono text-xs">{id}</code>{" "}
            <span className="text-muted text-xs">{words.changes.leftOut}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}

function kindOf(row: DiffRow<Contract>): keyof typeof signs | null {
  if (row.type === "removed") return "removed";
  if (row.isAdded) return "added";
  if (row.before !== null) return "changed";
  return row.moved === null ? null : "moved";
}

function wordFor(row: DiffRow<Contract>, kind: keyof typeof signs): string {
  const moved = row.type === "step" && row.moved ? words.changes.isMoved(row.moved.from) : "";
  if (kind === "moved") return moved;
  if (kind === "removed") return words.changes.leftOut;
  if (kind === "added") return words.changes.isAdded;
  return [words.changes.isChanged, moved].filter((word) => word !== "").join(", ");
}

/** The step as one of which nothing is said yet: all of its arguments are new. */
function bare(step: Contract): Contract {
  return { ...step, args: {}, late: {} };
}
