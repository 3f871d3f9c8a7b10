import { CountersignError } from "../protocol/errors.ts";
import { canonicalJson, isRecord, type Json, type JsonObject } from "../protocol/json.ts";
import type { ItemChange, ItemKey, ItemRecord, Lease, Store } from "./ports.ts";

/**
 * The long-term store, for clients and for graphs. What an owner has is in a space of its own, and a graph
 * works in the space of its thread's owner; whoever has no owner shares one space.
 */
export interface Items {
  /** @throws `invalid_argument` for a name that is none */
  get(owner: string | null, key: ItemKey, options?: { refresh?: boolean }): Promise<ItemRecord | undefined>;
  /** All or none. @throws `invalid_argument`; with a lease `lease_lost` */
  write(owner: string | null, changes: ItemChange[], lease?: Lease): Promise<void>;
  /** Last written first. @throws `invalid_argument` */
  search(owner: string | null, query: ItemQuery): Promise<ItemRecord[]>;
  /** In order, each once. @throws `invalid_argument` */
  namespaces(owner: string | null, query: NamespaceQuery): Promise<string[][]>;
}

export interface ItemQuery {
  namespace: string[];
  /** What members of the value must be: a value, or `$eq`, `$ne`, `$gt`, `$gte`, `$lt`, `$lte`, `$in`, `$nin`. */
  filter?: JsonObject;
  limit: number;
  offset: number;
  /** Starts the time to live of what is found again. Default true. */
  refresh?: boolean;
}

export interface NamespaceQuery {
  /** Labels that a namespace must begin or end with; `*` stands for any one. */
  prefix?: string[];
  suffix?: string[];
  /** Cuts namespaces after so many labels. */
  maxDepth?: number;
  limit: number;
  offset: number;
}

const pageLength = 500;

export function createItems(store: Store, now: () => number): Items {
  async function touch(space: string, found: ItemRecord[], refresh = true): Promise<void> {
    const mortal = found.filter(({ ttlMs }) => ttlMs !== null).map(({ number }) => number);
    if (refresh && mortal.length > 0) await store.items.extend(space, mortal, now());
  }

  async function* all(space: string, namespace: string[]): AsyncGenerator<ItemRecord> {
    let before: ItemRecord | undefined;
    do {
      const page = await store.items.list(space, {
        namespace,
        limit: pageLength,
        now: now(),
        ...(before ? { before } : {}),
      });
      yield* page;
      before = page.length < pageLength ? undefined : page.at(-1);
    } while (before);
  }

  return {
    async get(owner, key, { refresh } = {}) {
      checkKey(key);
      const space = toSpace(owner);
      const found = await store.items.find(space, [key], now());
      await touch(space, found, refresh);
      return found[0];
    },

    async write(owner, changes, lease) {
      for (const change of changes) checkKey(change);
      await store.items.write(toSpace(owner), changes, { at: now(), ...(lease ? { lease } : {}) });
    },

    async search(owner, { namespace, filter, limit, offset, refresh }) {
      checkLabels(namespace);
      const matches = toMatch(filter ?? {});
      const space = toSpace(owner);
      const found: ItemRecord[] = [];
      let passed = 0;
      for await (const item of all(space, namespace)) {
        if (found.length >= limit) break;
        if (!matches(item.value)) continue;
        passed += 1;
        if (passed > offset) found.push(item);
      }
      await touch(space, found, refresh);
      return found;
    },

    async namespaces(owner, { prefix = [], suffix = [], maxDepth, limit, offset }) {
      const star = prefix.indexOf("*");
      const namespace = star < 0 ? prefix : prefix.slice(0, star);
      checkLabels(namespace);
      const found = new Map<string, string[]>();
      let after: string[] | undefined;
      do {
        const page = await store.items.namespaces(toSpace(owner), {
          namespace,
          limit: pageLength,
          now: now(),
          ...(after ? { after } : {}),
        });
        for (const one of page) {
          const ends = one.slice(Math.max(0, one.length - suffix.length));
          if (!beginsWith(one, prefix) || one.length < suffix.length || !beginsWith(ends, suffix)) continue;
          const cut = one.slice(0, maxDepth ?? one.length);
          found.set(cut.join("."), cut);
        }
        after = page.length < pageLength ? undefined : page.at(-1);
      } while (after && found.size < offset + limit);
      return [...found.values()].slice(offset, offset + limit);
    },
  };
}

/** Owners' names are their own: the space that is shared has one that none of them can have. */
function toSpace(owner: string | null): string {
  return owner === null ? "" : `=${owner}`;
}

function beginsWith(namespace: string[], pattern: string[]): boolean {
  return (
    namespace.length >= pattern.length &&
    pattern.every((label, place) => label === "*" || label === namespace[place])
  );
}

const longestName = 500;

function checkKey({ namespace, key }: ItemKey): void {
  if (namespace.length === 0) throw badName("A namespace needs at least one label.");
  checkLabels(namespace);
  if (!isName(key)) throw badName(`A key is 1 to ${longestName} characters, without control characters.`);
}

function checkLabels(namespace: string[]): void {
  if (namespace.length > 20) throw badName("A namespace has at most 20 labels.");
  for (const label of namespace) {
    if (isName(label) && !label.includes(".")) continue;
    throw badName(`A namespace label is 1 to ${longestName} characters, without dots or control characters.`);
  }
}

function isName(name: unknown): boolean {
  if (typeof name !== "string" || name === "" || name.length > longestName) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  return !/[\u0000-\u001f\u007f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(
    name,
  );
}

function badName(message: string): CountersignError {
  return new CountersignError("invalid_argument", `${message} Choose another.`);
}

type Test = (value: Json | undefined, wanted: Json) => boolean;

const isSame = (a: Json | undefined, b: Json) => a !== undefined && canonicalJson(a) === canonicalJson(b);

const operators: Record<string, Test> = {
  $eq: isSame,
  $ne: (value, wanted) => !isSame(value, wanted),
  $gt: (value, wanted) => compare(value, wanted) > 0,
  $gte: (value, wanted) => compare(value, wanted) >= 0,
  $lt: (value, wanted) => compare(value, wanted) < 0,
  $lte: (value, wanted) => compare(value, wanted) <= 0,
  $in: (value, wanted) => Array.isArray(wanted) && wanted.some((one) => isSame(value, one)),
  $nin: (value, wanted) => Array.isArray(wanted) && !wanted.some((one) => isSame(value, one)),
};

/** Two numbers or two texts have an order; NaN for anything else. */
function compare(a: Json | undefined, b: Json): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a !== "string" || typeof b !== "string") return Number.NaN;
  return a === b ? 0 : a < b ? -1 : 1;
}

function toMatch(filter: JsonObject): (value: JsonObject) => boolean {
  const tests = Object.entries(filter).flatMap(([member, wanted]) => {
    const isOperators = isRecord(wanted) && Object.keys(wanted).some((name) => name.startsWith("$"));
    const entries = isOperators ? Object.entries(wanted as JsonObject) : [["$eq", wanted] as const];
    return entries.map(([name, operand]) => ({ member, operand, test: operatorOf(name) }));
  });
  return (value) =>
    tests.every(({ member, operand, test }) =>
      test(Object.hasOwn(value, member) ? value[member] : undefined, operand),
    );
}

function operatorOf(name: string): Test {
  const test = Object.hasOwn(operators, name) ? operators[name] : undefined;
  if (test) return test;
  throw new CountersignError(
    "invalid_argument",
    `There is no filter operator ${name}. Use one of ${Object.keys(operators).join(", ")}.`,
  );
}
