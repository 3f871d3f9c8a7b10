import { JsonTree } from "../components/json-tree.tsx";
import { Markdown } from "../components/markdown.tsx";
import { restOf, wordsIn } from "../conversation/questions.ts";

/** A value of any shape: the words in it that are meant for a person, then all the rest of it. */
export function QuestionWords({ value }: { value: unknown }) {
  const words = wordsIn(value);
  const rest = restOf(value);
  return (
    <>
      {words === null ? null : <Markdown text={words} />}
      {rest === undefined ? null : (
        <div className="mt-2 rounded-md border border-line bg-sunken p-2.5 text-sm">
          <JsonTree value={rest} />
        </div>
      )}
    </>
  );
}
