import { memo } from "react";
import { deferred } from "./deferred.tsx";
import { MarkdownBody } from "./markdown-body.tsx";
import { hasMath, toMathText } from "./math-text.ts";

/** With formulas; without them until what draws them is here. */
const MarkdownWithMath = deferred<{ text: string }>(
  async () => (await import("./markdown-math.tsx")).MarkdownWithMath,
  ({ text }) => <MarkdownBody text={text} />,
);

/** Markdown from a model or a tool: code, tables, formulas, links that open elsewhere, no HTML of its own. */
export const MarkdownView = memo(function MarkdownView({ text }: { text: string }) {
  const written = toMathText(text);
  return hasMath(written) ? <MarkdownWithMath text={written} /> : <MarkdownBody text={text} />;
});
