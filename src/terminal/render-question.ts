import { stringify } from "yaml";
import { isRecord } from "../protocol/json.ts";
import type { OpenQuestion } from "./conversation.ts";
import { wrap } from "./layout.ts";
import { kindOf, subjectOf } from "./questions.ts";
import type { Canvas } from "./render.ts";
import { toVisible } from "./safe-text.ts";

const headings: Readonly<Record<string, string>> = {
  effect_in_doubt: "May have run",
  step_failed: "A step failed",
  step_review: "Asked once more before it is called",
  deviation_review: "Something else than approved",
  clarification: "A question",
};

/** What is said by the heading, the answers or the plan's own card, and by nothing that a person looks for. */
const unsaid = new Set(["type", "allowed", "key", "choices", "plan", "step", "dependents"]);

/** A question as a card: its subject, and all else that is in it. A plan has a card of its own already. */
export function renderQuestion({ value }: OpenQuestion, { width, style }: Canvas): string[] {
  const kind = kindOf(value);
  if (kind === "plan_review") return [];
  const heading = (Object.hasOwn(headings, kind) ? headings[kind] : undefined) ?? "The agent asks";
  const inner = width - 2;
  const subject = toVisible(subjectOf(value));
  const rest = isRecord(value)
    ? Object.fromEntries(
        Object.entries(value).filter(
          ([name, one]) => !unsaid.has(name) && toVisible(String(one)) !== subject,
        ),
      )
    : typeof value === "string"
      ? {}
      : { value };
  // YAML reads well, keeps what belongs together in lines of their own, and escapes what a terminal would obey.
  const { step } = isRecord(value) ? value : {};
  const tool = isRecord(step) && typeof step.tool === "string" ? { tool: step.tool } : {};
  const text =
    Object.keys(rest).length === 0 ? "" : stringify({ ...tool, ...rest }, { lineWidth: 0 }).trimEnd();
  const lines = [
    ...wrap(style.bold(subject), inner),
    ...(text === "" ? [] : ["", ...text.split("\n").flatMap((line) => wrap(toVisible(line), inner, 2))]),
  ];
  return [
    "",
    `${style.warn("┌")} ${style.dim(heading)}`,
    ...lines.map((line) => `${style.warn("│")} ${line}`.trimEnd()),
    style.warn("└"),
  ];
}
