import assert from "node:assert/strict";
import { acceptCases } from "./contract-accept.ts";
import { answerCases } from "./contract-answer.ts";
import { assistantCases } from "./contract-assistants.ts";
import { atomicCases } from "./contract-atomic.ts";
import { cancelCases } from "./contract-cancel.ts";
import { checkpointCases } from "./contract-checkpoints.ts";
import { claimCases } from "./contract-claim.ts";
import { copyCases } from "./contract-copies.ts";
import { cronCases } from "./contract-crons.ts";
import { effectCases } from "./contract-effects.ts";
import { factCases } from "./contract-facts.ts";
import { finishCases } from "./contract-finish.ts";
import { interruptCases } from "./contract-interrupts.ts";
import { itemCases } from "./contract-items.ts";
import { laterCases } from "./contract-later.ts";
import { leaseCases } from "./contract-leases.ts";
import { logCases } from "./contract-log.ts";
import { receiptCases } from "./contract-receipts.ts";
import { accepted, type ContractCase, eventually, promise } from "./contract-support.ts";
import { threadCases } from "./contract-threads.ts";
import { undoCases } from "./contract-undo.ts";
import { tooLateCases } from "./contract-undo-too-late.ts";

const storeCases: readonly ContractCase[] = [
  promise("store: opening it again changes nothing, closing it twice is fine", async ({ store }) => {
    await accepted(store, "t");
    await store.open();
    assert.ok(await store.threads.find("t"));
    await store.close();
    await store.close();
  }),

  promise(
    "store: a hint reaches the other process, and not the one who gave it",
    async ({ store, other }) => {
      if (store === other) return; // one process wakes itself
      assert.ok(store.notifier && other.notifier, "stores that share data need a notifier");
      const [own, heard] = [new Set<string>(), new Set<string>()];
      const stops = [
        store.notifier.listen((threadId) => own.add(threadId)),
        other.notifier.listen((threadId) => heard.add(threadId)),
      ];
      const ids = Array.from({ length: 500 }, (_, index) => `thread "${index}"`);
      await eventually(async () => {
        for (const threadId of ids) store.notifier?.notify(threadId);
        return heard.size === ids.length ? true : undefined;
      });
      assert.deepEqual([...heard].toSorted(), ids.toSorted());
      other.notifier.notify("back");
      await eventually(async () => {
        other.notifier?.notify("back");
        return own.size > 0 ? true : undefined;
      });
      assert.deepEqual([...own], ["back"]);
      for (const stop of stops) stop();
    },
  ),

  promise(
    "store: a word reaches the other process whole and in order, and not the one who said it",
    async ({ store, other }) => {
      if (store === other) return; // nobody else is there
      const { notifier } = store;
      assert.ok(notifier && other.notifier, "stores that share data need a notifier");
      const [own, heard] = [[] as string[], [] as string[]];
      const stops = [
        notifier.hear((word) => own.push(word)),
        notifier.listen((threadId) => own.push(threadId)),
        other.notifier.hear((word) => heard.push(word)),
        other.notifier.listen((threadId) => heard.push(threadId)),
      ];
      await eventually(async () => {
        await notifier.say(["there?"]);
        return heard.length > 0 ? true : undefined;
      });
      const longest = "ü".repeat(Math.floor(notifier.wordBytes / 2));
      const words = ['{"a": "b c"}', longest, `${longest}ü`, ...Array.from({ length: 50 }, (_, n) => `${n}`)];
      await notifier.say(words);
      await eventually(async () => (heard.includes("49") ? true : undefined));
      const fitting = words.filter((word) => word !== `${longest}ü`);
      assert.deepEqual(
        heard.filter((word) => word !== "there?"),
        fitting,
      );
      await eventually(async () => {
        await other.notifier?.say(["back"]);
        return own.length > 0 ? true : undefined;
      });
      assert.deepEqual([...new Set(own)], ["back"]);
      for (const stop of stops) stop();
    },
  ),
];

/**
 * What a store promises, as named cases for any test runner:
 *
 * ```ts
 * for (const { name, run } of storeContract) it(name, () => run(harness));
 * ```
 *
 * Every case makes its own store and closes it. No case waits for a time; the longest take about a second.
 */
export const storeContract: readonly ContractCase[] = [
  ...storeCases,
  ...threadCases,
  ...copyCases,
  ...acceptCases,
  ...atomicCases,
  ...claimCases,
  ...leaseCases,
  ...laterCases,
  ...cronCases,
  ...factCases,
  ...finishCases,
  ...cancelCases,
  ...answerCases,
  ...receiptCases,
  ...undoCases,
  ...tooLateCases,
  ...interruptCases,
  ...logCases,
  ...checkpointCases,
  ...effectCases,
  ...assistantCases,
  ...itemCases,
];
