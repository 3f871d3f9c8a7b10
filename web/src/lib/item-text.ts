import type { TimelineItem } from "countersign/react";

/** What an item says, as far as it is looked through. */
export function textOfItem(item: TimelineItem): string {
  if (item.type === "person" || item.type === "agent" || item.type === "note") return item.text;
  if (item.type === "clarification")
    return `${item.record.question.question}\n${answerOf(item.record.answer)}`;
  if (item.type !== "plan" || item.record === null) return "";
  const { title, summary, steps } = item.record.plan;
  return [title, summary, ...steps.flatMap((step) => [step.title, step.why])].join("\n");
}

function answerOf(answer: Extract<TimelineItem, { type: "clarification" }>["record"]["answer"]): string {
  if (answer.type === "cancel") return answer.reason ?? "";
  return [[answer.choice ?? []].flat().join(", "), answer.text ?? ""].join("\n");
}

/** Which of the items say this, in whatever case, by id. */
export function findItems(items: readonly TimelineItem[], wanted: string): string[] {
  const needle = wanted.trim().toLowerCase();
  if (needle === "") return [];
  return items.filter((item) => textOfItem(item).toLowerCase().includes(needle)).map(({ id }) => id);
}
