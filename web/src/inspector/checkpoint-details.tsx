import { Button, OutputView } from "countersign/react";
import { GitBranch } from "lucide-react";
import { useState } from "react";
import type { HistoryState } from "../lib/history.ts";
import { wordsLater as words } from "../words-later.ts";
import { idOf, stepOf, titleOf } from "./checkpoint-words.ts";
import { type Difference, diffValues, maxDifferences } from "./diff-values.ts";
import { useValues } from "./use-values.ts";

interface CheckpointDetailsProps {
  threadId: string;
  state: HistoryState;
  /** All of the thread's, newest first. */
  states: readonly HistoryState[];
  onFork: (() => void) | undefined;
}

/** What a checkpoint holds, and what is different from any other one: the one it came of, at first. */
export function CheckpointDetails({ threadId, state, states, onFork }: CheckpointDetailsProps) {
  const parent = state.parent_checkpoint?.checkpoint_id ?? null;
  const [chosen, setChosen] = useState<string | null>(null);
  const otherId = chosen ?? parent;
  const here = useValues(threadId, idOf(state));
  const there = useValues(threadId, otherId);
  const error = here.error ?? there.error;
  // Always from what was before to what is after, whichever of the two is open.
  const isLater = otherId === null || otherId < idOf(state);
  return (
    <div className="border-line border-t px-3 py-2.5 text-sm">
      <div className="flex flex-wrap items-center gap-2">
        <label className="flex min-w-0 items-center gap-1.5 text-muted text-xs">
          {words.history.compare}
          <select
            className="min-w-0 rounded-md border border-line bg-panel px-1.5 py-1 text-ink"
            value={chosen ?? ""}
            onChange={(event) => setChosen(event.target.value || null)}
          >
            <option value="">{parent === null ? words.history.nothingBefore : words.history.before}</option>
            {states
              .filter((one) => idOf(one) !== idOf(state) && idOf(one) !== parent)
              .map((one) => (
                <option key={idOf(one)} value={idOf(one)}>
                  {words.history.numbered(stepOf(one), titleOf(one))}
                </option>
              ))}
          </select>
        </label>
        {onFork ? (
          <Button className="ms-auto" onClick={onFork}>
            <GitBranch className="size-4" aria-hidden /> {words.history.goOn}
          </Button>
        ) : null}
      </div>
      {error === null ? null : <p className="mt-2 text-bad">{error}</p>}
      {here.values === null || there.values === null ? (
        error === null ? (
          <p className="mt-2 text-muted text-xs">{words.history.loading}</p>
        ) : null
      ) : (
        <>
          <Differences
            before={isLater ? there.values : here.values}
            after={isLater ? here.values : there.values}
          />
          <WholeState values={here.values} />
        </>
      )}
    </div>
  );
}

function Differences({ before, after }: { before: unknown; after: unknown }) {
  const differences = diffValues(before, after);
  return (
    <ul className="mt-2 grid grid-cols-[minmax(0,1fr)] gap-1.5" aria-label={words.history.changes}>
      {differences.map((difference) => (
        <Change key={difference.path} {...difference} />
      ))}
      {differences.length === 0 ? <li className="text-muted text-xs">{words.history.same}</li> : null}
      {differences.length === maxDifferences ? (
        <li className="text-muted text-xs">{words.history.cut(maxDifferences)}</li>
      ) : null}
    </ul>
  );
}

function WholeState({ values }: { values: Record<string, unknown> }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="mt-2" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="cursor-pointer text-muted text-xs">{words.history.whole}</summary>
      {isOpen ? <OutputView text={JSON.stringify(values, null, 2)} label={words.history.wholeLabel} /> : null}
    </details>
  );
}

const looks = { added: "text-ok", removed: "text-bad", changed: "text-warn" } as const;

function Change({ path, kind, before, after }: Difference) {
  return (
    <li className="grid grid-cols-[1rem_minmax(0,1fr)] gap-x-1 font-mono text-xs">
      <span className={looks[kind]} role="img" aria-label={words.history.kinds[kind]}>
        {words.history.signs[kind]}
      </span>
      <span className="break-all">
        <span className="text-muted">{path}</span>
        {kind === "added" ? null : <del className="block text-bad">{brief(before)}</del>}
        {kind === "removed" ? null : <ins className="block text-ok no-underline">{brief(after)}</ins>}
      </span>
    </li>
  );
}

function brief(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? words.history.nothing);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
