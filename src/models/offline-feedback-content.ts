import { parseStyle } from "./offline-analyses.ts";
import type { Remedy } from "./offline-feedback.ts";
import { isNamedPath, literalsIn } from "./offline-language.ts";
import { joinRules, parseRule, stepsNamedIn, toRule } from "./offline-late-rules.ts";
import { type Revision, replaceStep } from "./offline-revision.ts";
import { isWriting, outputOf, type Step } from "./offline-steps.ts";

/** "Make it shorter", "use bullet points", "say 'Hi' instead", "add the title 'X'", "append instead", "copy instead of moving". */
export const applyContent: Remedy = (revision, { clause: { text, literals }, step }) => {
  const candidates = step === undefined ? revision.planner.steps : [step];
  const literal = literalsIn(text, literals).find((one) => !isNamedPath(one));
  return (
    switchTool(revision, text, candidates) ||
    (literal !== undefined && setTitle(revision, { text, literal }, candidates)) ||
    (literal !== undefined && setText(revision, { text, literal }, candidates)) ||
    setStyle(revision, text, candidates)
  );
};

/** All or nothing is said, by name. */
function change(
  revision: Revision,
  steps: readonly Step[],
  how: { words: string; by: (step: Step) => Step },
): true {
  const changed = steps.filter(({ id }) => replaceStep(revision, id, how.by));
  const held = steps.filter((step) => !changed.includes(step));
  if (changed.length > 0) revision.applied.push(`${how.words} in ${changed.map(({ id }) => id).join(", ")}`);
  if (held.length > 0)
    revision.refused.push(`${how.words} in ${held.map(({ id }) => id).join(", ")} (kept as it is)`);
  return true;
}

const tools: [RegExp, string, string, string][] = [
  [/^cop(?:y|ying)\b(?!.*\b(?:a|an|the) cop)/i, "move_file", "copy_file", "Copy"],
  [/^mov(?:e|ing)\b/i, "copy_file", "move_file", "Move"],
  [/^append(?:ing)?\b/i, "replace_file", "append_file", "Append to"],
];

function switchTool(revision: Revision, text: string, candidates: readonly Step[]): boolean {
  const isSwitch = /\binstead\b|\brather than\b/i.test(text);
  const rule = tools.find(([pattern]) => pattern.test(text));
  if (!isSwitch || rule === undefined) return false;
  const [, from, tool, verb] = rule;
  const steps = candidates.filter((step) => step.tool === from);
  if (steps.length === 0 || !revision.planner.offers(tool)) return false;
  const by = (step: Step): Step => ({
    ...step,
    tool,
    title: step.title.replace(/^\S+/, verb),
    why: "It was asked for.",
  });
  return change(revision, steps, { words: `${tool} instead of ${from}`, by });
}

function lateOf(steps: readonly Step[]): Step[] {
  return steps.filter(({ late }) => late?.content !== undefined);
}

function setTitle(
  revision: Revision,
  { text, literal }: { text: string; literal: string },
  candidates: readonly Step[],
): boolean {
  const steps = lateOf(candidates);
  if (!/\b(?:title|heading|headline)\b/i.test(text) || steps.length === 0) return false;
  const by = (step: Step): Step => {
    const rule = (step.late?.content ?? "").replace(/,? ?under the title “[^”]*”/, "");
    const [first = "", ...rest] = rule.split("; then ");
    return {
      ...step,
      late: { ...step.late, content: joinRules([`${first}, under the title “${literal}”`, ...rest]) },
    };
  };
  return change(revision, steps, { words: `the title “${literal}”`, by });
}

function setText(
  revision: Revision,
  { text, literal }: { text: string; literal: string },
  candidates: readonly Step[],
): boolean {
  const isText =
    /^(?:say|write|put|use|make it say|change|it should say|set|replace)\b|\b(?:text|content|line|words?)\b|\binstead\b/i.test(
      text,
    );
  const pinned = candidates.filter(({ tool, args }) => isWriting(tool) && typeof args.content === "string");
  const [only] = pinned;
  if (!isText || only === undefined || pinned.length > 1) return false;
  const content = only.tool === "append_file" ? `${literal}\n` : literal;
  const by = (step: Step): Step => ({
    ...step,
    title: step.title.includes("“") ? step.title.replace(/“[^”]*”/, `“${literal.slice(0, 40)}”`) : step.title,
    args: { ...step.args, content },
  });
  return change(revision, [only], { words: `the text “${literal.slice(0, 60)}” for ${outputOf(only)}`, by });
}

function setStyle(revision: Revision, text: string, candidates: readonly Step[]): boolean {
  const style = parseStyle(text);
  const steps = lateOf(candidates).filter(({ late }) =>
    parseRule(late?.content ?? "").some(({ analysis }) => analysis?.is === "summary"),
  );
  if (Object.keys(style).length === 0 || steps.length === 0) return false;
  const ids = revision.planner.steps.map(({ id }) => id);
  const by = (step: Step): Step => {
    const parts = parseRule(step.late?.content ?? "").map(({ text: rule, analysis, title }) => {
      if (analysis?.is !== "summary") return rule;
      const heading = title === undefined ? "" : `, under the title “${title}”`;
      return toRule({ ...analysis, ...style }, stepsNamedIn(rule, ids)) + heading;
    });
    return { ...step, late: { ...step.late, content: joinRules(parts) } };
  };
  const length =
    style.sentences === undefined
      ? ""
      : `at most ${style.sentences} sentence${style.sentences === 1 ? "" : "s"} per file`;
  const words = [length, style.hasBullets ? "bullet points" : ""].filter((part) => part !== "").join(" and ");
  return change(revision, steps, { words, by });
}
