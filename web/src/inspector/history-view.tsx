import { GitBranch } from "lucide-react";
import { useState } from "react";
import { Button } from "../components/button.tsx";
import { ScrollBox } from "../components/scroll-box.tsx";
import { describeError } from "../lib/api.ts";
import { type Difference, diffValues } from "./diff-values.ts";
import type { HistoryState } from "./use-history.ts";

interface HistoryViewProps {
  states: readonly HistoryState[];
  hasMore: boolean;
  onMore: () => Promise<void>;
  /** Goes on from a checkpoint. Undefined while something runs or waits. */
  onFork: ((checkpointId: string) => Promise<void>) | undefined;
}

/** Every checkpoint of the thread, newest first: what changed in it, its state, and going on from there. */
export function HistoryView({ states, hasMore, onMore, onFork }: HistoryViewProps) {
  const [openId, setOpenId] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const report = (problem: unknown) => setError(describeError(problem));
  if (states.length === 0) return <p className="p-4 text-muted text-sm">Nothing has been recorded yet.</p>;
  return (
    <div className="p-3">
      {error ? (
        <p role="alert" className="mb-2 text-bad text-sm">
          {error}
        </p>
      ) : null}
      <ol className="grid grid-cols-[minmax(0,1fr)] gap-1" aria-label="Checkpoints, newest first">
        {states.map((state, index) => {
          const id = state.checkpoint.checkpoint_id ?? String(index);
          return (
            <li key={id} className="rounded-lg border border-line">
              <button
                type="button"
                aria-expanded={openId === id}
                className="flex w-full items-baseline gap-2 px-3 py-2 text-left text-sm hover:bg-sunken"
                onClick={() => setOpenId(openId === id ? null : id)}
              >
                <span className="w-7 shrink-0 text-muted text-xs tabular-nums">{stepOf(state)}</span>
                <span className="min-w-0 flex-1 truncate">{titleOf(state)}</span>
                {state.created_at ? (
                  <time className="shrink-0 text-muted text-xs tabular-nums" dateTime={state.created_at}>
                    {new Date(state.created_at).toLocaleTimeString()}
                  </time>
                ) : null}
              </button>
              {openId === id ? (
                <Details
                  state={state}
                  others={states.slice(index + 1)}
                  onFork={onFork && (() => void onFork(id).catch(report))}
                />
              ) : null}
            </li>
          );
        })}
      </ol>
      {hasMore ? (
        <Button className="mt-3 w-full" onClick={() => void onMore().catch(report)}>
          Show older ones
        </Button>
      ) : null}
    </div>
  );
}

interface DetailsProps {
  state: HistoryState;
  /** The ones before it, newest first. */
  others: readonly HistoryState[];
  onFork: (() => void) | undefined;
}

function Details({ state, others, onFork }: DetailsProps) {
  const [comparedTo, setComparedTo] = useState(0);
  const other = others[comparedTo];
  const differences = diffValues(other?.values ?? {}, state.values);
  return (
    <div className="border-line border-t px-3 py-2.5 text-sm">
      <div className="flex flex-wrap items-center gap-2">
        {others.length > 0 ? (
          <label className="flex items-center gap-1.5 text-muted text-xs">
            Compared with
            <select
              className="rounded-md border border-line bg-panel px-1.5 py-1 text-ink"
              value={comparedTo}
              onChange={(event) => setComparedTo(Number(event.target.value))}
            >
              {others.map((one, index) => (
                <option key={one.checkpoint.checkpoint_id} value={index}>
                  {stepOf(one)} · {titleOf(one)}
                </option>
              ))}
            </select>
          </label>
        ) : null}
        {onFork ? (
          <Button className="ml-auto" onClick={onFork}>
            <GitBranch className="size-4" aria-hidden /> Go on from here
          </Button>
        ) : null}
      </div>
      <ul className="mt-2 grid grid-cols-[minmax(0,1fr)] gap-1.5" aria-label="What changed">
        {differences.map((difference) => (
          <Change key={difference.path} {...difference} />
        ))}
        {differences.length === 0 ? <li className="text-muted text-xs">The state is the same.</li> : null}
      </ul>
      <details className="mt-2">
        <summary className="text-muted text-xs">The whole state</summary>
        <ScrollBox label="State as JSON" text={JSON.stringify(state.values, null, 2)} />
      </details>
    </div>
  );
}

const marks = { added: ["+", "text-ok"], removed: ["−", "text-bad"], changed: ["~", "text-warn"] } as const;

function Change({ path, kind, before, after }: Difference) {
  const [mark, look] = marks[kind];
  return (
    <li className="grid grid-cols-[1rem_minmax(0,1fr)] gap-x-1 font-mono text-xs">
      <span className={look} role="img" aria-label={kind}>
        {mark}
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
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function stepOf({ metadata }: HistoryState): string {
  const step = (metadata as { step?: number } | null)?.step;
  return step === undefined ? "" : String(step);
}

/** What comes next from there, as far as it is known; the end, when nothing does. */
function titleOf({ next, tasks, metadata }: HistoryState): string {
  const source = (metadata as { source?: string } | null)?.source;
  const asks = tasks.filter(({ interrupts }) => interrupts.length > 0).map(({ name }) => name);
  if (asks.length > 0) return `${asks.join(", ")} asks`;
  if (next.length > 0) return `before ${[...new Set(next)].join(", ")}`;
  return source === "input"
    ? "a new message"
    : source === "update" || source === "fork"
      ? "changed by hand"
      : "the end";
}
