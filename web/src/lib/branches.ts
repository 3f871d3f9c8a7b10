/** A version of a thread: where it ends, and what was said in it. */
export interface Branch {
  /** Its newest checkpoint. */
  leaf: string;
  /** Ids of its messages. */
  messages: readonly string[];
  /** Sorts the versions of a message by when they began, whichever of them is shown. */
  began: string;
}

/** The versions of one message: what was said instead, at the same place. */
export interface Versions {
  /** Where each of them is now, in the order in which they were begun. */
  leaves: string[];
  /** Which of them is shown. */
  at: number;
}

/** A checkpoint as far as the shape of the history goes. */
export interface Knot {
  id: string;
  parent: string | null;
}

/** Checkpoints that none came after, newest first. @param knots - newest first */
export function leavesOf(knots: readonly Knot[]): string[] {
  const parents = new Set(knots.map(({ parent }) => parent));
  return knots.filter(({ id }) => !parents.has(id)).map(({ id }) => id);
}

/** A checkpoint and those it came of, newest first, as far as they are known. */
export function pathOf(id: string, parents: ReadonlyMap<string, string | null>): string[] {
  const path: string[] = [];
  for (let at: string | null | undefined = id; at != null && !path.includes(at); at = parents.get(at)) {
    path.push(at);
  }
  return path;
}

/**
 * The checkpoint with which two paths part, on the one and on the other: the ids of checkpoints sort by time, so
 * that these say which of two versions was begun first.
 */
export function partingOf(one: readonly string[], other: readonly string[]): [string, string] {
  const shared = new Set(other);
  const at = one.findIndex((id) => shared.has(id));
  const common = one[at];
  const index = common === undefined ? other.length : other.indexOf(common);
  const before = (path: readonly string[], end: number) => path[end - 1] ?? path.at(-1) ?? "";
  return [before(one, at === -1 ? one.length : at), before(other, index)];
}

/**
 * Which messages of the shown version have others in their place.
 *
 * @param shown - The version that is shown; `began` of the others says when they parted from it, and `parted` when it
 *   parted from them.
 */
export function toVersions(
  shown: Omit<Branch, "began">,
  others: readonly (Branch & { parted: string })[],
): Map<string, Versions> {
  const found = new Map<string, Map<string, { leaf: string; began: string }>>();
  for (const { leaf, messages, began, parted } of others) {
    const at = messages.findIndex((id, index) => id !== shown.messages[index]);
    const [here, there] = [shown.messages[at], messages[at]];
    // One that only ends earlier, or goes on, is the same version so far.
    if (at === -1 || here === undefined || there === undefined) continue;
    const versions = found.get(here) ?? new Map([[here, { leaf: shown.leaf, began: parted }]]);
    // The newest that begins with it stands for it: branches come newest first.
    if (!versions.has(there)) versions.set(there, { leaf, began });
    found.set(here, versions);
  }
  return new Map(
    [...found].map(([id, versions]) => {
      const sorted = [...versions].sort(([, one], [, other]) => (one.began < other.began ? -1 : 1));
      return [
        id,
        { leaves: sorted.map(([, { leaf }]) => leaf), at: sorted.findIndex(([one]) => one === id) },
      ];
    }),
  );
}
