import { CircleHelp } from "lucide-react";
import { Arguments } from "../components/arguments.tsx";
import { RiskBadge } from "../components/risk-badge.tsx";
import { AnswerBar, type Choice } from "./answer-bar.tsx";
import type { CardProps } from "./card.ts";
import { ConfirmForm, TextForm } from "./choice-forms.tsx";
import { QuestionFrame } from "./question-frame.tsx";

/** Something was started and may have happened, or not: what is known of it, and how to go on. */
export function DoubtCard({ question, hasOthers, onAnswer }: CardProps<"doubt">) {
  const { interruptId, details, doubt } = question;
  const { title, tool, risk, key, args, startedAt, message, allowed } = doubt;
  const name = title ?? tool;
  const known = name === null && key !== "" ? { key, ...args } : args;
  const isAnythingKnown = tool !== null || startedAt !== null || Object.keys(known).length > 0;
  const hints = [
    allowed.includes("retry") ? "If it did happen, running it again makes it happen twice." : "",
    allowed.includes("skip") ? "Skipping it goes on without it." : "",
  ].filter((hint) => hint !== "");
  const choices: Record<(typeof allowed)[number], Choice> = {
    retry: { id: "retry", letter: "r", label: "Run it again", answer: { type: "retry" } },
    done: {
      id: "done",
      letter: "d",
      label: "It was done",
      form: (form) => (
        <TextForm
          {...form}
          place={`doubt.${interruptId}`}
          label="What did it return? (may be left empty)"
          placeholder="The steps after it go on with this text"
          submit="Mark as done"
          isOptional
          toAnswer={(result) => ({ type: "done", result })}
        />
      ),
    },
    skip: { id: "skip", letter: "s", label: "Skip it", answer: { type: "skip" } },
    stop: {
      id: "stop",
      letter: "q",
      label: "Stop",
      kind: "quiet",
      isAside: true,
      form: (form) => (
        <ConfirmForm
          {...form}
          text={`Stop here? Nothing more runs, and this is asked again when you go on.${hasOthers ? " The other open questions end too." : ""}`}
          submit="Stop here"
          toAnswer={() => ({ type: "stop" })}
        />
      ),
    },
  };
  return (
    <QuestionFrame
      interruptId={interruptId}
      details={details}
      label="What may have happened"
      testId="doubt-card"
      icon={CircleHelp}
      title={name === null ? "Did this happen?" : `Did “${name}” happen?`}
    >
      <p className="text-muted">{message}</p>
      {isAnythingKnown ? (
        <div className="mt-3 border-line border-t pt-3">
          <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
            {tool ? (
              <code className="rounded bg-sunken px-1.5 py-0.5 font-mono text-muted text-xs">{tool}</code>
            ) : null}
            {risk ? <RiskBadge risk={risk} /> : null}
            {startedAt ? (
              <span className="text-muted text-sm">
                Started <time dateTime={startedAt}>{new Date(startedAt).toLocaleString()}</time>
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
