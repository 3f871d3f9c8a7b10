import { CircleHelp } from "lucide-react";
import { AnswerBar, type Choice } from "./answer-bar.tsx";
import { Arguments } from "./arguments.tsx";
import type { CardProps } from "./card.ts";
import { ConfirmForm, TextForm } from "./choice-forms.tsx";
import { QuestionFrame } from "./question-frame.tsx";
import { headlineOf } from "./questions.ts";
import { RiskBadge } from "./risk-badge.tsx";
import { words } from "./words.ts";

/** Something was started and may have happened, or not: what is known of it, and how to go on. */
export function DoubtCard({ question, hasOthers, onAnswer }: CardProps<"doubt">) {
  const { interruptId, details, doubt } = question;
  const { title, tool, risk, key, args, startedAt, message, allowed } = doubt;
  const name = title ?? tool;
  const known = name === null && key !== "" ? { key, ...args } : args;
  const isAnythingKnown = tool !== null || startedAt !== null || Object.keys(known).length > 0;
  const hints = [
    allowed.includes("retry") ? words.doubt.twice : "",
    allowed.includes("skip") ? words.doubt.without : "",
  ].filter((hint) => hint !== "");
  const choices: Record<(typeof allowed)[number], Choice> = {
    retry: { id: "retry", letter: "r", label: words.doubt.retry, answer: { type: "retry" } },
    done: {
      id: "done",
      letter: "d",
      label: words.doubt.done,
      form: (form) => (
        <TextForm
          {...form}
          place={`doubt.${interruptId}`}
          label={words.doubt.returned}
          placeholder={words.doubt.goesOnWith}
          submit={words.doubt.markDone}
          isOptional
          toAnswer={(result) => ({ type: "done", result })}
        />
      ),
    },
    skip: { id: "skip", letter: "s", label: words.doubt.skip, answer: { type: "skip" } },
    stop: {
      id: "stop",
      letter: "q",
      label: words.doubt.stop,
      kind: "quiet",
      isAside: true,
      form: (form) => (
        <ConfirmForm
          {...form}
          text={[words.doubt.confirmStop, ...(hasOthers ? [words.doubt.othersEnd] : [])].join(" ")}
          submit={words.doubt.stopHere}
          toAnswer={() => ({ type: "stop" })}
        />
      ),
    },
  };
  return (
    <QuestionFrame
      interruptId={interruptId}
      details={details}
      label={words.doubt.label}
      testId="doubt-card"
      icon={CircleHelp}
      title={headlineOf(question)}
    >
      <p className="text-muted" dir="auto">
        {message}
      </p>
      {isAnythingKnown ? (
        <div className="mt-3 border-line border-t pt-3">
          <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
            {tool ? (
              <code className="rounded bg-sunken px-1.5 py-0.5 font-mono text-muted text-xs">{tool}</code>
            ) : null}
            {risk ? <RiskBadge risk={risk} /> : null}
            {startedAt ? (
              <span className="text-muted text-sm">
                {words.doubt.started} <time dateTime={startedAt}>{new Date(startedAt).toLocaleString()}</time>
              </span>
            ) : null}
          </div>
          <Arguments args={known} />
        </div>
      ) : null}
      <AnswerBar
        interruptId={interruptId}
        choices={allowed.map((type) => choices[type])}
        hint={hints.length > 0 ? hints.join(" ") : undefined}
        onAnswer={onAnswer}
      />
    </QuestionFrame>
  );
}
