import type { QuestionKind } from "./questions.ts";
import type { InboxEntry } from "./use-inbox.ts";

export type InboxOrder = "newest" | "oldest" | "expiring";

export const inboxOrders: readonly InboxOrder[] = ["newest", "oldest", "expiring"];

export interface Filters {
  text: string;
  graph: string;
  /** A kind of question, or none. */
  kind: QuestionKind | "";
  /** An id or role, or none. */
  assignee: string;
  /** Only what is assigned to the person, as the server knows them. */
  isForMe: boolean;
}

export const noFilters: Filters = { text: "", graph: "", kind: "", assignee: "", isForMe: false };

/**
 * Those that fit all filters; the text is looked for in all that the question says.
 *
 * @param mine - Ids of the questions that the person may answer; null while that is not known.
 */
export function filtered(
  entries: readonly InboxEntry[],
  filters: Filters,
  mine: ReadonlySet<string> | null = null,
): InboxEntry[] {
  const text = filters.text.trim().toLowerCase();
  return entries.filter(({ graphId, threadTitle, question }) => {
    const assignees = question.details?.assignees ?? [];
    if (filters.isForMe && (assignees.length === 0 || !mine?.has(question.interruptId))) return false;
    if (filters.graph !== "" && graphId !== filters.graph) return false;
    if (filters.kind !== "" && question.kind !== filters.kind) return false;
    if (filters.assignee !== "" && !assignees.includes(filters.assignee)) return false;
    if (text === "") return true;
    return `${threadTitle} ${JSON.stringify(question.value)}`.toLowerCase().includes(text);
  });
}

/** In this order; what never expires comes after what does, and the older first where nothing else decides. */
export function ordered(entries: readonly InboxEntry[], order: InboxOrder): InboxEntry[] {
  const opened = ({ question }: InboxEntry) => Date.parse(question.details?.openedAt ?? "") || 0;
  const end = ({ question }: InboxEntry) => Date.parse(question.details?.expiresAt ?? "") || Number.MAX_VALUE;
  return [...entries].sort((one, other) => {
    if (order === "newest") return opened(other) - opened(one);
    return (order === "expiring" ? end(one) - end(other) : 0) || opened(one) - opened(other);
  });
}
