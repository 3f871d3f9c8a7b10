import assert from "node:assert/strict";
import type { AssistantRecord, AssistantSearch, NewAssistant, Store } from "../core/ports.ts";
import { type ContractCase, later, promise, together } from "./contract-support.ts";

function newAssistant(assistantId: string, changes: Partial<NewAssistant> = {}): NewAssistant {
  return {
    assistantId,
    owner: null,
    isSystem: false,
    graphId: "graph",
    name: assistantId,
    description: null,
    config: {},
    context: {},
    metadata: {},
    at: later(),
    ...changes,
  };
}

const search = (store: Store, changes: Partial<AssistantSearch> = {}) =>
  store.assistants.search({ limit: 100, offset: 0, sortBy: "assistant_id", sortOrder: "asc", ...changes });

const idsOf = (assistants: AssistantRecord[]) => assistants.map(({ assistantId }) => assistantId);

export const assistantCases: readonly ContractCase[] = [
  promise(
    "assistants: a new one is at version 1 and holds what it was made with",
    async ({ store, other }) => {
      const made = newAssistant("a", {
        owner: "ana",
        description: "Zoë's",
        config: { tags: ["x"], configurable: { model: "m" } },
        context: { tone: "dry" },
        metadata: { deep: { n: [1, null] } },
      });
      const { created } = await store.assistants.create(made);
      assert.equal(created, true);
      const { at, ...terms } = made;
      assert.deepEqual(await other.assistants.find("a"), {
        ...terms,
        version: 1,
        createdAt: at,
        updatedAt: at,
      });
      assert.equal(await store.assistants.find("nobody"), undefined);
      const again = await other.assistants.create(newAssistant("a", { graphId: "another" }));
      assert.equal(again.created, false);
      assert.deepEqual(again.assistant, await store.assistants.find("a"));
    },
  ),

  promise("assistants: of many who create the same one, exactly one does", async (stores) => {
    const outcomes = await together(stores, 10, (store, index) =>
      store.assistants.create(newAssistant("a", { name: `by ${index}` })),
    );
    assert.equal(outcomes.filter(({ created }) => created).length, 1);
    assert.equal((await stores.store.assistants.versions("a", { limit: 10, offset: 0 })).length, 1);
  }),

  promise(
    "assistants: a change is a new version; an old one can be gone back to",
    async ({ store, other }) => {
      await store.assistants.create(
        newAssistant("a", { config: { tags: ["one"] }, metadata: { x: 1, y: 1 } }),
      );
      const at = later();
      const second = await other.assistants.update(
        "a",
        { config: { tags: ["two"] }, metadata: { y: 2 } },
        at,
      );
      assert.equal(second?.version, 2);
      assert.deepEqual(second?.config, { tags: ["two"] });
      assert.deepEqual(second?.metadata, { x: 1, y: 2 });
      assert.equal(second?.updatedAt, at);
      const first = await store.assistants.setVersion("a", 1, later());
      assert.deepEqual([first?.version, first?.config], [1, { tags: ["one"] }]);
      assert.deepEqual(await other.assistants.find("a"), first);
      const third = await store.assistants.update("a", { name: "renamed" }, later());
      assert.deepEqual([third?.version, third?.name, third?.config], [3, "renamed", { tags: ["one"] }]);
      const versions = await store.assistants.versions("a", { limit: 10, offset: 0 });
      assert.deepEqual(
        versions.map(({ version, name, metadata }) => [version, name, metadata]),
        [
          [3, "renamed", { x: 1, y: 1 }],
          [2, "a", { x: 1, y: 2 }],
          [1, "a", { x: 1, y: 1 }],
        ],
      );
      const some = await store.assistants.versions("a", { metadata: { y: 1 }, limit: 1, offset: 1 });
      assert.deepEqual(
        some.map(({ version }) => version),
        [1],
      );
      assert.equal(await store.assistants.setVersion("a", 4, later()), undefined);
      assert.equal(await store.assistants.setVersion("nobody", 1, later()), undefined);
      assert.equal(await store.assistants.update("nobody", {}, later()), undefined);
    },
  ),

  promise("assistants: changes at the same time are versions of their own", async (stores) => {
    await stores.store.assistants.create(newAssistant("a"));
    await together(stores, 10, (store, index) =>
      store.assistants.update("a", { metadata: { [`key-${index}`]: index } }, later()),
    );
    const assistant = await stores.store.assistants.find("a");
    assert.equal(assistant?.version, 11);
    assert.equal(Object.keys(assistant?.metadata ?? {}).length, 10);
  }),

  promise("assistants: deleting one takes its versions, and its id starts anew", async ({ store, other }) => {
    await store.assistants.create(newAssistant("a"));
    await store.assistants.update("a", { name: "b" }, later());
    assert.equal(await other.assistants.delete("a"), true);
    assert.equal(await store.assistants.delete("a"), false);
    assert.equal(await store.assistants.find("a"), undefined);
    assert.deepEqual(await store.assistants.versions("a", { limit: 10, offset: 0 }), []);
    const { assistant } = await store.assistants.create(newAssistant("a"));
    assert.equal(assistant.version, 1);
  }),

  promise(
    "assistants: a search finds by graph, name, metadata and owner, sorts and pages",
    async ({ store }) => {
      await store.assistants.create(
        newAssistant("a", { owner: "ana", name: "The Writer", metadata: { k: { n: 1 } } }),
      );
      await store.assistants.create(
        newAssistant("b", { owner: "ben", name: "the reader", graphId: "other" }),
      );
      await store.assistants.create(newAssistant("c", { name: "100 %", metadata: { k: { n: 1, m: 2 } } }));
      assert.deepEqual(idsOf(await search(store)), ["a", "b", "c"]);
      assert.deepEqual(idsOf(await search(store, { graphId: "graph" })), ["a", "c"]);
      assert.deepEqual(idsOf(await search(store, { name: "THE" })), ["a", "b"]);
      assert.deepEqual(idsOf(await search(store, { name: "%" })), ["c"]);
      assert.deepEqual(idsOf(await search(store, { metadata: { k: { n: 1 } } })), ["a"]);
      assert.deepEqual(idsOf(await search(store, { owner: "ana" })), ["a", "c"]);
      assert.deepEqual(idsOf(await search(store, { sortBy: "name" })), ["c", "a", "b"]);
      assert.deepEqual(idsOf(await search(store, { sortBy: "created_at", sortOrder: "desc" })), [
        "c",
        "b",
        "a",
      ]);
      assert.deepEqual(idsOf(await search(store, { limit: 1, offset: 1 })), ["b"]);
      assert.equal(await store.assistants.count({}), 3);
      assert.equal(await store.assistants.count({ owner: "ana", graphId: "graph" }), 2);
    },
  ),
];
