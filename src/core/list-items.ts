import { childrenOf, fanOut, kindOf } from "./contents.ts";

/** An item of a stored list: what it is stored as, and where in the list it is. */
export interface ListItem {
  place: number;
  hash: string;
}

type Load = (hashes: string[]) => Promise<Map<string, Uint8Array>>;

/**
 * The items of a stored list from its end, a leaf at a time: reading its newest costs as much as the tree is deep,
 * however long the list is. Nothing for what is no list; what the store has no more is passed over.
 *
 * @param load - Gets the bytes of hashes from the store.
 * @param before - Only items at places below this one.
 */
export async function* itemsFromEnd(
  hash: string,
  load: Load,
  before = Number.POSITIVE_INFINITY,
): AsyncGenerator<ListItem[]> {
  /** Of the way down to the last item; it is needed twice. */
  const spine = new Map<string, Uint8Array>();
  const read = async (one: string) => spine.get(one) ?? (await load([one])).get(one);

  async function heightOf(node: string): Promise<number> {
    const bytes = await read(node);
    if (bytes === undefined) return 0;
    spine.set(node, bytes);
    const kind = kindOf(bytes);
    if (kind === "list") return 1;
    const last = kind === "tree" ? childrenOf(bytes).at(-1) : undefined;
    const height = last === undefined ? 0 : await heightOf(last);
    return height === 0 ? 0 : height + 1;
  }

  /** All children of a node but the last are full. */
  async function* walk(node: string, first: number, height: number): AsyncGenerator<ListItem[]> {
    const bytes = await read(node);
    if (bytes === undefined) return;
    const width = fanOut ** (height - 1);
    const children = childrenOf(bytes)
      .map((child, index) => ({ place: first + index * width, hash: child }))
      .filter(({ place }) => place < before)
      .reverse();
    if (height === 1) yield children;
    else for (const { hash: child, place } of children) yield* walk(child, place, height - 1);
  }

  const height = await heightOf(hash);
  if (height > 0) yield* walk(hash, 0, height);
}
