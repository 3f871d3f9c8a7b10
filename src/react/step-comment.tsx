import { Button } from "./button.tsx";
import type { StepNotes } from "./use-plan-notes.ts";
import { words } from "./words.ts";

interface StepCommentProps {
  number: number;
  notes: Pick<StepNotes, "comment" | "isCommenting" | "onComment" | "onCommenting">;
}

/** What the person says about one step: it goes along when changes are requested. */
export function StepComment({ number, notes }: StepCommentProps) {
  const { comment = "", isCommenting, onComment, onCommenting } = notes;
  if (!isCommenting) {
    if (comment.trim() === "") return null;
    return (
      <p
        dir="auto"
        className="mt-2 whitespace-pre-wrap break-words rounded-lg border-accent border-s-2 bg-accent-soft px-2.5 py-1.5 text-sm"
      >
        {comment}
      </p>
    );
  }
  return (
    <div className="mt-2">
      <textarea
        aria-label={words.step.commentLabel(number)}
        // biome-ignore lint/a11y/noAutofocus: the person has just asked for this box
        autoFocus
        // Coming back to a text, one goes on at its end.
        onFocus={({ currentTarget }) => currentTarget.setSelectionRange(comment.length, comment.length)}
        rows={2}
        dir="auto"
        value={comment}
        placeholder={words.step.commentPlaceholder}
        onChange={(event) => onComment(event.target.value)}
        onKeyDown={(event) => {
          const isDone = event.key === "Enter" && (event.metaKey || event.ctrlKey);
          if (event.key !== "Escape" && !isDone) return;
          event.preventDefault();
          onCommenting(false);
        }}
        className="field-sizing-content w-full resize-y rounded-lg border border-strong bg-bg p-2 text-sm"
      />
      <div className="mt-1 flex gap-2">
        <Button className="min-h-8! py-1!" onClick={() => onCommenting(false)}>
          {words.step.commentDone}
        </Button>
        <Button
          kind="quiet"
          className="min-h-8! py-1!"
          onClick={() => {
            onComment("");
            onCommenting(false);
          }}
        >
          {words.step.commentRemove}
        </Button>
      </div>
    </div>
  );
}
