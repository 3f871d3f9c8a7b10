import { Button, describeError, formatDuration } from "countersign/react";
import { useMemo, useState } from "react";
import { pathOf } from "../lib/branches.ts";
import type { HistoryState } from "../lib/history.ts";
import { wordsLater as words } from "../words-later.ts";
import { CheckpointDetails } from "./checkpoint-details.tsx";
import { idOf, stepOf, titleOf } from "./checkpoint-words.ts";

interface HistoryViewProps {
  threadId: string;
  states: readonly HistoryState[];
  hasMore: boolean;
  onMore: () => Promise<void>;
  /** Goes on from a checkpoint. Undefined while something runs or waits. */
  onFork: ((checkpointId: string) => Promise<void>) | undefined;
}

/** Every checkpoint of the thread, newest first: what changed in it, its state, and going on from there. */
export function HistoryView({ threadId, states, hasMore, onMore, onFork }: HistoryViewProps) {
  const [openId, setOpenId] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const report = (problem: unknown) => setError(describeError(problem));
  const path = useMemo(() => shownPath(states), [states]);
  if (states.length === 0) return <p className="p-4 text-muted text-sm">{words.history.none}</p>;
  return (
    <div className="p-3">
      {error ? (
        <p role="alert" className="mb-2 text-bad text-sm">
          {error}
        </p>
      ) : null}
      <ol className="grid grid-cols-[minmax(0,1fr)] gap-1" aria-label={words.history.list}>
        {states.map((state) => {
          const id = idOf(state);
          return (
            <li key={id} className="rounded-lg border border-line" data-checkpoint={id}>
              <Row
                state={state}
                isOpen={openId === id}
                isElsewhere={!path.has(id)}
                took={tookOf(state, states)}
                onToggle={() => setOpenId(openId === id ? null : id)}
              />
              {openId === id ? (
                <CheckpointDetails
                  threadId={threadId}
                  state={state}
                  states={states}
                  onFork={onFork && (() => void onFork(id).catch(report))}
                />
              ) : null}
            </li>
          );
        })}
      </ol>
      {hasMore ? (
        <Button className="mt-3 w-full" onClick={() => void onMore().catch(report)}>
          {words.history.older}
        </Button>
      ) : null}
    </div>
  );
}

interface RowProps {
  state: HistoryState;
  isOpen: boolean;
  /** It belongs to another version of the thread. */
  isElsewhere: boolean;
  /** Ms since the checkpoint that it came of. */
  took: number | null;
  onToggle: () => void;
}

function Row({ state, isOpen, isElsewhere, took, onToggle }: RowProps) {
  return (
    <button
      type="button"
      aria-expanded={isOpen}
      className={`flex w-full items-baseline gap-2 rounded-lg px-3 py-2 text-start text-sm hover:bg-sunken ${isElsewhere ? "text-muted" : ""}`}
      onClick={onToggle}
    >
      <span className="w-7 shrink-0 text-muted text-xs tabular-nums">{stepOf(state)}</span>
      <span className="min-w-0 flex-1 truncate">{titleOf(state)}</span>
      {isElsewhere ? (
        <span className="shrink-0 rounded-full bg-sunken px-2 text-muted text-xs">
          {words.history.elsewhere}
        </span>
      ) : null}
      {took === null ? null : (
        <span className="shrink-0 text-muted text-xs tabular-nums">
          {words.history.after(formatDuration(took))}
        </span>
      )}
      {state.created_at ? (
        <time className="shrink-0 text-muted text-xs tabular-nums" dateTime={state.created_at}>
          {new Date(state.created_at).toLocaleTimeString()}
        </time>
      ) : null}
    </button>
  );
}

/** The checkpoints that the thread stands on: the newest, and those that it came of. */
function shownPath(states: readonly HistoryState[]): Set<string> {
  const parents = new Map(
    states.map((state) => [idOf(state), state.parent_checkpoint?.checkpoint_id ?? null]),
  );
  const newest = states[0];
  return new Set(newest === undefined ? [] : pathOf(idOf(newest), parents));
}

function tookOf(
  { created_at: at, parent_checkpoint: parent }: HistoryState,
  states: readonly HistoryState[],
) {
  const before = states.find((state) => idOf(state) === parent?.checkpoint_id)?.created_at;
  return at && before ? Math.max(0, Date.parse(at) - Date.parse(before)) : null;
}
