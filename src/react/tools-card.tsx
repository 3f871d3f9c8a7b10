import { Wrench } from "lucide-react";
import { AnswerBar, type Choice } from "./answer-bar.tsx";
import { ArgumentFields } from "./argument-fields.tsx";
import { readArguments, toTexts } from "./argument-texts.ts";
import { Arguments } from "./arguments.tsx";
import type { CardProps } from "./card.ts";
import { ArgumentsForm, TextForm } from "./choice-forms.tsx";
import { QuestionFrame } from "./question-frame.tsx";
import { headlineOf } from "./questions.ts";
import { type ToolDecision, type ToolDecisionType, type ToolRequest, toToolAnswer } from "./tool-requests.ts";
import { useDraft } from "./use-draft.ts";
import { words } from "./words.ts";

const letters: Record<ToolDecisionType, string> = { approve: "a", edit: "e", reject: "r", respond: "w" };

/** Calls of tools that wait for a person: each is approved, edited, rejected or answered for the tool. */
export function ToolsCard(props: CardProps<"tools">) {
  const { question } = props;
  const { requests } = question.asked;
  const [first] = requests;
  return (
    <QuestionFrame
      interruptId={question.interruptId}
      details={question.details}
      label={words.tools.label}
      icon={Wrench}
      title={headlineOf(question)}
    >
      {requests.length === 1 && first ? <One {...props} request={first} /> : <Several {...props} />}
    </QuestionFrame>
  );
}

function One({ question, request, onAnswer }: CardProps<"tools"> & { request: ToolRequest }) {
  const { interruptId, asked } = question;
  const answerWith = (decision: ToolDecision) => toToolAnswer(asked, [decision]);
  const choices: Record<ToolDecisionType, Omit<Choice, "id" | "letter" | "label">> = {
    approve: { kind: "primary", answer: answerWith({ type: "approve" }) },
    edit: {
      form: (form) => (
        <ArgumentsForm
          {...form}
          place={`edit.${interruptId}`}
          args={request.args}
          submit={words.tools.approveEdited}
          toAnswer={(args) => answerWith({ type: "edit", args })}
        />
      ),
    },
    reject: {
      form: (form) => (
        <TextForm
          {...form}
          place={`reject.${interruptId}`}
          label={words.tools.whyNot}
          submit={words.tools.reject}
          isOptional
          toAnswer={(message) => answerWith({ type: "reject", message: message.trim() })}
        />
      ),
    },
    respond: {
      form: (form) => (
        <TextForm
          {...form}
          place={`respond.${interruptId}`}
          label={words.tools.insteadOf}
          submit={words.tools.respond}
          toAnswer={(message) => answerWith({ type: "respond", message: message.trim() })}
        />
      ),
    },
  };
  return (
    <>
      <About request={request} />
      <AnswerBar
        interruptId={interruptId}
        choices={request.allowed.map((type) => ({
          id: type,
          letter: letters[type],
          label: words.tools[type],
          ...choices[type],
        }))}
        onAnswer={onAnswer}
      />
    </>
  );
}

/** What is chosen for one of several calls, as far as it has been typed in. */
interface DecisionDraft {
  type: ToolDecisionType;
  texts?: Record<string, string>;
  message?: string;
}

function Several({ question, onAnswer }: CardProps<"tools">) {
  const { interruptId, asked } = question;
  const { requests } = asked;
  const [drafts = {}, setDrafts] = useDraft<Record<number, DecisionDraft>>(`decisions.${interruptId}`);
  const decided = requests.filter((_, index) => drafts[index] !== undefined).length;
  const canApproveAll = requests.every(({ allowed }) => allowed.includes("approve"));

  async function send(): Promise<void> {
    await onAnswer(
      toToolAnswer(
        asked,
        requests.map((request, index) => toDecision(request, drafts[index])),
      ),
    );
  }
  const choices: Choice[] = [
    {
      id: "send",
      letter: "s",
      label: words.tools.send(requests.length),
      kind: "primary",
      isDisabled: decided < requests.length,
      answer: null,
    },
    ...(canApproveAll
      ? [
          {
            id: "all",
            letter: "a",
            label: words.tools.approveAll,
            answer: toToolAnswer(
              asked,
              requests.map(() => ({ type: "approve" as const })),
            ),
          },
        ]
      : []),
  ];
  return (
    <>
      <ol className="divide-y divide-line border-line border-t" aria-label={words.tools.calls}>
        {requests.map((request, index) => (
          <Row
            // biome-ignore lint/suspicious/noArrayIndexKey: a call is known by its place, as its decision is
            key={index}
            number={index + 1}
            request={request}
            draft={drafts[index]}
            onChange={(draft) => setDrafts({ ...drafts, [index]: draft })}
          />
        ))}
      </ol>
      <AnswerBar
        interruptId={interruptId}
        choices={choices}
        hint={words.tools.decided(decided, requests.length)}
        onAnswer={(answer) => (answer === null ? send() : onAnswer(answer))}
      />
    </>
  );
}

interface RowProps {
  number: number;
  request: ToolRequest;
  draft: DecisionDraft | undefined;
  onChange: (draft: DecisionDraft) => void;
}

function Row({ number, request, draft, onChange }: RowProps) {
  const texts = draft?.texts ?? toTexts(request.args);
  return (
    <li className="py-3" data-decision={draft?.type ?? "none"}>
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-medium">
          {words.tools.number(number)} <code className="font-mono text-sm">{request.name}</code>
        </span>
        <fieldset className="ms-auto flex flex-wrap gap-1">
          <legend className="sr-only">{words.tools.decisionAbout(number)}</legend>
          {request.allowed.map((type) => (
            <button
              key={type}
              type="button"
              aria-pressed={draft?.type === type}
              onClick={() => onChange({ ...draft, type })}
              className="min-h-8 rounded-lg border border-strong px-2.5 py-1 text-sm hover:bg-sunken aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:font-medium"
            >
              {words.tools[type]}
            </button>
          ))}
        </fieldset>
      </div>
      <About request={request} />
      {draft?.type === "edit" ? (
        <div className="mt-2">
          <ArgumentFields
            args={request.args}
            texts={texts}
            onChange={(next) => onChange({ ...draft, texts: next })}
          />
        </div>
      ) : null}
      {draft?.type === "reject" || draft?.type === "respond" ? (
        <textarea
          aria-label={
            draft.type === "reject" ? words.tools.whyNotCall(number) : words.tools.insteadOfCall(number)
          }
          placeholder={draft.type === "reject" ? words.tools.whyNot : words.tools.toldInstead}
          dir="auto"
          rows={2}
          className="mt-2 w-full resize-y rounded-lg border border-strong bg-bg p-2.5"
          value={draft.message ?? ""}
          onChange={(event) => onChange({ ...draft, message: event.target.value })}
        />
      ) : null}
    </li>
  );
}

function About({ request }: { request: ToolRequest }) {
  return (
    <>
      {request.description ? (
        <p className="mt-1 whitespace-pre-wrap break-words text-muted text-sm" dir="auto">
          {request.description}
        </p>
      ) : null}
      <Arguments args={request.args} />
    </>
  );
}

/** @throws what is wrong with it, in words */
function toDecision(request: ToolRequest, draft: DecisionDraft | undefined): ToolDecision {
  if (draft === undefined) throw new Error(words.tools.decideFirst(request.name));
  const message = (draft.message ?? "").trim();
  if (draft.type === "approve") return { type: "approve" };
  if (draft.type === "reject") return { type: "reject", message };
  if (draft.type === "respond") return { type: "respond", message };
  return { type: "edit", args: readArguments(request.args, draft.texts ?? toTexts(request.args)) };
}
