import type { Draft, Moment } from "./conversation.ts";
import { shorten, wrap } from "./layout.ts";
import { type Canvas, renderStepLine } from "./render.ts";
import { toPlain, toVisible } from "./safe-text.ts";
import { formatDuration } from "./steps.ts";
import type { Block } from "./timeline.ts";

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** What is still moving: the line being written, the plan being written, the steps that run, and that it does. */
export function renderLive(
  moment: Moment,
  blocks: readonly Block[],
  canvas: Canvas & { height: number },
): string[] {
  const { width, style } = canvas;
  if (moment.isReconnecting)
    return ["", style.warn(shorten("… the server does not answer; trying again", width))];
  if (!moment.isLoading) return [];
  const spinner = style.accent(frames[Math.floor(Date.now() / 100) % frames.length] ?? "");
  const steps = blocks.flatMap((block) => (block.type === "step" && !block.isFinal ? [block] : []));
  const running = steps.filter(({ state }) => state.status === "running");
  const waiting = steps.length - running.length;
  const text = blocks.flatMap((block) => (block.type === "agent" && !block.isFinal ? [block.text] : []));
  const draft = steps.length === 0 ? renderDraft(moment, canvas) : [];
  const said = text.flatMap((line) => wrap(toPlain(line), width));
  const doing = running.flatMap((block) => {
    const since = Date.parse(block.state.startedAt ?? "");
    const took = Number.isNaN(since) ? "" : formatDuration(Math.max(0, Date.now() - since));
    const output =
      toPlain(moment.toolOutput.get(block.callId) ?? "")
        .trimEnd()
        .split("\n")
        .at(-1) ?? "";
    const below = output === "" ? [] : [style.dim(`    ${shorten(output, width - 4)}`)];
    return [renderStepLine(block, canvas, took), ...below];
  });
  const left = waiting === 0 ? "" : ` · ${waiting} ${waiting === 1 ? "step waits" : "steps wait"}`;
  const what = running.length > 0 ? "running" : draft.length > 0 ? "writing the plan" : "working";
  const status = style.dim(shorten(`${what}${left} · ctrl-c stops it`, width - 2));
  return [...said, ...draft, ...doing, `${spinner} ${status}`];
}

/** A plan while it is written: its last steps, as many as there is room for. */
function renderDraft(
  { draft, plan }: Moment,
  { width, style, height }: Canvas & { height: number },
): string[] {
  const written = draft?.draft;
  if (draft === null || written === undefined || isInState(draft, plan)) return [];
  const steps = (Array.isArray(written.steps) ? written.steps : []).map((step, index) => {
    const { title, tool } = step ?? {};
    return `${index + 1}. ${toVisible(title ?? "…")}${tool ? `  ${toVisible(tool)}` : ""}`.replaceAll(
      "\n",
      " ",
    );
  });
  const room = Math.max(1, height - 8);
  const shown = steps.slice(-room);
  return [
    "",
    style.dim(`┌ Plan, revision ${draft.revision}`),
    `${style.dim("│")} ${style.bold(shorten(toVisible(written.title ?? "…").replaceAll("\n", " "), width - 2))}`,
    ...shown.map((line) => `${style.dim("│")} ${shorten(line, width - 2)}`),
  ];
}

function isInState({ revision }: Draft, plan: Moment["plan"]): boolean {
  // The state holds the revision before it while the next one is written.
  return plan !== null && plan.revision > revision;
}
