import type { Plan, PlanAnswer } from "countersign/agent";
import { useId, useRef, useState } from "react";
import { useDraftText } from "../hooks/use-draft-text.ts";
import { Button } from "./button.tsx";

interface PlanActionsProps {
  plan: Plan;
  interruptId: string;
  onAnswer: (interruptId: string, answer: PlanAnswer) => Promise<void>;
  onEdit: () => void;
}

type Mode = "choose" | "feedback" | "stop";

/** The four answers to a plan. While one is on its way, none can be given twice. */
export function PlanActions({ plan, interruptId, onAnswer, onEdit }: PlanActionsProps) {
  const [mode, setMode] = useState<Mode>("choose");
  const [isSending, setSending] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [feedback, setFeedback] = useDraftText(`feedback.${interruptId}`);
  const errorId = useId();
  const box = useRef<HTMLTextAreaElement>(null);

  async function send(answer: PlanAnswer): Promise<void> {
    setSending(true);
    setError(null);
    try {
      await onAnswer(interruptId, answer);
      setFeedback("");
    } catch (problem) {
      setError(problem instanceof Error ? problem.message : String(problem));
      setSending(false);
    }
  }

  const { digest } = plan;
  return (
    <div
      className="-mx-4 sm:-mx-5 -mb-4 sm:-mb-5 sticky bottom-0 rounded-b-xl border-line border-t bg-panel px-4 py-3 sm:px-5"
      aria-describedby={error ? errorId : undefined}
    >
      {mode === "feedback" ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void send({ type: "reject", digest, feedback: feedback.trim() });
          }}
        >
          <label className="mb-1 block font-medium text-sm" htmlFor={`${errorId}-box`}>
            What should be different?
          </label>
          <textarea
            id={`${errorId}-box`}
            ref={box}
            // biome-ignore lint/a11y/noAutofocus: the person has just asked for this box
            autoFocus
            rows={3}
            value={feedback}
            onChange={(event) => setFeedback(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Escape") setMode("choose");
              if (event.key === "Enter" && (event.metaKey || event.ctrlKey) && feedback.trim()) {
                void send({ type: "reject", digest, feedback: feedback.trim() });
              }
            }}
            className="w-full resize-y rounded-lg border border-strong bg-bg p-2.5"
            placeholder="For example: don't delete anything, and write it to notes.txt instead"
          />
          <div className="mt-2 flex flex-wrap gap-2">
            <Button type="submit" kind="primary" disabled={isSending || feedback.trim() === ""}>
              Request changes
            </Button>
            <Button kind="quiet" onClick={() => setMode("choose")} disabled={isSending}>
              Back
            </Button>
          </div>
        </form>
      ) : mode === "stop" ? (
        <div className="flex flex-wrap items-center gap-2">
          <span className="text-sm">Drop this plan? Nothing of it will run.</span>
          <Button kind="danger" disabled={isSending} onClick={() => void send({ type: "cancel" })}>
            Drop it
          </Button>
          <Button kind="quiet" onClick={() => setMode("choose")} disabled={isSending}>
            Back
          </Button>
        </div>
      ) : (
        <div className="flex flex-wrap gap-2">
          <Button kind="primary" disabled={isSending} onClick={() => void send({ type: "approve", digest })}>
            Approve
          </Button>
          <Button disabled={isSending} onClick={onEdit}>
            Approve with edits
          </Button>
          <Button disabled={isSending} onClick={() => setMode("feedback")}>
            Request changes
          </Button>
          <Button kind="quiet" className="sm:ml-auto" disabled={isSending} onClick={() => setMode("stop")}>
            Stop
          </Button>
        </div>
      )}
      {error ? (
        <p id={errorId} role="alert" className="mt-2 text-bad text-sm">
          {error}
        </p>
      ) : null}
    </div>
  );
}
