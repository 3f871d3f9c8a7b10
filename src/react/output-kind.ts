/** What a text is, as far as it shows: how it is best read. */
export type OutputKind = "json" | "diff" | "markdown" | "text";

/** Characters up to which a text is looked through. */
const maxLength = 4_000_000;

export function kindOf(text: string): OutputKind {
  if (text.length > maxLength) return "text";
  if (/^\s*[[{]/.test(text) && isJson(text)) return "json";
  if (/^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@/m.test(text)) return "diff";
  return isMarkdown(text) ? "markdown" : "text";
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}

const codeLine = /^\s*(import|from|def|class|function|const|let|var|export|package|using|#!|#include|\/\/)/m;
const signs = [
  /(?:^|\n\n?)#{1,6} \S[^\n]*\n\s*\S/, // a heading with something under it
  /^(?:```|~~~)/m,
  /^\|?[^\n|]+\|[^\n]*\n\|?[ :-]*-[-| :]*$/m, // a table
  /^(?:[-*+]|\d+\.) \S[^\n]*\n(?:[-*+]|\d+\.) \S/m, // a list
  /\*\*[^\s*][^*\n]*\*\*|\[[^\]\n]+\]\(\S+\)/, // bold, links
];

/** Comments of scripts look like headings, so code is taken for no Markdown; one sign alone may be anything. */
function isMarkdown(text: string): boolean {
  const begin = text.slice(0, 100_000);
  const [heading, fence, table, ...others] = signs.map((sign) => sign.test(begin));
  if (fence || table) return true;
  if (codeLine.test(begin)) return false;
  return heading === true || others.filter(Boolean).length > 1;
}
