import remarkMath from "remark-math";
import { Formula } from "./formula.tsx";
import { MarkdownBody, toComponents, withTables } from "./markdown-body.tsx";

// A dollar alone is no sign of a formula: `toMathText` has found those that are.
const plugins: typeof withTables = [...withTables, [remarkMath, { singleDollarTextMath: false }]];
const components = toComponents(Formula);

/** Markdown with formulas between double dollars. */
export function MarkdownWithMath({ text }: { text: string }) {
  return <MarkdownBody text={text} plugins={plugins} components={components} />;
}
