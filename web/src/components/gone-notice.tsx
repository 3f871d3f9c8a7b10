import { Button, useDraftText } from "countersign/react";
import { Plus } from "lucide-react";
import { useLayoutEffect, useRef } from "react";
import { words } from "../words.ts";

interface GoneNoticeProps {
  /** Where what was being written in the chat is kept. */
  place: string;
  onNew: () => void;
}

/** In place of a chat that is not on the server. What was being written in it goes along into a new one. */
export function GoneNotice({ place, onNew }: GoneNoticeProps) {
  const [text, setText] = useDraftText(place);
  const [next, setNext] = useDraftText("new");
  const isWriting = text.trim() !== "";
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    // What had the focus is gone (before another place is found for it); whoever is elsewhere stays there.
    if (document.activeElement === document.body) heading.current?.focus();
  }, []);

  function leave(): void {
    if (isWriting) {
      setNext(next.trim() === "" ? text : `${next}\n${text}`);
      setText("");
    }
    onNew();
  }

  return (
    <section className="mx-auto flex w-full max-w-3xl flex-col items-start gap-4 px-4 py-10 sm:py-16">
      <h2
        ref={heading}
        tabIndex={-1}
        className="font-semibold text-2xl tracking-tight focus-visible:outline-none"
      >
        {words.gone.title}
      </h2>
      <p className="max-w-prose text-muted">{words.gone.why}</p>
      {isWriting ? (
        <div className="w-full">
          <p className="text-sm">{words.gone.written}</p>
          <blockquote
            dir="auto"
            className="mt-2 max-h-56 overflow-y-auto whitespace-pre-wrap break-words rounded-lg border border-line bg-sunken p-3 text-sm"
          >
            {text}
          </blockquote>
        </div>
      ) : null}
      <Button kind="primary" onClick={leave}>
        <Plus className="size-4" aria-hidden /> {words.gone.start}
      </Button>
    </section>
  );
}
