import { Button, useDraftText } from "countersign/react";
import { ArrowUp, ListEnd, Square, StepForward } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { Conversation } from "../hooks/use-conversation.ts";
import { words } from "../words.ts";
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
  /** Undefined where there is no step to end after. */
  onStopAfterStep: (() => Promise<void>) | undefined;
  stopsAfterStep: boolean;
  /** What was picked elsewhere on the page, to be sent as if it had been written. */
  picked: string | null;
  onPicked: () => void;
  /** What had not arrived when the page was left: it comes back into the box. */
  lost: string | null;
  onLost: () => void;
  /** The box has the focus from the start. */
  isWanted: boolean;
}

function placeholderFor(asking: ComposerProps["asking"], isRunning: boolean): string {
  const { askNext, ask } = words.composer;
  if (asking !== null) return words.composer[asking].placeholder;
  return isRunning ? askNext : ask;
}

/** Where the person writes. It sends messages and nothing else. */
export function Composer(props: ComposerProps) {
  const { place, isRunning, asking, queue, onTakeBack, onSend, isWanted } = props;
  const [text, setText] = useDraftText(place);
  const [isConfirming, setConfirming] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const box = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    if (asking === null) setConfirming(false);
  }, [asking]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it comes
  useEffect(() => {
    if (isWanted) box.current?.focus();
  }, []);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, 220)}px`;
  });

  /** As it is when a message comes back: meanwhile more may have been written, and in another place. */
  const current = useRef({ text, setText });
  current.current = { text, setText };
  const putBack = (message: string) => {
    const { text: written, setText: write } = current.current;
    write(written.trim() === "" ? message : `${message}\n${written}`);
  };

  async function send(setAside: boolean, message = text.trim()): Promise<void> {
    if (message === "") return;
    if (asking !== null && !setAside && !isRunning) {
      setConfirming(true);
      return;
    }
    setConfirming(false);
    setError(null);
    if (message === text.trim()) setText("");
    try {
      await onSend(message, { setAside, isQueued: isRunning });
    } catch (problem) {
      putBack(message);
      setError(problem instanceof Error ? problem.message : String(problem));
    }
  }

  const { picked, onPicked, lost, onLost } = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each that is picked
  useEffect(() => {
    if (picked === null) return;
    onPicked();
    void send(false, picked);
  }, [picked]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each that is lost
  useEffect(() => {
    if (lost === null) return;
    onLost();
    putBack(lost);
  }, [lost]);

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
          aria-label={words.composer.open}
          className="mb-2 rounded-lg border border-line bg-warn-soft p-3 text-sm"
        >
          <p>{words.composer[asking].confirm}</p>
          <div className="mt-2 flex flex-wrap gap-2">
            <Button onClick={() => void send(true)}>{words.composer[asking].setAside}</Button>
            <Button kind="quiet" onClick={() => setConfirming(false)}>
              {words.composer[asking].keep}
            </Button>
          </div>
        </div>
      ) : null}
      <QueueList
        queue={queue}
        onTakeBack={(id) => void onTakeBack(id).catch(() => setError(words.composer.notTakenBack))}
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
          aria-label={words.composer.label}
          dir="auto"
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
          <Button type="submit" aria-label={words.composer.sendNext} title={words.composer.sendNext}>
            <ListEnd className="size-4" aria-hidden />
          </Button>
        ) : null}
        {isRunning ? (
          <StopButtons {...props} onFail={() => setError(words.composer.notStopped)} />
        ) : (
          <Button type="submit" kind="primary" disabled={text.trim() === ""} aria-label={words.composer.send}>
            <ArrowUp className="size-4" aria-hidden />
          </Button>
        )}
      </form>
    </div>
  );
}

type StopButtonsProps = Pick<ComposerProps, "onStop" | "onStopAfterStep" | "stopsAfterStep"> & {
  onFail: () => void;
};

/** Ends the run: at once, or once what is under way is finished. */
function StopButtons({ onStop, onStopAfterStep, stopsAfterStep, onFail }: StopButtonsProps) {
  const { stop, stopLabel, stopNow, stopAfter, stopAfterHint, stopsAfter } = words.composer;
  return (
    <>
      {stopsAfterStep ? (
        <span role="status" className="self-center px-1 text-muted text-xs">
          {stopsAfter}
        </span>
      ) : onStopAfterStep ? (
        <Button
          kind="quiet"
          aria-label={stopAfter}
          title={stopAfterHint}
          onClick={() => void onStopAfterStep().catch(onFail)}
        >
          <StepForward className="size-4" aria-hidden />
          <span className="hidden sm:inline">{stopAfter}</span>
        </Button>
      ) : null}
      <Button onClick={() => void onStop()} aria-label={stopLabel} title={stopNow}>
        <Square className="size-4" aria-hidden /> {stop}
      </Button>
    </>
  );
}
