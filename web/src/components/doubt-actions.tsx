import { useEffect, useId, useRef, useState } from "react";
import type { DoubtAnswer, DoubtChoice } from "../conversation/doubts.ts";
import { useDraftText } from "../hooks/use-draft-text.ts";
import { Button } from "./button.tsx";

interface DoubtActionsProps {
  interruptId: string;
  allowed: DoubtChoice[];
  hasOthers: boolean;
  onAnswer: (answer: DoubtAnswer) => Promise<void>;
}

type Mode = "choose" | "done" | "stop";

/** The answers to a doubt. While one is on its way, none can be given twice. */
export function DoubtActions({ interruptId, allowed, hasOthers, onAnswer }: DoubtActionsProps) {
  const [mode, setMode] = useState<Mode>("choose");
  /** Where the person comes back from: the focus goes to the button that had led there. */
  const [cameFrom, setCameFrom] = useState<Mode>("choose");
  const [isSending, setSending] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [result, setResult] = useDraftText(`doubt.${interruptId}`);
  const errorId = useId();
  const bar = useRef<HTMLDivElement>(null);

  // What has just opened shows as a whole, and covers nothing of what it is about.
  useEffect(() => {
    if (mode !== "choose") bar.current?.parentElement?.scrollIntoView({ block: "nearest" });
  }, [mode]);

  async function send(answer: DoubtAnswer): Promise<void> {
    if (isSending) return;
    setSending(true);
    setError(null);
    try {
      await onAnswer(answer);
      setResult("");
    } catch (problem) {
      setError(problem instanceof Error ? problem.message : String(problem));
      setSending(false);
    }
  }

  function goTo(next: Mode): void {
    setCameFrom(mode);
    setMode(next);
  }

  return (
    <div
      ref={bar}
      className="-mx-4 sm:-mx-5 -mb-4 sm:-mb-5 sticky bottom-0 rounded-b-xl border-line border-t bg-panel px-4 py-3 sm:px-5"
      aria-describedby={error ? errorId : undefined}
    >
      {mode === "done" ? (
        <ResultForm
          text={result}
          isSending={isSending}
          onText={setResult}
          onSend={() => void send({ type: "done", result })}
          onBack={() => goTo("choose")}
        />
      ) : mode === "stop" ? (
        <StopQuestion
          hasOthers={hasOthers}
          isSending={isSending}
          onStop={() => void send({ type: "stop" })}
          onBack={() => goTo("choose")}
        />
      ) : (
        <Choices
          allowed={allowed}
          focused={cameFrom}
          isSending={isSending}
          onAnswer={(answer) => void send(answer)}
          onDone={() => goTo("done")}
          onStop={() => goTo("stop")}
        />
      )}
      {error ? (
        <p id={errorId} role="alert" className="mt-2 text-bad text-sm">
          {error}
        </p>
      ) : null}
    </div>
  );
}

interface ChoicesProps {
  allowed: DoubtChoice[];
  focused: Mode;
  isSending: boolean;
  onAnswer: (answer: DoubtAnswer) => void;
  onDone: () => void;
  onStop: () => void;
}

function Choices({ allowed, focused, isSending, onAnswer, onDone, onStop }: ChoicesProps) {
  const hints = [
    allowed.includes("retry") ? "If it did happen, running it again makes it happen twice." : "",
    allowed.includes("skip") ? "Skipping it goes on without it." : "",
  ].filter((hint) => hint !== "");
  return (
    <div className="flex flex-wrap gap-2">
      {hints.length > 0 ? <p className="w-full text-muted text-sm">{hints.join(" ")}</p> : null}
      {allowed.includes("retry") ? (
        <Button disabled={isSending} onClick={() => onAnswer({ type: "retry" })}>
          Run it again
        </Button>
      ) : null}
      {allowed.includes("done") ? (
        <Button autoFocus={focused === "done"} disabled={isSending} onClick={onDone}>
          It was done
        </Button>
      ) : null}
      {allowed.includes("skip") ? (
        <Button disabled={isSending} onClick={() => onAnswer({ type: "skip" })}>
          Skip it
        </Button>
      ) : null}
      {allowed.includes("stop") ? (
        <Button
          kind="quiet"
          className="sm:ml-auto"
          autoFocus={focused === "stop"}
          disabled={isSending}
          onClick={onStop}
        >
          Stop
        </Button>
      ) : null}
    </div>
  );
}

interface ResultFormProps {
  text: string;
  isSending: boolean;
  onText: (text: string) => void;
  onSend: () => void;
  onBack: () => void;
}

function ResultForm({ text, isSending, onText, onSend, onBack }: ResultFormProps) {
  const id = useId();
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSend();
      }}
    >
      <label className="mb-1 block font-medium text-sm" htmlFor={id}>
        What did it return? (may be left empty)
      </label>
      <textarea
        id={id}
        // biome-ignore lint/a11y/noAutofocus: the person has just asked for this box
        autoFocus
        // Coming back to a text, one goes on at its end.
        onFocus={({ currentTarget }) => currentTarget.setSelectionRange(text.length, text.length)}
        rows={2}
        value={text}
        onChange={(event) => onText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape" && !isSending) onBack();
          if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) onSend();
        }}
        className="w-full resize-y rounded-lg border border-strong bg-bg p-2.5"
        placeholder="The steps after it go on with this text"
      />
      <div className="mt-2 flex flex-wrap gap-2">
        <Button type="submit" kind="primary" disabled={isSending}>
          Mark as done
        </Button>
        <Button kind="quiet" onClick={onBack} disabled={isSending}>
          Back
        </Button>
      </div>
    </form>
  );
}

interface StopQuestionProps {
  hasOthers: boolean;
  isSending: boolean;
  onStop: () => void;
  onBack: () => void;
}

/** Asks once more. The focus is on the way back, so that a second Enter stops nothing. */
function StopQuestion({ hasOthers, isSending, onStop, onBack }: StopQuestionProps) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      <span className="text-sm">
        Stop here? Nothing more runs, and this is asked again when you go on.
        {hasOthers ? " The other open questions end too." : ""}
      </span>
      <Button kind="danger" disabled={isSending} onClick={onStop}>
        Stop here
      </Button>
      <Button kind="quiet" autoFocus onClick={onBack} disabled={isSending}>
        Back
      </Button>
    </div>
  );
}
