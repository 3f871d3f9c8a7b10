/**
 * Makes a test for workspace-relative paths out of what a model calls a name: a plain part of the path, or a
 * glob (`*` and `?` within a name, `**` for any number of directories, `{a,b}` for either). Case does not
 * matter. A glob without a slash is held against the last name of the path only.
 *
 * Matching takes time in proportion to path times pattern; there is no backtracking for a pattern to exploit.
 */
export function createMatcher(pattern: string): (path: string) => boolean {
  const wanted = fold(pattern);
  if (!/[*?{]/.test(wanted)) return (path) => fold(path).includes(wanted);
  const globs = expandBraces(wanted).map((glob) => glob.split("/"));
  return (path) => {
    const names = fold(path).split("/");
    return globs.some((glob) =>
      glob.length === 1 && glob[0] !== "**"
        ? matchName(glob[0] ?? "", names.at(-1) ?? "")
        : matchNames(glob, names),
    );
  };
}

function fold(text: string): string {
  return text.normalize("NFC").toLowerCase();
}

/** One level of braces, in at most 64 alternatives; what is beyond that is taken literally. */
function expandBraces(glob: string): string[] {
  let alternatives = [glob];
  for (;;) {
    const next = alternatives.flatMap((text) => {
      const found = /\{([^{}]*,[^{}]*)\}/.exec(text);
      if (!found) return [text];
      const before = text.slice(0, found.index);
      const after = text.slice(found.index + found[0].length);
      return (found[1] ?? "").split(",").map((choice) => before + choice + after);
    });
    if (next.length === alternatives.length || next.length > 64) return alternatives;
    alternatives = next;
  }
}

function matchName(glob: string, name: string): boolean {
  return matchSequence([...glob], [...name], { isStar: (part) => part === "*", isSame: sameCharacter });
}

function sameCharacter(wanted: string, found: string): boolean {
  return wanted === "?" || wanted === found;
}

function matchNames(glob: readonly string[], names: readonly string[]): boolean {
  return matchSequence(glob, names, { isStar: (part) => part === "**", isSame: matchName });
}

/**
 * Greedy wildcard matching: only the last star ever has to take one more, since an earlier one that took less
 * leaves the later ones at least as much to choose from.
 */
function matchSequence(
  pattern: readonly string[],
  items: readonly string[],
  { isStar, isSame }: { isStar(part: string): boolean; isSame(part: string, item: string): boolean },
): boolean {
  let at = 0;
  let star = -1;
  let taken = 0;
  for (let item = 0; item < items.length; ) {
    const part = pattern[at];
    if (part !== undefined && isStar(part)) {
      star = at++;
      taken = item;
    } else if (part !== undefined && isSame(part, items[item] ?? "")) {
      at++;
      item++;
    } else if (star >= 0) {
      at = star + 1;
      item = ++taken;
    } else {
      return false;
    }
  }
  return pattern.slice(at).every(isStar);
}
