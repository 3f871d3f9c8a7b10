import type { RefObject } from "react";
import { nameOf } from "./actors.ts";
import { type Filters, type InboxOrder, inboxOrders } from "./inbox-order.ts";
import type { QuestionKind } from "./questions.ts";
import type { InboxEntry } from "./use-inbox.ts";
import { words } from "./words.ts";

interface InboxFiltersProps {
  entries: readonly InboxEntry[];
  filters: Filters;
  order: InboxOrder;
  search: RefObject<HTMLInputElement | null>;
  onChange: (filters: Filters) => void;
  onOrder: (order: InboxOrder) => void;
}

/** Which of the questions are shown, and in which order. What offers no choice is left out. */
export function InboxFilters({ entries, filters, order, search, onChange, onOrder }: InboxFiltersProps) {
  const graphs = distinct(entries.map(({ graphId }) => graphId));
  const kinds = distinct(entries.map(({ question }) => question.kind)) as QuestionKind[];
  const assignees = distinct(entries.flatMap(({ question }) => question.details?.assignees ?? []));
  return (
    <search className="flex flex-wrap gap-2">
      <input
        ref={search}
        type="search"
        aria-label={words.inbox.search}
        placeholder={words.inbox.searchHint}
        dir="auto"
        className="min-w-32 flex-1 rounded-lg border border-strong bg-bg px-2.5 py-1.5 text-sm"
        value={filters.text}
        onChange={(event) => onChange({ ...filters, text: event.target.value })}
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
      />
      {kinds.length > 1 || filters.kind !== "" ? (
        <Choice
          label={words.inbox.kind}
          all={words.inbox.everyKind}
          value={filters.kind}
          options={kinds.map((kind) => [kind, words.inbox.kinds[kind]])}
          onChange={(kind) => onChange({ ...filters, kind: kind as Filters["kind"] })}
        />
      ) : null}
      {graphs.length > 1 || filters.graph !== "" ? (
        <Choice
          label={words.inbox.graph}
          all={words.inbox.everyGraph}
          value={filters.graph}
          options={graphs.map((graph) => [graph, graph])}
          onChange={(graph) => onChange({ ...filters, graph })}
        />
      ) : null}
      {assignees.length > 0 || filters.assignee !== "" || filters.isForMe ? (
        <Choice
          label={words.inbox.assignee}
          all={words.inbox.forAnybody}
          value={filters.isForMe ? forMe : filters.assignee && `=${filters.assignee}`}
          options={[
            [forMe, words.inbox.forMe],
            ...assignees.map((one): [string, string] => [`=${one}`, words.inbox.forOne(nameOf(one))]),
          ]}
          onChange={(one) =>
            onChange({ ...filters, isForMe: one === forMe, assignee: one === forMe ? "" : one.slice(1) })
          }
        />
      ) : null}
      <Choice
        label={words.inbox.order}
        value={order}
        options={inboxOrders.map((one) => [one, words.inbox.orders[one]])}
        onChange={(one) => onOrder(one as InboxOrder)}
      />
    </search>
  );
}

/** Not the name of anybody: those begin with `=`. */
const forMe = "me";

interface ChoiceProps {
  label: string;
  /** What none of the options is called. */
  all?: string;
  value: string;
  options: [value: string, label: string][];
  onChange: (value: string) => void;
}

function Choice({ label, all, value, options, onChange }: ChoiceProps) {
  return (
    <select
      aria-label={label}
      className="max-w-full rounded-lg border border-strong bg-bg px-2 py-1.5 text-sm"
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      {all === undefined ? null : <option value="">{all}</option>}
      {options.map(([one, name]) => (
        <option key={one} value={one}>
          {name}
        </option>
      ))}
    </select>
  );
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}
