import { GitCompare } from "lucide-react";
import { AnswerBar, type Choice } from "./answer-bar.tsx";
import { AskedStep } from "./asked-step.tsx";
import type { CardProps } from "./card.ts";
import { QuestionFrame } from "./question-frame.tsx";
import { cancelChoice, replanChoice, skipChoice } from "./step-choices.tsx";
import type { Call } from "./step-questions.ts";
import { Added, partsOf, Removed } from "./word-diff.tsx";
import { words } from "./words.ts";

/** A call that differs from what was approved: both, side by side. */
export function DeviationCard({ question, onAnswer }: CardProps<"deviation">) {
  const { interruptId, details, asked } = question;
  const { step, plan, approved, proposed, reason, dependents, allowed } = asked;
  const choices: Record<(typeof allowed)[number], Choice> = {
    approve: {
      id: "approve",
      letter: "a",
      label: words.deviation.run,
      kind: "primary",
      answer: { type: "approve" },
    },
    skip: skipChoice(dependents),
    replan: replanChoice(interruptId),
    cancel: cancelChoice(interruptId, words.deviation.stop),
  };
  return (
    <QuestionFrame
      interruptId={interruptId}
      details={details}
      label={words.deviation.label}
      icon={GitCompare}
      title={words.deviation.title(step.title)}
    >
      <AskedStep step={step} plan={plan} />
      {reason ? (
        <p dir="auto" className="mt-1 whitespace-pre-wrap break-words text-sm text-warn">
          {reason}
        </p>
      ) : null}
      <CallDiff approved={approved} proposed={proposed} />
      <AnswerBar
        interruptId={interruptId}
        choices={allowed.map((type) => choices[type])}
        onAnswer={onAnswer}
      />
    </QuestionFrame>
  );
}

function CallDiff({ approved, proposed }: { approved: Call; proposed: Call }) {
  const [before, after] = [approved, proposed].map(textsOf) as [Texts, Texts];
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const rows = names.map((name) => [name, before.get(name) ?? null, after.get(name) ?? null] as const);
  return (
    <table className="mt-2 w-full table-fixed border-collapse text-start text-sm">
      <thead>
        <tr className="text-muted text-xs">
          <th className="w-1/2 pe-3 pb-1 font-medium">{words.deviation.approved}</th>
          <th className="w-1/2 pb-1 font-medium">{words.deviation.now}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, before, after]) => (
          <DiffRow key={name} name={name} before={before} after={after} />
        ))}
      </tbody>
    </table>
  );
}

function DiffRow({ name, before, after }: { name: string; before: string | null; after: string | null }) {
  const parts = partsOf(before ?? "", after ?? "");
  const [taken, put] = [parts.filter(({ added }) => !added), parts.filter(({ removed }) => !removed)];
  return (
    <tr className="align-top" data-changed={before !== after}>
      <td className="pe-3 pb-1.5">
        <DiffText name={name} parts={before === null ? null : taken} />
      </td>
      <td className="pb-1.5">
        <DiffText name={name} parts={after === null ? null : put} />
      </td>
    </tr>
  );
}

/** One side of a row: null where there is nothing. */
function DiffText({ name, parts }: { name: string; parts: ReturnType<typeof partsOf> | null }) {
  return (
    <>
      <span className="block font-mono text-muted text-xs">{name}</span>
      {parts === null ? (
        <span className="text-muted text-xs">{words.deviation.nothing}</span>
      ) : (
        <div
          dir="auto"
          className="whitespace-pre-wrap break-words rounded bg-sunken px-1.5 py-0.5 font-mono text-xs"
        >
          {parts.map((part, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: parts have nothing else to be told apart by
            <DiffPart key={index} {...part} />
          ))}
        </div>
      )}
    </>
  );
}

function DiffPart({ value, added, removed }: ReturnType<typeof partsOf>[number]) {
  if (removed) return <Removed text={value} isSaid={false} />;
  return added ? <Added text={value} isSaid={false} /> : <span>{value}</span>;
}

type Texts = Map<string, string>;

/** All that says what a call does, by what it is called in the table. */
function textsOf({ tool, args, late, description }: Call): Texts {
  return new Map([
    [words.deviation.tool, tool],
    ...(description === null ? [] : [[words.deviation.description, description] as const]),
    ...Object.entries(args).map(([name, value]) => [name, textOf(value)] as const),
    ...Object.entries(late).map(([name, rule]) => [words.deviation.late(name), textOf(rule)] as const),
  ]);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
