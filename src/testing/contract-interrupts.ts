import assert from "node:assert/strict";
import type { InboxQuery, Store } from "../core/ports.ts";
import {
  accepted,
  answer,
  answered,
  type ContractCase,
  claimOf,
  dataOf,
  end,
  later,
  leaseOf,
  newEvent,
  newInterrupt,
  newRun,
  observe,
  openIds,
  pause,
  promise,
  statusOf,
} from "./contract-support.ts";

const inbox = async (store: Store, query: Partial<InboxQuery> = {}) =>
  (await store.interrupts.inbox({ limit: 100, ...query })).map(({ interruptId }) => interruptId);

const close = (
  store: Store,
  threadId: string,
  ids: string[],
  status: "expired" | "cancelled" = "cancelled",
) => store.interrupts.close(threadId, ids, { status, at: later(), event: newEvent({ closed: ids }) });

/** Questions of several owners, graphs and assignees, oldest first: a, b, … */
async function fill(store: Store): Promise<void> {
  const ask = (id: string, [owner, graphId, assignees]: [string | null, string, string[] | null]) =>
    pause(store, `thread-${id}`, [newInterrupt(id, { assignees })], {
      createThread: { owner, metadata: {} },
      run: newRun({ graphId }),
    });
  await ask("a", ["ana", "plan", null]);
  await ask("b", ["ana", "plan", ["boss"]]);
  await ask("c", ["ben", "plan", ["boss", "ana"]]);
  await ask("d", ["ben", "mail", ["ana"]]);
  await ask("e", [null, "mail", null]);
  await ask("f", ["ana", "mail", []]);
}

const lists: readonly ContractCase[] = [
  promise("interrupts: of an id that was asked several times the newest is found", async ({ store }) => {
    await pause(store, "t", [newInterrupt("i", { value: 1 }), "j"]);
    await pause(store, "u", ["k"]);
    const { run } = await answered(store, "t", ["i"], { claim: claimOf() });
    assert.deepEqual(
      (await store.interrupts.find("t", ["i"])).map(({ value, status }) => [value, status]),
      [[1, "answered"]],
    );
    await store.runs.finish(leaseOf(run), end());
    await pause(store, "t", [newInterrupt("i", { value: 2 })], { whenOpen: "supersede" });
    const found = await store.interrupts.find("t", ["i", "j", "k", "unknown"]);
    const seen = Object.fromEntries(
      found.map(({ interruptId, status, value }) => [interruptId, [status, value]]),
    );
    assert.deepEqual(seen, { i: ["open", 2], j: ["superseded", { question: "j" }] });
    assert.deepEqual(await store.interrupts.find("t", []), []);
  }),

  promise("interrupts: the open ones of several threads, oldest first", async ({ store, other }) => {
    await pause(store, "t", ["a"]);
    await pause(store, "u", ["b", "c"]);
    await pause(store, "v", ["d"]);
    await pause(store, "w", ["e"]);
    await close(store, "u", ["b"]);
    const open = await other.interrupts.listOpen(["v", "u", "t", "unknown"]);
    assert.deepEqual(
      open.map(({ interruptId, threadId }) => [interruptId, threadId]),
      [
        ["a", "t"],
        ["c", "u"],
        ["d", "v"],
      ],
    );
    assert.deepEqual(await other.interrupts.listOpen([]), []);
  }),

  promise("interrupts: the receipts of a thread are its answered ones, oldest first", async ({ store }) => {
    await pause(store, "t", ["i", "j", "k"]);
    const { run } = await answered(store, "t", ["j"], { claim: claimOf() });
    await store.runs.finish(leaseOf(run), end());
    await answered(store, "t", ["i"], { status: "expired" });
    await close(store, "t", ["k"], "expired");
    await pause(store, "u", ["l"]);
    await answered(store, "u", ["l"]);
    const receipts = await store.interrupts.listAnswered("t");
    assert.deepEqual(
      receipts.map(({ interruptId, status }) => [interruptId, status]),
      [
        ["i", "expired"],
        ["j", "answered"],
      ],
    );
  }),
];

const inboxes: readonly ContractCase[] = [
  promise("inbox: open questions of all threads, newest first, in pages", async ({ store, other }) => {
    await fill(store);
    assert.deepEqual(await inbox(other), ["f", "e", "d", "c", "b", "a"]);
    const first = await other.interrupts.inbox({ limit: 4 });
    const before = first.at(-1)?.number ?? 0;
    assert.deepEqual(await inbox(other, { limit: 4, before }), ["b", "a"]);
    assert.deepEqual(await inbox(other, { limit: 4, before: 0 }), []);
    const open = await store.interrupts.listOpen(["c", "d", "e", "f"].map((id) => `thread-${id}`));
    assert.deepEqual(first, open.toReversed());
  }),

  promise(
    "a question is found by its id alone, whatever became of it, once per thread",
    async ({ store, other }) => {
      await fill(store);
      const find = async (id: string, limit = 10) =>
        (await other.interrupts.listById(id, limit)).map(({ threadId, status }) => `${threadId} ${status}`);
      assert.deepEqual(await find("a"), ["thread-a open"]);
      await answered(store, "thread-a", ["a"]);
      assert.deepEqual(await find("a"), ["thread-a answered"]);
      await pause(store, "thread-g", [newInterrupt("a")], { createThread: { owner: null, metadata: {} } });
      assert.deepEqual(await find("a"), ["thread-g open", "thread-a answered"]);
      assert.deepEqual(await find("a", 1), ["thread-g open"]);
      assert.deepEqual(await find("nobody"), []);
    },
  ),

  promise("inbox: by the owner of the thread, and by graph", async ({ store }) => {
    await fill(store);
    assert.deepEqual(await inbox(store, { owner: "ana" }), ["f", "b", "a"]);
    assert.deepEqual(await inbox(store, { graphId: "plan" }), ["c", "b", "a"]);
    assert.deepEqual(await inbox(store, { owner: "ana", graphId: "plan" }), ["b", "a"]);
    assert.deepEqual(await inbox(store, { owner: "nobody" }), []);
  }),

  promise("inbox: by assignee, each once, with what is for everybody", async ({ store }) => {
    await fill(store);
    assert.deepEqual(await inbox(store, { assignees: ["boss"] }), ["e", "c", "b", "a"]);
    assert.deepEqual(await inbox(store, { assignees: ["ana", "boss"] }), ["e", "d", "c", "b", "a"]);
    assert.deepEqual(await inbox(store, { assignees: [] }), ["e", "a"]);
    assert.deepEqual(await inbox(store, { assignees: ["ana", "boss"], owner: "ben" }), ["d", "c"]);
    assert.deepEqual(await inbox(store, { assignees: ["ana"], graphId: "mail" }), ["e", "d"]);
    assert.deepEqual(await inbox(store, { assignees: ["boss"], graphId: "plan", owner: "ana" }), ["b", "a"]);
    const [, second] = await store.interrupts.inbox({ assignees: ["ana", "boss"], limit: 2 });
    assert.deepEqual(
      await inbox(store, { assignees: ["ana", "boss"], limit: 2, before: second?.number ?? 0 }),
      ["c", "b"],
    );
  }),

  promise(
    "inbox: a question leaves when it is closed, however, and is back when it is open again",
    async ({ store }) => {
      await fill(store);
      const { run } = await answered(store, "thread-a", ["a"], { claim: claimOf() });
      await answered(store, "thread-b", ["b"]);
      await close(store, "thread-c", ["c"]);
      await accepted(store, "thread-d", {
        whenOpen: "supersede",
        createThread: { owner: "ben", metadata: {} },
      });
      await store.threads.delete("thread-e");
      assert.deepEqual(await inbox(store), ["f"]);
      assert.deepEqual(await inbox(store, { assignees: ["boss", "ana"] }), []);
      await store.runs.finish(leaseOf(run), end({ reopen: ["a"] }));
      const requested = () => newEvent("again");
      await store.runs.requestCancel("thread-b", undefined, { action: "interrupt", at: later(), requested });
      assert.deepEqual(await inbox(store), ["f", "b", "a"]);
      assert.deepEqual(await inbox(store, { assignees: ["boss"] }), ["b", "a"]);
    },
  ),
];

const closing: readonly ContractCase[] = [
  promise(
    "due: open questions whose time has come and that do not just hold, soonest first",
    async ({ store }) => {
      const answerIt = { type: "answer", value: { type: "cancel" } } as const;
      await pause(store, "t", [
        newInterrupt("late", { expiresAt: 300, onExpiry: { type: "cancel" } }),
        newInterrupt("soon", { expiresAt: 100, onExpiry: answerIt }),
        newInterrupt("holds", { expiresAt: 50 }),
        newInterrupt("never", { onExpiry: { type: "cancel" } }),
        newInterrupt("closed", { expiresAt: 10, onExpiry: { type: "cancel" } }),
        newInterrupt("later", { expiresAt: 301, onExpiry: { type: "cancel" } }),
      ]);
      await close(store, "t", ["closed"]);
      const due = async (now: number, limit = 10) =>
        (await store.interrupts.listDue(now, limit)).map(({ interruptId }) => interruptId);
      assert.deepEqual(await due(300), ["soon", "late"]);
      assert.deepEqual(await due(300, 1), ["soon"]);
      assert.deepEqual(await due(99), []);
      assert.deepEqual((await store.interrupts.listDue(100, 1))[0]?.onExpiry, answerIt);
    },
  ),

  promise("close: puts questions away without an answer, and says so", async ({ store, other }) => {
    await pause(store, "t", ["i", "j", "k"]);
    const lastSeq = await store.log.lastSeq("t");
    const events = await close(store, "t", ["i", "j"], "expired");
    assert.ok(events);
    assert.deepEqual(
      events.map(({ seq, data }) => [seq, JSON.parse(data)]),
      [[lastSeq + 1, { closed: ["i", "j"] }]],
    );
    const rows = await other.interrupts.find("t", ["i", "j"]);
    assert.deepEqual(
      rows.map(({ status, answer: given }) => [status, given]),
      [
        ["expired", null],
        ["expired", null],
      ],
    );
    assert.deepEqual(await openIds(other, "t"), ["k"]);
    assert.equal(await statusOf(store, "t"), "interrupted");
    await close(store, "t", ["k"]);
    assert.equal(await statusOf(store, "t"), "idle");
  }),

  promise("close: all of them, or none", async ({ store }) => {
    await pause(store, "t", ["i", "j"]);
    await pause(store, "u", ["k"]);
    await close(store, "t", ["j"]);
    const before = await observe(store, "t");
    for (const ids of [["i", "j"], ["i", "unknown"], ["i", "k"], ["j"]]) {
      assert.equal(await close(store, "t", ids), false);
    }
    assert.equal(await close(store, "nobody", ["i"]), false);
    assert.deepEqual(await observe(store, "t"), before);
  }),

  promise("close: against an answer, one of the two counts", async ({ store, other }) => {
    for (let round = 0; round < 15; round += 1) {
      const threadId = `t${round}`;
      await pause(store, threadId, ["i"]);
      const [closed, answering] = await Promise.all([
        close(store, threadId, ["i"], "expired"),
        answer(other, threadId, ["i"]),
      ]);
      assert.equal(closed !== false, answering.type === "refused", "both counted, or neither");
      const [row] = await store.interrupts.find(threadId, ["i"]);
      assert.equal(row?.status, closed ? "expired" : "answered");
      const said = dataOf(await store.log.read(threadId, 0, 10)).slice(-1);
      assert.deepEqual(said, [closed ? { closed: ["i"] } : { answered: ["i"] }]);
    }
  }),
];

export const interruptCases: readonly ContractCase[] = [...lists, ...inboxes, ...closing];
