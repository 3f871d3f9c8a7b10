import { summarize } from "./extract.ts";
import type { Analysis } from "./offline-analyses.ts";
import type { Intent } from "./offline-intents.ts";
import { callsFor, filesFor, settle } from "./offline-plan-reads.ts";
import { createPlanner, type Planner } from "./offline-planner.ts";
import { type Output, tell } from "./offline-products.ts";
import { type Sources, startFrom } from "./offline-sources.ts";
import { tellNotUnderstood, tellSum } from "./offline-words.ts";
import { plural } from "./offline-workspace.ts";

/**
 * Answers what needs only looking, without a plan, by read-only calls.
 *
 * @returns undefined when a tool for it may not be called now, so that it has to be planned.
 */
export function answerDirectly(sources: Sources, intents: readonly Intent[]): string | undefined {
  const planner = createPlanner(startFrom(sources));
  const answers: string[] = [];
  let isPossible = true;
  for (const intent of intents) {
    if (intent.do === "sum") answers.push(tellSum(intent));
    else if (intent.do === "unknown") answers.push(tellNotUnderstood(intent.clause));
    else if (intent.do === "limit") answers.push(`I did not take into account: “${intent.clause}”.`);
    else if (intent.do === "answer" && !isMeans(intent, intents)) {
      const answer = answerOne(planner, intent.analysis);
      if (answer === undefined) isPossible = false;
      else if (answer !== "") answers.push(answer);
    } else if (intent.do === "answer") filesFor(planner, intent.analysis);
  }
  const assumptions = planner.assumptions.map((assumption) => `_${assumption}_`);
  return isPossible ? [...answers, ...planner.problems, ...assumptions].join("\n\n") : undefined;
}

/** "Read every file and tell me which is the longest" does not ask for all the texts. */
function isMeans(intent: Intent, intents: readonly Intent[]): boolean {
  const others = intents.slice(intents.indexOf(intent) + 1);
  return (
    intent.do === "answer" && intent.analysis.is === "text" && others.some((other) => other.do === "answer")
  );
}

function answerOne(planner: Planner, analysis: Analysis): string | undefined {
  const selection = filesFor(planner, analysis);
  if (selection === undefined) return "";
  const outputs: Output[] = [];
  const failures: string[] = [];
  for (const { tool, args } of callsFor(analysis, selection)) {
    const reading = planner.ask(tool, args);
    if (reading.state === "unavailable") return undefined;
    if (reading.state === "done") outputs.push({ tool, args, output: reading.text });
    if (reading.state === "failed")
      failures.push(`${String(args.path ?? "It")} could not be read: ${reading.error}`);
  }
  const settled = { ...analysis, object: settle(analysis, selection) };
  const told = outputs.length === 0 && failures.length > 0 ? [] : [shown(settled, outputs)];
  return [...told, ...failures].join("\n\n");
}

function shown(analysis: Analysis, outputs: readonly Output[]): string {
  const [only] = outputs;
  if (analysis.is === "summary" && outputs.length === 1 && only) {
    return `**${String(only.args.path)}**: ${summarize(String(only.args.path), only.output, analysis)}`;
  }
  if (analysis.is === "text" && outputs.length > 10) {
    return `I read ${plural(outputs.length, "file")}; that is too much to show here. Name those you want to see.`;
  }
  return tell(analysis, outputs, "markdown");
}
