import type { Decision, PlanStep } from "../agent/index.ts";
import { nameOf } from "./commands.ts";
import { shorten, widthOf, wrap } from "./layout.ts";
import { renderPlan } from "./render-plan.ts";
import { toPlain, toVisible } from "./safe-text.ts";
import { formatDuration, type ShownStep } from "./steps.ts";
import type { Style } from "./style.ts";
import type { Block } from "./timeline.ts";

export interface Canvas {
  /** Columns. */
  width: number;
  style: Style;
}

/** Lines of a step's output that are shown; the rest is counted. */
const outputLines = 8;

/** A block as lines of at most `width` columns, colours aside. */
export function renderBlock(block: Block, canvas: Canvas): string[] {
  const { width, style } = canvas;
  switch (block.type) {
    case "person":
      return [
        "",
        ...wrap(toPlain(block.text), width - 2).map((line, at) => style.bold(`${at ? " " : "›"} ${line}`)),
      ];
    case "agent": {
      const lines = wrap(toPlain(block.text), width);
      return block.isFirst ? ["", ...lines] : lines;
    }
    case "reading": {
      const args = Object.entries(block.args).map(([name, value]) => `${name}: ${asText(value)}`);
      const text = toVisible([block.tool, ...args].join("  ")).replaceAll("\n", " ");
      return [style.dim(shorten(`  · ${block.isError ? "could not " : ""}${text}`, width))];
    }
    case "correction":
      return wrap(
        `  · The model was told what is wrong with its plan: ${toPlain(block.issues)}`,
        width,
        4,
      ).map(style.dim);
    case "plan":
      return ["", ...renderPlan(block.plan, { ...canvas, changes: block.changes })];
    case "decision":
      return renderDecision(block.decision, canvas);
    case "step":
      return renderStep(block, canvas);
  }
}

const decided: Record<Decision["type"], { mark: string; words: string; look: "good" | "warn" }> = {
  approve: { mark: "✓", words: "approved", look: "good" },
  edit: { mark: "✓", words: "approved with edits", look: "good" },
  reject: { mark: "↩", words: "sent back", look: "warn" },
  cancel: { mark: "■", words: "stopped", look: "warn" },
  replan: { mark: "↩", words: "sent back half-way", look: "warn" },
};

function renderDecision(
  { type, by, feedback, reason, revision }: Decision,
  { width, style }: Canvas,
): string[] {
  const { mark, words, look } = decided[type];
  const who = by === undefined ? "" : ` by ${nameOf(by.id)}${by.verified ? "" : " (unverified)"}`;
  const text = feedback ?? reason;
  const line = `${mark} Revision ${revision} ${words}${who}${text ? `: ${text}` : "."}`;
  return wrap(toPlain(line), width, 2).map(style[look]);
}

const marks: Record<ShownStep["status"], { mark: string; look: keyof Style }> = {
  waiting: { mark: "○", look: "dim" },
  running: { mark: "•", look: "accent" },
  done: { mark: "✓", look: "good" },
  failed: { mark: "✗", look: "bad" },
  skipped: { mark: "–", look: "dim" },
  asking: { mark: "?", look: "warn" },
  in_doubt: { mark: "?", look: "warn" },
};

const inDoubt = "This may have run, or not.";

interface StepLine {
  step: PlanStep;
  number: number;
  state: ShownStep;
}

function renderStep({ step, number, state }: StepLine, canvas: Canvas): string[] {
  const { width, style } = canvas;
  const { status, output, outputLength, error, finishedAt, startedAt } = state;
  const took =
    startedAt !== undefined && finishedAt !== undefined && status !== "skipped"
      ? formatDuration(Date.parse(finishedAt) - Date.parse(startedAt))
      : "";
  const lines = [renderStepLine({ step, number, state }, canvas, status === "skipped" ? "skipped" : took)];
  const why = status === "in_doubt" ? inDoubt : error;
  if (why) lines.push(...indented(toPlain(why), width).map(status === "failed" ? style.bad : style.warn));
  if (output) {
    const all = indented(toPlain(output).trimEnd(), width);
    lines.push(...all.slice(0, outputLines).map(style.dim));
    const left = all.length - outputLines;
    if (left > 0) lines.push(style.dim(`    … ${left} more ${left === 1 ? "line" : "lines"}`));
    if (outputLength !== undefined) lines.push(style.dim(`    … cut: ${outputLength} characters in all`));
  }
  return lines;
}

/** One line of a step that runs, waits, or is done: its mark, and on the right what is said of it. */
export function renderStepLine(
  { step, number, state }: StepLine,
  { width, style }: Canvas,
  right: string,
): string {
  const { mark, look } = marks[state.status];
  const room = width - (right === "" ? 0 : right.length + 1);
  const title = shorten(` ${number}. ${toVisible(step.title).replaceAll("\n", " ")}`, room - 1);
  const gap = " ".repeat(Math.max(0, room - 1 - widthOf(title)));
  const body = state.status === "waiting" || state.status === "skipped" ? style.dim(title) : title;
  return `${style[look](mark)}${body}${right === "" ? "" : `${gap} ${style.dim(right)}`}`;
}

function indented(text: string, width: number): string[] {
  return wrap(text, width - 4).map((line) => `    ${line}`);
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
