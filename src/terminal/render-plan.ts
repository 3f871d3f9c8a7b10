import type { Changes, Plan, PlanStep } from "../agent/index.ts";
import { shorten, widthOf, wrap } from "./layout.ts";
import type { Canvas } from "./render.ts";
import { toVisible } from "./safe-text.ts";
import type { Style } from "./style.ts";

const risks: Record<PlanStep["risk"], { label: string; look: keyof Style }> = {
  read: { label: "reads", look: "good" },
  write: { label: "writes", look: "accent" },
  destructive: { label: "DESTRUCTIVE", look: "bad" },
  external: { label: "leaves this machine", look: "outside" },
};

/** A plan as a card: everything that will run, with nothing hidden and nothing cut. */
export function renderPlan(
  plan: Plan,
  { width, style, changes }: Canvas & { changes: Changes | undefined },
): string[] {
  const inner = width - 2;
  const lines = [...wrap(style.bold(toVisible(plan.title)), inner)];
  if (plan.summary && plan.summary !== plan.title) lines.push(...wrap(toVisible(plan.summary), inner));
  for (const assumption of plan.assumptions) {
    lines.push(...wrap(`Assumes: ${toVisible(assumption)}`, inner, 2).map(style.dim));
  }
  const removed = changes?.removed.length ?? 0;
  const since = changes === undefined ? "" : `, since ${changes.since}: ${countChanges(changes)}`;
  const head = wrap(`Plan, revision ${plan.revision}${since}`, inner).map(style.dim);
  const steps = plan.steps.flatMap((step, index) => [
    "",
    ...renderPlanStep(step, { plan, index, changes, width: inner, style }),
  ]);
  const gone =
    removed > 0
      ? [
          "",
          ...wrap(`Left out since then: ${changes?.removed.map(toVisible).join(", ")}`, inner, 2).map(
            style.warn,
          ),
        ]
      : [];
  return [
    ...head.map((line, at) => `${style.accent(at === 0 ? "┌" : "│")} ${line}`),
    ...[...lines, ...steps, ...gone].map((line) => `${style.accent("│")} ${line}`.trimEnd()),
    `${style.accent("└")} ${style.dim(shorten(`digest ${plan.digest.slice(0, 12)}`, inner))}`,
  ];
}

interface StepCanvas extends Canvas {
  plan: Plan;
  index: number;
  changes: Changes | undefined;
}

function renderPlanStep(step: PlanStep, { plan, index, changes, width, style }: StepCanvas): string[] {
  const { label, look } = risks[step.risk] ?? { label: String(step.risk), look: "bad" };
  const change = changes?.added.includes(step.id)
    ? "new"
    : changes?.changed.includes(step.id)
      ? "changed"
      : "";
  const tags = [style[look](label), ...(change === "" ? [] : [style.warn(change)])].join(" · ");
  const title = `${index + 1}. ${style.bold(toVisible(step.title).replaceAll("\n", " "))}`;
  const numbers = new Map(plan.steps.map(({ id }, at) => [id, at + 1]));
  const lines = [...wrap(`${title}  ${tags}`, width, 3)];
  if (step.why) lines.push(...inset(style.dim(toVisible(step.why)), width));
  lines.push(...renderCall(step, orderOf(step, plan, numbers), { width, style }));
  for (const [name, rule] of Object.entries(step.late ?? {})) {
    const spelled = rule.replace(/[\w-]+/g, (word) =>
      numbers.has(word) ? `step ${numbers.get(word)}` : word,
    );
    lines.push(
      ...inset(`${toVisible(name)}: ${style.warn("decided while it runs")}: ${toVisible(spelled)}`, width),
    );
  }
  for (const line of detailsOf(step.id, changes)) lines.push(...inset(style.warn(line), width));
  return lines;
}

/** The tool with its arguments: in one line where they fit, else each below the other. */
function renderCall({ tool, args }: PlanStep, order: string, { width, style }: Canvas): string[] {
  const name = `${style.accent(toVisible(tool))}${style.dim(order)}`;
  const lines = Object.entries(args).map(([key, value]) => renderArgument(key, value, width));
  const short = [name, ...lines.map(([line = ""]) => line.trimStart())].join("  ");
  const fits = lines.every(({ length }) => length === 1) && widthOf(short) <= width - 3;
  return fits ? inset(short, width) : [...inset(name, width), ...lines.flat()];
}

function renderArgument(name: string, value: unknown, width: number): string[] {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const shown = typeof value === "string" && isPlain(value) ? text : JSON.stringify(value);
  const safe = toVisible(typeof value === "string" && value.includes("\n") ? text : shown);
  if (!safe.includes("\n")) return inset(`${toVisible(name)}: ${safe}`, width);
  const lines = safe.split("\n").flatMap((line) => wrap(line, width - 7));
  return [...inset(`${toVisible(name)}:`, width), ...lines.map((line) => `     ▏${line}`)];
}

/** A text that reads as itself without quotes: no blanks at its ends, not empty, no number and no JSON. */
function isPlain(text: string): boolean {
  return text !== "" && text === text.trim() && !/^(?:true|false|null|-?\d[\d.eE+-]*|[[{"].*)$/s.test(text);
}

/** What it waits for, where that is not simply the step before it. */
function orderOf({ after }: PlanStep, { steps }: Plan, numbers: ReadonlyMap<string, number>): string {
  const own = steps.findIndex((step) => step.after === after);
  const before = own > 0 ? steps[own - 1]?.id : undefined;
  if (after.length === 0) return own > 0 ? " (in parallel)" : "";
  if (after.length === 1 && after[0] === before) return "";
  return ` (after ${after.map((id) => numbers.get(id) ?? toVisible(id)).join(", ")})`;
}

/** What was there before, value by value. */
function detailsOf(stepId: string, changes: Changes | undefined): string[] {
  const details = changes?.details?.[stepId] ?? [];
  return details.map(({ path, ...change }) => {
    const name = path.filter((part, index) => index > 0 || part !== "args").join(".");
    const spell = (value: unknown) => toVisible(JSON.stringify(value) ?? "nothing");
    if (!("before" in change)) return `~ ${toVisible(name)} is new`;
    if (!("after" in change)) return `~ ${toVisible(name)} is gone; it was ${spell(change.before)}`;
    return `~ ${toVisible(name)} was ${spell(change.before)}`;
  });
}

function countChanges({ added, removed, changed, reordered }: Changes): string {
  const parts = [
    [added.length, "new"],
    [removed.length, "left out"],
    [changed.length, "changed"],
  ].flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`]));
  if (reordered.length > 0) parts.push("another order");
  return parts.join(", ") || "no step changed";
}

function inset(text: string, width: number): string[] {
  return wrap(text, width - 3, 2).map((line) => `   ${line}`);
}
