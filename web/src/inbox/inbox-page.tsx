import { Bell, BellOff, Inbox as InboxIcon } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { Button } from "../components/button.tsx";
import { KeyHint } from "../components/key-hint.tsx";
import { useNow } from "../hooks/use-now.ts";
import { useSingleKeys } from "../hooks/use-single-keys.ts";
import { type Approvable, BulkApproval } from "./bulk-approval.tsx";
import { type Filters, filtered, InboxFilters, noFilters } from "./inbox-filters.tsx";
import { InboxRow } from "./inbox-row.tsx";
import { lowRiskPlan } from "./low-risk.ts";
import type { Inbox, InboxEntry } from "./use-inbox.ts";
import type { Notifications } from "./use-notifications.ts";

export interface InboxPageProps {
  inbox: Inbox;
  notifications: Notifications;
}

const noEntries: readonly InboxEntry[] = [];

/** The open questions of all threads: to be found, opened, and, where little can go wrong, approved in one go. */
export function InboxPage({ inbox, notifications }: InboxPageProps) {
  const entries = inbox.entries ?? noEntries;
  const [filters, setFilters] = useState<Filters>(noFilters);
  const [current, setCurrent] = useState<string | null>(null);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [approving, setApproving] = useState<readonly Approvable[] | null>(null);
  const search = useRef<HTMLInputElement>(null);
  const now = useNow(true, 30_000);

  const shown = useMemo(() => filtered(entries, filters), [entries, filters]);
  const plans = useMemo(
    () =>
      shown.flatMap((entry): Approvable[] => {
        const plan = lowRiskPlan(entry.question);
        return plan === null ? [] : [{ entry, plan }];
      }),
    [shown],
  );
  const chosen = plans.filter(({ entry }) => selected.has(entry.question.interruptId));
  const canSelect = new Set(plans.map(({ entry }) => entry.question.interruptId));

  const go = (step: number) => {
    const at = shown.findIndex(({ question }) => question.interruptId === current);
    const next = shown[Math.min(Math.max(at + step, 0), shown.length - 1)];
    if (next === undefined) return;
    const row = document.querySelector<HTMLElement>(`[data-row="${CSS.escape(next.question.interruptId)}"]`);
    row?.focus();
    row?.scrollIntoView({ block: "nearest" });
  };
  const toggle = (interruptId: string | null) => {
    if (interruptId === null || !canSelect.has(interruptId)) return;
    const next = new Set(selected);
    if (!next.delete(interruptId)) next.add(interruptId);
    setSelected(next);
  };
  const review = () => chosen.length > 0 && setApproving(chosen);
  useSingleKeys(true, {
    j: () => go(1),
    k: () => go(-1),
    x: () => toggle(current),
    a: review,
    "/": () => search.current?.focus(),
  });

  return (
    <div className="mx-auto flex w-full max-w-4xl flex-col gap-3 px-4 py-5">
      <header className="flex flex-wrap items-center gap-2">
        <p className="mr-auto text-muted text-sm" role="status">
          {inbox.entries === null ? "Looking …" : countInWords(shown.length, entries.length)}
        </p>
        <NotifyButton notifications={notifications} />
        {plans.length > 0 ? (
          <Button
            onClick={() => setSelected(chosen.length === plans.length ? new Set() : new Set(canSelect))}
          >
            {chosen.length === plans.length ? "Select none" : `Select ${plans.length} of low risk`}
          </Button>
        ) : null}
        {plans.length > 0 ? (
          <Button kind="primary" disabled={chosen.length === 0} aria-keyshortcuts="a" onClick={review}>
            Approve {chosen.length} …
            <KeyHint letter="a" />
          </Button>
        ) : null}
      </header>
      {entries.length > 0 ? (
        <InboxFilters entries={entries} filters={filters} search={search} onChange={setFilters} />
      ) : null}
      {inbox.error ? (
        <div role="alert" className="rounded-lg border border-line bg-bad-soft p-3 text-sm">
          <p className="break-words text-bad">The questions could not be looked up. {inbox.error}</p>
          <Button className="mt-2" onClick={() => void inbox.refresh()}>
            Try again
          </Button>
        </div>
      ) : null}
      <ul aria-label="Open questions">
        {shown.map((entry) => {
          const { interruptId } = entry.question;
          return (
            <InboxRow
              key={`${entry.threadId}/${interruptId}`}
              entry={entry}
              now={now}
              isCurrent={interruptId === current}
              isSelected={canSelect.has(interruptId) ? selected.has(interruptId) : undefined}
              onSelect={() => toggle(interruptId)}
              onFocus={() => setCurrent(interruptId)}
            />
          );
        })}
      </ul>
      {inbox.entries !== null && shown.length === 0 ? (
        <Nothing isFiltered={entries.length > 0} onClear={() => setFilters(noFilters)} />
      ) : (
        <Legend />
      )}
      {approving === null ? null : (
        <BulkApproval
          plans={approving}
          onClose={() => {
            setApproving(null);
            setSelected(new Set());
            void inbox.refresh();
          }}
        />
      )}
    </div>
  );
}

function countInWords(shown: number, all: number): string {
  if (shown < all) return `${shown} of ${all} questions`;
  return all === 1 ? "1 question waits" : `${all} questions wait`;
}

function NotifyButton({ notifications }: { notifications: Notifications }) {
  const { state, toggle } = notifications;
  if (state === "unsupported") return null;
  const Icon = state === "on" ? Bell : BellOff;
  return (
    <Button
      kind="quiet"
      aria-pressed={state === "on"}
      disabled={state === "refused"}
      title={
        state === "refused"
          ? "The browser has been told not to show notifications: change it there"
          : "Notifications of new questions while this page is hidden"
      }
      onClick={() => void toggle()}
    >
      <Icon className="size-4" aria-hidden /> Notify me
    </Button>
  );
}

function Nothing({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  return (
    <div className="flex flex-col items-center gap-2 py-16 text-center text-muted">
      <InboxIcon className="size-8" aria-hidden />
      <p>{isFiltered ? "No question fits the search." : "Nothing waits for you."}</p>
      {isFiltered ? <Button onClick={onClear}>Show all</Button> : null}
    </div>
  );
}

const legend = [
  ["j", "next"],
  ["k", "back"],
  ["↵", "open"],
  ["x", "select"],
  ["/", "search"],
] as const;

function Legend() {
  return (
    <p className="flex flex-wrap gap-x-4 gap-y-1 text-muted text-xs in-data-[keys=off]:hidden" aria-hidden>
      {legend.map(([letter, word]) => (
        <span key={letter} className="hidden items-center gap-1.5 [@media(hover:hover)]:inline-flex">
          <KeyHint letter={letter} /> {word}
        </span>
      ))}
    </p>
  );
}
