import { diffLines, diffWordsWithSpace } from "diff";
import { words } from "./words.ts";

interface Part {
  value: string;
  added: boolean;
  removed: boolean;
}

/** Beyond so many edits texts are not alike: comparing them further takes long, and says nothing. */
const maxEdits = 3_000;
/** From so many characters on, texts are compared by lines. */
const byLines = 20_000;
/** Unchanged lines that stay around a change. */
const around = 2;

/** What two texts have in common, and what not. */
export function partsOf(before: string, after: string): Part[] {
  const options = { maxEditLength: maxEdits };
  const isLong = before.length + after.length > byLines;
  const found = isLong ? diffLines(before, after, options) : diffWordsWithSpace(before, after, options);
  const parts = found ?? [
    { value: before, removed: true, added: false },
    { value: after, removed: false, added: true },
  ];
  return parts
    .filter(({ value }) => value !== "")
    .map(({ value, added, removed }) => ({ value, added: added === true, removed: removed === true }));
}

/** A text with what was taken out of it and put into it; long stretches that stayed are folded. */
export function WordDiff({ before, after }: { before: string; after: string }) {
  const parts = partsOf(before, after);
  return parts.map((part, index) => {
    // biome-ignore lint/suspicious/noArrayIndexKey: parts have nothing else to be told apart by
    if (part.removed) return <Removed key={index} text={part.value} />;
    // biome-ignore lint/suspicious/noArrayIndexKey: as above
    if (part.added) return <Added key={index} text={part.value} />;
    const place = { isFirst: index === 0, isLast: index === parts.length - 1 };
    // biome-ignore lint/suspicious/noArrayIndexKey: as above
    return <Same key={index} text={part.value} {...place} />;
  });
}

interface ChangedProps {
  text: string;
  /** False where a heading says whether this is how it was, or how it is. */
  isSaid?: boolean;
}

export function Removed({ text, isSaid = true }: ChangedProps) {
  return (
    <del className="rounded-sm bg-bad-soft text-bad">
      {isSaid ? (
        <span dir="ltr" className="sr-only select-none">
          {words.changes.wordsRemoved}
        </span>
      ) : null}
      {text}
    </del>
  );
}

export function Added({ text, isSaid = true }: ChangedProps) {
  return (
    <ins className="rounded-sm bg-ok-soft text-ok no-underline">
      {isSaid ? (
        <span dir="ltr" className="sr-only select-none">
          {words.changes.wordsAdded}
        </span>
      ) : null}
      {text}
    </ins>
  );
}

function Same({ text, isFirst, isLast }: { text: string; isFirst: boolean; isLast: boolean }) {
  const lines = text.split("\n");
  const [head, tail] = [isFirst ? 0 : around + 1, isLast ? 0 : around + 1];
  const folded = lines.length - head - tail;
  if (folded < 3) return <span>{text}</span>;
  return (
    <>
      {head > 0 ? <span>{`${lines.slice(0, head).join("\n")}\n`}</span> : null}
      <span dir="ltr" className="block select-none py-0.5 text-muted italic">
        {words.changes.linesSame(folded)}
      </span>
      {tail > 0 ? <span>{lines.slice(-tail).join("\n")}</span> : null}
    </>
  );
}
