import { Check } from "lucide-react";
import { useState } from "react";
import { Button } from "./button.tsx";
import { QuestionCard } from "./cards.tsx";
import { JsonTree } from "./json-tree.tsx";
import { KeyHint } from "./key-hint.tsx";
import { headlineOf, type Question } from "./questions.ts";
import { useDraft } from "./use-draft.ts";
import { words } from "./words.ts";

interface QuestionQueueProps {
  threadId: string | null;
  questions: readonly Question[];
  /** Ids of questions whose schema is not known yet. */
  lookingUp: ReadonlySet<string>;
  onActivate: (interruptId: string) => void;
  /** Sends these answers as one: all are taken, or none. */
  onAnswer: (answers: Readonly<Record<string, unknown>>) => Promise<void>;
}

/**
 * All open questions of a thread, one below the other. Several may be answered one by one, or be held back and
 * sent together: then the run goes on once, with all of them.
 */
export function QuestionQueue({ threadId, questions, lookingUp, onActivate, onAnswer }: QuestionQueueProps) {
  const [held, setHeld] = useDraft<Record<string, unknown>>(`together.${threadId}`);
  const ids = questions.map(({ interruptId }) => interruptId);
  const ready = ids.filter((id) => held !== undefined && Object.hasOwn(held, id));
  const isTogether = held !== undefined && questions.length > 1;
  const doubts = questions.filter(({ kind }) => kind === "doubt");

  async function answer(question: Question, given: unknown): Promise<void> {
    const { interruptId, kind } = question;
    // To stop is to stop the run, so it answers all that may have happened.
    const isStop = kind === "doubt" && (given as { type?: unknown }).type === "stop";
    const to = isStop ? doubts.map((doubt) => doubt.interruptId) : [interruptId];
    const answers = Object.fromEntries(to.map((id) => [id, given]));
    if (isTogether) setHeld({ ...held, ...answers });
    else await onAnswer(answers);
  }

  return (
    <>
      {questions.length > 1 ? (
        <TogetherBar
          count={questions.length}
          ready={ready.length}
          isTogether={isTogether}
          onToggle={(isOn) => setHeld(isOn ? {} : undefined)}
          onSend={async () => {
            await onAnswer(Object.fromEntries(ready.map((id) => [id, held?.[id]])));
            setHeld(undefined);
          }}
        />
      ) : null}
      {questions.map((question) => {
        const { interruptId } = question;
        if (isTogether && ready.includes(interruptId)) {
          return (
            <HeldAnswer
              key={interruptId}
              question={question}
              answer={held?.[interruptId]}
              onChange={() => {
                const { [interruptId]: _, ...others } = held ?? {};
                setHeld(others);
              }}
            />
          );
        }
        return (
          <div
            key={interruptId}
            data-interrupt={interruptId}
            tabIndex={-1}
            className="scroll-mt-4 rounded-xl"
            onFocusCapture={() => onActivate(interruptId)}
            onPointerDownCapture={() => onActivate(interruptId)}
          >
            <QuestionCard
              question={question}
              isLookingUp={lookingUp.has(interruptId)}
              hasOthers={questions.length > 1}
              onAnswer={(given) => answer(question, given)}
            />
          </div>
        );
      })}
    </>
  );
}

interface TogetherBarProps {
  count: number;
  ready: number;
  isTogether: boolean;
  onToggle: (isOn: boolean) => void;
  onSend: () => Promise<void>;
}

function TogetherBar({ count, ready, isTogether, onToggle, onSend }: TogetherBarProps) {
  const [isSending, setSending] = useState(false);
  const [error, setError] = useState<string | null>(null);
  async function send(): Promise<void> {
    setSending(true);
    setError(null);
    await onSend().catch((problem: unknown) => {
      setError(problem instanceof Error ? problem.message : String(problem));
    });
    setSending(false);
  }
  return (
    <section
      aria-label={words.queue.label}
      className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-lg bg-sunken px-4 py-2 text-sm"
    >
      <span className="font-medium">
        {words.queue.count(count)}
        <span className="ms-2 inline-flex gap-1 text-muted">
          <KeyHint letter="j" />
          <KeyHint letter="k" />
        </span>
      </span>
      <label className="flex items-center gap-2">
        <input
          type="checkbox"
          checked={isTogether}
          disabled={isSending}
          onChange={(event) => onToggle(event.target.checked)}
        />
        {words.queue.together}
      </label>
      {isTogether ? (
        <Button
          kind="primary"
          className="ms-auto"
          disabled={isSending || ready === 0}
          onClick={() => void send()}
        >
          {words.queue.send(ready, count)}
        </Button>
      ) : null}
      {error ? (
        <p role="alert" className="w-full text-bad">
          {error}
        </p>
      ) : null}
    </section>
  );
}

interface HeldAnswerProps {
  question: Question;
  answer: unknown;
  onChange: () => void;
}

/** An answer that waits until all of them are sent. */
function HeldAnswer({ question, answer, onChange }: HeldAnswerProps) {
  return (
    <section
      aria-label={words.queue.heldLabel}
      data-interrupt={question.interruptId}
      className="rounded-xl border border-line bg-panel px-4 py-3 text-sm sm:px-5"
    >
      <div className="flex flex-wrap items-center gap-2">
        <Check className="size-4 text-ok" aria-hidden />
        <span className="min-w-0 flex-1 break-words font-medium" dir="auto">
          {headlineOf(question)}
        </span>
        <Button kind="quiet" onClick={onChange}>
          {words.queue.change}
        </Button>
      </div>
      <div className="mt-1">
        <JsonTree value={answer} />
      </div>
    </section>
  );
}
