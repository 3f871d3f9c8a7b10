import assert from "node:assert/strict";
import type { ItemChange, ItemRecord, Store } from "../core/ports.ts";
import type { JsonObject } from "../protocol/json.ts";
import { type ContractCase, end, later, promise, refuses, start, together } from "./contract-support.ts";

const change = (
  namespace: string[],
  key: string,
  value: JsonObject | null,
  ttlMs: number | null = null,
): ItemChange => ({
  namespace,
  key,
  value,
  ttlMs,
});

async function put(store: Store, ...changes: ItemChange[]): Promise<number> {
  const at = later();
  await store.items.write("s", changes, { at });
  return at;
}

const find = async (store: Store, namespace: string[], key: string, now = later()) =>
  (await store.items.find("s", [{ namespace, key }], now))[0];

const keysOf = (items: ItemRecord[]) => items.map(({ namespace, key }) => [...namespace, key].join("/"));

const list = (store: Store, namespace: string[], now = later()) =>
  store.items.list("s", { namespace, limit: 100, now });

export const itemCases: readonly ContractCase[] = [
  promise("items: what is put is found, is replaced, and is gone when deleted", async ({ store, other }) => {
    const value = { text: 'Zoë "\u0000" \u2028', deep: { list: [1, null, { a: true }] } };
    const at = await put(store, change(["users", "ana"], "k e y", value));
    const found = await find(other, ["users", "ana"], "k e y");
    assert.deepEqual(
      { ...found, number: 0 },
      {
        number: 0,
        namespace: ["users", "ana"],
        key: "k e y",
        value,
        ttlMs: null,
        createdAt: at,
        updatedAt: at,
      },
    );
    const later = await put(other, change(["users", "ana"], "k e y", { n: 2 }));
    const replaced = await find(store, ["users", "ana"], "k e y");
    assert.deepEqual([replaced?.value, replaced?.createdAt, replaced?.updatedAt], [{ n: 2 }, at, later]);
    await put(store, change(["users", "ana"], "k e y", null), change(["users"], "none", null));
    assert.equal(await find(other, ["users", "ana"], "k e y"), undefined);
  }),

  promise("items: one space sees nothing of another", async ({ store }) => {
    await put(store, change(["a"], "k", { of: "s" }));
    await store.items.write("t", [change(["a"], "k", { of: "t" })], { at: later() });
    const now = later();
    assert.deepEqual((await find(store, ["a"], "k"))?.value, { of: "s" });
    assert.deepEqual(keysOf(await store.items.list("t", { namespace: [], limit: 9, now })), ["a/k"]);
    assert.deepEqual(await store.items.namespaces("u", { namespace: [], limit: 9, now }), []);
    await store.items.write("t", [change(["a"], "k", null)], { at: later() });
    assert.ok(await find(store, ["a"], "k"));
  }),

  promise(
    "items: a list has what is in a namespace and below, last written first, page by page",
    async ({ store }) => {
      const places: [string[], string][] = [
        [["a"], "1"],
        [["a", "b"], "2"],
        [["ab"], "3"],
        [["a", "b", "c"], "4"],
        [["é"], "5"],
        [["a", "\u{10fffd}"], "6"],
      ];
      for (const [namespace, key] of places) await put(store, change(namespace, key, { key }));
      assert.deepEqual(keysOf(await list(store, ["a"])), ["a/\u{10fffd}/6", "a/b/c/4", "a/b/2", "a/1"]);
      assert.deepEqual(keysOf(await list(store, ["a", "b"])), ["a/b/c/4", "a/b/2"]);
      assert.deepEqual(keysOf(await list(store, ["%"])), []);
      await put(store, change(["ab"], "3", { again: true }));
      const all = keysOf(await list(store, []));
      assert.deepEqual(all.slice(0, 2), ["ab/3", "a/\u{10fffd}/6"]);
      const paged: string[] = [];
      let before: ItemRecord | undefined;
      do {
        const page = await store.items.list("s", {
          namespace: [],
          limit: 4,
          now: later(),
          ...(before ? { before } : {}),
        });
        paged.push(...keysOf(page));
        before = page.at(-1);
      } while (before);
      assert.deepEqual(paged, all);
    },
  ),

  promise("items: many written in one go, and pages cut between them", async ({ store }) => {
    await put(store, ...Array.from({ length: 30 }, (_, index) => change(["n"], String(index), { index })));
    const first = await store.items.list("s", { namespace: ["n"], limit: 20, now: later() });
    const [last] = first.slice(-1);
    assert.ok(last);
    const second = await store.items.list("s", { namespace: ["n"], limit: 20, now: later(), before: last });
    assert.equal(new Set(keysOf([...first, ...second])).size, 30);
  }),

  promise("items: namespaces are those that hold something, in order, page by page", async ({ store }) => {
    for (const namespace of [["b"], ["a", "x"], ["a"], ["a", "y"], ["ab"]]) {
      await put(store, change(namespace, "1", {}), change(namespace, "2", {}));
    }
    await put(store, change(["a", "y"], "1", null), change(["a", "y"], "2", null));
    const now = later();
    const all = await store.items.namespaces("s", { namespace: [], limit: 9, now });
    assert.deepEqual(all, [["a"], ["a", "x"], ["ab"], ["b"]]);
    assert.deepEqual(await store.items.namespaces("s", { namespace: ["a"], limit: 9, now }), [
      ["a"],
      ["a", "x"],
    ]);
    const after = ["a", "x"];
    assert.deepEqual(await store.items.namespaces("s", { namespace: [], after, limit: 1, now }), [["ab"]]);
  }),

  promise(
    "items: what has expired is not there, unless its time began again, and is deleted",
    async ({ store, other }) => {
      const at = await put(
        store,
        change(["t"], "short", { n: 1 }, 1_000),
        change(["t"], "long", { n: 2 }, 9_000),
      );
      assert.equal((await find(store, ["t"], "short", at + 999))?.ttlMs, 1_000);
      assert.equal(await find(store, ["t"], "short", at + 1_000), undefined);
      const long = await find(store, ["t"], "long", at + 1_000);
      assert.ok(long);
      assert.deepEqual(keysOf(await list(store, ["t"], at + 1_000)), ["t/long"]);
      await other.items.extend("s", [long.number], at + 5_000);
      assert.ok(await find(store, ["t"], "long", at + 13_999));
      assert.equal(await find(store, ["t"], "long", at + 14_000), undefined);
      assert.equal(await store.items.deleteExpired(at + 999, 9), 0);
      assert.equal(await store.items.deleteExpired(at + 20_000, 1), 1);
      assert.equal(await other.items.deleteExpired(at + 20_000, 9), 1);
      assert.equal(await other.items.deleteExpired(at + 20_000, 9), 0);
      await put(store, change(["t"], "for ever", {}, 1_000));
      await put(store, change(["t"], "for ever", {}));
      assert.ok(await find(store, ["t"], "for ever", at + 1e12));
    },
  ),

  promise("items: an attempt that lost its run writes nothing any more", async ({ store, other }) => {
    const { lease } = await start(store, "t");
    await store.items.write("s", [change(["a"], "k", { n: 1 })], { at: later(), lease });
    await store.runs.finish(lease, end());
    const late = other.items.write("s", [change(["a"], "k", { n: 2 })], { at: later(), lease });
    await refuses(late, "lease_lost");
    assert.deepEqual((await find(store, ["a"], "k"))?.value, { n: 1 });
  }),

  promise("items: of those who write the same one at once, each writes it whole", async (stores) => {
    await together(stores, 20, (store, index) => put(store, change(["a"], "k", { a: index, b: index })));
    const value = (await find(stores.store, ["a"], "k"))?.value;
    assert.equal(value?.a, value?.b);
    assert.equal((await list(stores.store, [])).length, 1);
  }),
];
