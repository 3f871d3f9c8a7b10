import { ArrowUp, ListEnd, Square } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { Conversation } from "../hooks/use-conversation.ts";
import { useDraftText } from "../hooks/use-draft-text.ts";
import { Button } from "./button.tsx";
import { QueueList } from "./queue-list.tsx";

interface ComposerProps {
  place: string;
  isRunning: boolean;
  /** What is open above: what is typed here never answers it. */
  asking: "plan" | "question" | null;
  queue: Conversation["queue"];
  onTakeBack: (id: string) => Promise<void>;
  onSend: (text: string, options: { setAside: boolean; isQueued: boolean }) => Promise<void>;
  onStop: () => Promise<void>;
}

const words = {
  plan: {
    placeholder: "Decide on the plan above, or ask for something else",
    confirm:
      "The plan above waits for your decision, and a message does not decide it. Send this message and set the plan aside?",
    setAside: "Set the plan aside and send",
    keep: "Keep the plan",
  },
  question: {
    placeholder: "Answer the question above, or ask for something else",
    confirm:
      "The question above waits for your answer, and a message does not answer it. Send this message and leave what is open undone?",
    setAside: "Leave it and send",
    keep: "Keep the question",
  },
};

function placeholderFor(asking: ComposerProps["asking"], isRunning: boolean): string {
  if (asking !== null) return words[asking].placeholder;
  return isRunning ? "Ask for something that comes next" : "Ask for something";
}

/** Where the person writes. It sends messages and nothing else. */
export function Composer({ place, isRunning, asking, queue, onTakeBack, onSend, onStop }: ComposerProps) {
  const [text, setText] = useDraftText(place);
  const [isConfirming, setConfirming] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const box = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    if (asking === null) setConfirming(false);
  }, [asking]);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, 220)}px`;
  });

  async function send(setAside: boolean): Promise<void> {
    const message = text.trim();
    if (message === "") return;
    if (asking !== null && !setAside && !isRunning) {
      setConfirming(true);
      return;
    }
    setConfirming(false);
    setError(null);
    setText("");
    try {
      await onSend(message, { setAside, isQueued: isRunning });
    } catch (problem) {
      setText(message);
      setError(problem instanceof Error ? problem.message : String(problem));
    }
  }

  return (
    <div className="mx-auto w-full max-w-3xl px-4 pt-3 pb-4">
      {error ? (
        <p role="alert" className="mb-2 text-bad text-sm">
          {error}
        </p>
      ) : null}
      {isConfirming && asking !== null ? (
        <div
          role="alertdialog"
          aria-label="A question is open"
          className="mb-2 rounded-lg border border-line bg-warn-soft p-3 text-sm"
        >
          <p>{words[asking].confirm}</p>
          <div className="mt-2 flex flex-wrap gap-2">
            <Button onClick={() => void send(true)}>{words[asking].setAside}</Button>
            <Button kind="quiet" onClick={() => setConfirming(false)}>
              {words[asking].keep}
            </Button>
          </div>
        </div>
      ) : null}
      <QueueList
        queue={queue}
        onTakeBack={(id) =>
          void onTakeBack(id).catch(() => setError("It could not be taken back. Try again."))
        }
      />
      <form
        className="flex items-end gap-2 rounded-xl border border-strong bg-panel p-2 shadow-xs focus-within:border-accent"
        onSubmit={(event) => {
          event.preventDefault();
          void send(false);
        }}
      >
        <textarea
          ref={box}
          rows={1}
          aria-label="Message"
          placeholder={placeholderFor(asking, isRunning)}
          className="max-h-56 min-h-9 min-w-0 flex-1 resize-none bg-transparent px-2 py-1.5 outline-none placeholder:text-muted"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            void send(false);
          }}
        />
        {isRunning && text.trim() !== "" ? (
          <Button type="submit" aria-label="Send when this is done">
            <ListEnd className="size-4" aria-hidden />
          </Button>
        ) : null}
        {isRunning ? (
          <Button onClick={() => void onStop()} aria-label="Stop the run">
            <Square className="size-4" aria-hidden /> Stop
          </Button>
        ) : (
          <Button type="submit" kind="primary" disabled={text.trim() === ""} aria-label="Send">
            <ArrowUp className="size-4" aria-hidden />
          </Button>
        )}
      </form>
    </div>
  );
}
