/** Code first, so that nothing within it is taken for a formula. */
const pattern = new RegExp(
  [
    /(?:^|\n)[ \t]*(?<fence>`{3,}|~{3,})[\s\S]*?(?:\n[ \t]*\k<fence>|$)/,
    /(?<ticks>`+)(?!`)[\s\S]*?[^`]\k<ticks>(?!`)/,
    /\$\$(?<double>[\s\S]+?)\$\$/,
    /\\\[(?<bracket>[\s\S]+?)\\\]/,
    /\\\((?<paren>[^\n]+?)\\\)/,
    /(?<![\\$\w])\$(?![\s$])(?<single>(?:[^$\n\\]|\\.)+?)(?<!\s)\$(?![$\w])/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "g",
);

/**
 * Formulas as models write them, in the one way that the renderer reads: `$$…$$`. `\(…\)` and `\[…\]` are
 * formulas; `$…$` is one when it can be nothing else, since prices have dollars too. Code stays as it is.
 */
export function toMathText(text: string): string {
  if (!/\$|\\[([]/.test(text)) return text;
  return text.replace(pattern, (whole: string, ...rest: unknown[]) => {
    const { double, bracket, paren, single } = rest.at(-1) as Record<string, string | undefined>;
    if (double !== undefined) return double.includes("\n") ? onItsOwn(double) : whole;
    if (bracket !== undefined) return onItsOwn(bracket);
    if (paren !== undefined) return `$$${paren.trim()}$$`;
    return single !== undefined && isFormula(single) ? `$$${single}$$` : whole;
  });
}

/** True when there may be a formula in it, once {@link toMathText} has been over it. */
export function hasMath(text: string): boolean {
  return /\$\$\s*[^$\s]/.test(text);
}

function onItsOwn(inner: string): string {
  return `\n$$\n${inner.trim()}\n$$\n`;
}

function isFormula(inner: string): boolean {
  return /[\\^_={}]/.test(inner) || /^[A-Za-z]$/.test(inner);
}
