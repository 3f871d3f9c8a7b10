import type { Changes } from "countersign/agent";
import { Minus } from "lucide-react";
import { KeyHint } from "./key-hint.tsx";
import type { Contract, countChanges } from "./plan-diff.ts";
import { words } from "./words.ts";

interface ChangeBarProps {
  changes: Changes;
  counts: ReturnType<typeof countChanges>;
  isShown: boolean;
  onShow: (isShown: boolean) => void;
}

/** What is different since the revision before, in numbers, and whether it is shown in the steps. */
export function ChangeBar({ changes, counts, isShown, onShow }: ChangeBarProps) {
  const isAny = Object.values(counts).some((count) => count > 0);
  return (
    <>
      <p>
        {words.changes.since(changes.since)}{" "}
        {isAny ? <ChangeCounts counts={counts} /> : <span>{words.changes.none}</span>}
      </p>
      {isAny ? (
        <label className="flex items-center gap-1.5">
          <input
            type="checkbox"
            checked={isShown}
            aria-keyshortcuts="d"
            onChange={(event) => onShow(event.target.checked)}
          />
          {words.changes.show}
          <KeyHint letter="d" />
        </label>
      ) : null}
    </>
  );
}

/** `+1 −1 ~2`, in words for those who hear it. */
export function ChangeCounts({ counts }: { counts: ReturnType<typeof countChanges> }) {
  const { added, removed, changed, moved } = counts;
  const inWords = [
    added > 0 ? words.changes.added(added) : "",
    removed > 0 ? words.changes.removed(removed) : "",
    changed > 0 ? words.changes.changed(changed) : "",
    moved > 0 ? words.changes.moved(moved) : "",
  ].filter((part) => part !== "");
  return (
    <>
      <span aria-hidden className="inline-flex gap-1.5 font-mono font-semibold text-xs">
        {added > 0 ? <span className="text-ok">{`+${added}`}</span> : null}
        {removed > 0 ? <span className="text-bad">{`−${removed}`}</span> : null}
        {changed > 0 ? <span className="text-warn">{`~${changed}`}</span> : null}
        {moved > 0 ? <span className="text-accent">{`↕${moved}`}</span> : null}
      </span>
      <span className="sr-only">{inWords.join(", ")}</span>
    </>
  );
}

/** A step that is gone, where it stood. */
export function RemovedStep({ step, number }: { step: Contract; number: number }) {
  return (
    <li className="flex gap-3 py-2" data-removed={step.id}>
      <span className="mt-0.5 flex size-6 shrink-0 items-center justify-center rounded-full bg-bad-soft text-bad">
        <Minus className="size-4" aria-hidden />
      </span>
      <div className="flex min-w-0 flex-1 flex-wrap items-center gap-x-2 gap-y-1">
        <del className="text-muted">{`${number}. ${step.title}`}</del>
        <code className="rounded bg-sunken px-1.5 py-0.5 font-mono text-muted text-xs line-through">
          {step.tool}
        </code>
        <span className="rounded-full bg-bad-soft px-2 py-0.5 text-bad text-xs">
          {words.changes.isRemoved}
        </span>
      </div>
    </li>
  );
}

export const chips = {
  added: "bg-ok-soft text-ok",
  changed: "bg-warn-soft text-warn",
  moved: "bg-accent-soft text-accent",
  plain: "bg-sunken text-muted",
};

export function Chip({
  look,
  title,
  children,
}: {
  look: keyof typeof chips;
  title?: string;
  children: string;
}) {
  return (
    <span
      title={title}
      className={`shrink-0 whitespace-nowrap rounded-full px-2 py-0.5 text-xs ${chips[look]}`}
    >
      {children}
    </span>
  );
}
