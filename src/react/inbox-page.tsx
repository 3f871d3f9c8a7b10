import { Inbox as InboxIcon } from "lucide-react";
import { type ReactNode, useMemo, useRef, useState } from "react";
import { Area } from "./area.tsx";
import { type Approvable, BulkApproval } from "./bulk-approval.tsx";
import { Button } from "./button.tsx";
import { InboxFilters } from "./inbox-filters.tsx";
import { InboxList } from "./inbox-list.tsx";
import { type Filters, filtered, type InboxOrder, noFilters, ordered } from "./inbox-order.ts";
import { InboxRow } from "./inbox-row.tsx";
import { KeyHint } from "./key-hint.tsx";
import { lowRiskPlan } from "./low-risk.ts";
import type { InboxEntries, InboxEntry } from "./use-inbox.ts";
import { useMine } from "./use-mine.ts";
import { useNow } from "./use-now.ts";
import { useRowFocus } from "./use-row-focus.ts";
import { useSingleKeys } from "./use-single-keys.ts";
import { words } from "./words.ts";

export interface InboxPageProps {
  /** What `useInbox` returned. */
  inbox: InboxEntries;
  /** Buttons of one's own, beside the count. */
  actions?: ReactNode;
  /** A question is opened; where `linkTo` is given, its link leads there instead. */
  onOpen?: ((entry: InboxEntry) => void) | undefined;
}

export function InboxPage(props: InboxPageProps) {
  return (
    <Area>
      <Page {...props} />
    </Area>
  );
}

const noEntries: readonly InboxEntry[] = [];

/** Ms before the end of a question from which on every second counts. */
const soonMs = 3_600_000;

/** The open questions of all threads: to be found, opened, and, where little can go wrong, approved in one go. */
function Page({ inbox, actions, onOpen }: InboxPageProps) {
  const entries = inbox.entries ?? noEntries;
  const [filters, setFilters] = useState<Filters>(noFilters);
  const [order, setOrder] = useState<InboxOrder>("newest");
  const [current, setCurrent] = useState<string | null>(null);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [approving, setApproving] = useState<readonly Approvable[] | null>(null);
  const search = useRef<HTMLInputElement>(null);
  const page = useRef<HTMLDivElement>(null);
  const focusRow = useRowFocus(page);
  const now = useNow(true, endsSoon(entries) ? 1_000 : 30_000);
  const mine = useMine(filters.isForMe, entries);

  const shown = useMemo(
    () => ordered(filtered(entries, filters, mine), order),
    [entries, filters, mine, order],
  );
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
  const at = shown.findIndex(({ question }) => question.interruptId === current);

  const go = (step: number) => {
    const next = shown[Math.min(Math.max(at + step, 0), shown.length - 1)];
    if (next === undefined) return;
    setCurrent(next.question.interruptId);
    focusRow(next.question.interruptId);
  };
  const toggle = (interruptId: string | null) => {
    if (interruptId === null || !canSelect.has(interruptId)) return;
    const next = new Set(selected);
    if (!next.delete(interruptId)) next.add(interruptId);
    setSelected(next);
  };
  const selectionOf = (interruptId: string) => {
    if (canSelect.size === 0) return undefined;
    return canSelect.has(interruptId) ? selected.has(interruptId) : null;
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
    <div ref={page} className="mx-auto flex w-full max-w-4xl flex-col gap-3 rounded-xl bg-bg px-4 py-5">
      <header className="flex flex-wrap items-center gap-2">
        <p className="me-auto text-muted text-sm" role="status">
          {inbox.entries === null ? words.inbox.looking : words.inbox.count(shown.length, entries.length)}
        </p>
        {actions}
        {plans.length > 0 ? (
          <Button
            onClick={() => setSelected(chosen.length === plans.length ? new Set() : new Set(canSelect))}
          >
            {chosen.length === plans.length
              ? words.inbox.selectNone
              : words.inbox.selectLowRisk(plans.length)}
          </Button>
        ) : null}
        {plans.length > 0 ? (
          <Button kind="primary" disabled={chosen.length === 0} aria-keyshortcuts="a" onClick={review}>
            {words.inbox.approve(chosen.length)}
            <KeyHint letter="a" />
          </Button>
        ) : null}
      </header>
      {entries.length > 0 ? (
        <InboxFilters
          entries={entries}
          filters={filters}
          order={order}
          search={search}
          onChange={setFilters}
          onOrder={setOrder}
        />
      ) : null}
      {inbox.error ? <Failed error={inbox.error} onAgain={() => void inbox.refresh()} /> : null}
      <InboxList entries={shown} current={at}>
        {(entry) => {
          const { interruptId } = entry.question;
          return (
            <InboxRow
              key={`${entry.threadId}/${interruptId}`}
              entry={entry}
              now={now}
              isCurrent={interruptId === current}
              isSelected={selectionOf(interruptId)}
              onSelect={() => toggle(interruptId)}
              onFocus={() => setCurrent(interruptId)}
              onOpen={onOpen && (() => onOpen(entry))}
            />
          );
        }}
      </InboxList>
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

function endsSoon(entries: readonly InboxEntry[]): boolean {
  const soon = Date.now() + soonMs;
  return entries.some(({ question }) => Date.parse(question.details?.expiresAt ?? "") < soon);
}

function Failed({ error, onAgain }: { error: string; onAgain: () => void }) {
  return (
    <div role="alert" className="rounded-lg border border-line bg-bad-soft p-3 text-sm">
      <p className="break-words text-bad">{words.inbox.failed(error)}</p>
      <Button className="mt-2" onClick={onAgain}>
        {words.inbox.tryAgain}
      </Button>
    </div>
  );
}

function Nothing({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  return (
    <div className="flex flex-col items-center gap-2 py-16 text-center text-muted">
      <InboxIcon className="size-8" aria-hidden />
      <p>{isFiltered ? words.inbox.noneFits : words.inbox.nothingWaits}</p>
      {isFiltered ? <Button onClick={onClear}>{words.inbox.showAll}</Button> : null}
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
          <KeyHint letter={letter} /> {words.inbox.keys[word]}
        </span>
      ))}
    </p>
  );
}
