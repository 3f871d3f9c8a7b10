import { JsonTree } from "./json-tree.tsx";
import { Markdown } from "./markdown.tsx";
import { restOf, wordsIn } from "./questions.ts";

/** A value of any shape: the words in it that are meant for a person, then all the rest of it. */
export function QuestionWords({ value }: { value: unknown }) {
  const text = wordsIn(value);
  const rest = restOf(value);
  return (
    <>
      {text === null ? null : <Markdown text={text} />}
      {rest === undefined ? null : (
        <div className="mt-2 rounded-md border border-line bg-sunken p-2.5 text-sm">
          <JsonTree value={rest} />
        </div>
      )}
    </>
  );
}
