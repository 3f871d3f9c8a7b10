import type { RefObject } from "react";
import type { QuestionKind } from "../conversation/questions.ts";
import type { InboxEntry } from "./use-inbox.ts";

export interface Filters {
  text: string;
  graph: string;
  kind: string;
  assignee: string;
}

export const noFilters: Filters = { text: "", graph: "", kind: "", assignee: "" };

export const kindNames: Record<QuestionKind, string> = {
  plan: "Plan",
  doubt: "In doubt",
  step_failed: "Failed step",
  step_review: "Step",
  deviation: "Deviation",
  clarification: "Question",
  tools: "Tool call",
  form: "Form",
  other: "Other",
};

/** Those that fit all filters; the text is looked for in all that the question says. */
export function filtered(entries: readonly InboxEntry[], filters: Filters): InboxEntry[] {
  const text = filters.text.trim().toLowerCase();
  return entries.filter(({ graphId, threadTitle, question }) => {
    const assignees = question.details?.assignees ?? [];
    if (filters.graph !== "" && graphId !== filters.graph) return false;
    if (filters.kind !== "" && question.kind !== filters.kind) return false;
    if (filters.assignee !== "" && !assignees.includes(filters.assignee)) return false;
    if (text === "") return true;
    return `${threadTitle} ${JSON.stringify(question.value)}`.toLowerCase().includes(text);
  });
}

interface InboxFiltersProps {
  entries: readonly InboxEntry[];
  filters: Filters;
  search: RefObject<HTMLInputElement | null>;
  onChange: (filters: Filters) => void;
}

export function InboxFilters({ entries, filters, search, onChange }: InboxFiltersProps) {
  const graphs = distinct(entries.map(({ graphId }) => graphId));
  const kinds = distinct(entries.map(({ question }) => question.kind)) as QuestionKind[];
  const assignees = distinct(entries.flatMap(({ question }) => question.details?.assignees ?? []));
  return (
    <search className="flex flex-wrap gap-2">
      <input
        ref={search}
        type="search"
        aria-label="Search the questions"
        placeholder="Search"
        className="min-w-32 flex-1 rounded-lg border border-strong bg-bg px-2.5 py-1.5 text-sm"
        value={filters.text}
        onChange={(event) => onChange({ ...filters, text: event.target.value })}
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
      />
      <Choice
        label="Kind"
        all="Every kind"
        value={filters.kind}
        options={kinds.map((kind) => [kind, kindNames[kind]])}
        onChange={(kind) => onChange({ ...filters, kind })}
      />
      <Choice
        label="Graph"
        all="Every graph"
        value={filters.graph}
        options={graphs.map((graph) => [graph, graph])}
        onChange={(graph) => onChange({ ...filters, graph })}
      />
      <Choice
        label="Assignee"
        all="For anybody"
        value={filters.assignee}
        options={assignees.map((one) => [one, `For ${one}`])}
        onChange={(assignee) => onChange({ ...filters, assignee })}
      />
    </search>
  );
}

interface ChoiceProps {
  label: string;
  all: string;
  value: string;
  options: [value: string, label: string][];
  onChange: (value: string) => void;
}

/** Shown where there is something to choose from. */
function Choice({ label, all, value, options, onChange }: ChoiceProps) {
  if (options.length < 2 && value === "" && label !== "Assignee") return null;
  if (options.length === 0 && value === "") return null;
  return (
    <select
      aria-label={label}
      className="rounded-lg border border-strong bg-bg px-2 py-1.5 text-sm"
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="">{all}</option>
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
