import fc from "fast-check";
import { expect, test } from "vitest";
import type { EventRecord } from "../../src/core/ports.ts";
import { createUnfold } from "../../src/http/unfold.ts";

interface Logged extends EventRecord {
  /** Deleted by folding. */
  isFolded?: boolean;
}

/** What is said at one step: at which place, and how the block there goes on. */
type Step = { ns: number; say: "delta" | "next" | "other" | "cut" };

const steps = fc.array(
  fc.record({
    ns: fc.integer({ min: 0, max: 2 }),
    say: fc.constantFrom("delta", "delta", "delta", "next", "next", "other", "cut"),
  }) as fc.Arbitrary<Step>,
  { maxLength: 100 },
);

/** A log of messages at several places at once, some cut off in the middle, with other events between. */
function createLog(said: Step[]): Logged[] {
  const log: Logged[] = [];
  const at = new Map<number, { index: number; text: string; isOpen: boolean; isBegun: boolean }>();
  const add = (ns: number, data: object, more: Partial<Logged> = {}) =>
    log.push({
      seq: log.length + 1,
      runId: "r",
      method: "messages",
      namespace: [`n${ns}`],
      at: 0,
      data: JSON.stringify(data),
      ...more,
    });
  for (const { ns, say } of said) {
    const place = at.get(ns) ?? { index: 0, text: "", isOpen: false, isBegun: false };
    at.set(ns, place);
    if (say === "other") add(ns, {}, { method: "custom" });
    else if (say === "cut") Object.assign(place, { isOpen: false, isBegun: false });
    else if (say === "next" && place.isOpen) {
      add(ns, {
        event: "content-block-finish",
        index: place.index,
        content: { type: "text", text: place.text },
      });
      Object.assign(place, { isOpen: false, index: place.index + 1 });
    } else {
      if (!place.isBegun) {
        add(ns, { event: "message-start", id: `m${log.length}` });
        Object.assign(place, { isBegun: true, index: 0 });
      }
      if (!place.isOpen) {
        add(ns, { event: "content-block-start", index: place.index, content: { type: "text", text: "" } });
        Object.assign(place, { isOpen: true, text: "" });
      }
      const text = `${log.length} `;
      place.text += text;
      add(ns, { event: "content-block-delta", index: place.index, delta: { type: "text-delta", text } });
    }
  }
  add(0, { event: "completed" }, { method: "lifecycle", namespace: [] });
  return log;
}

/** Marks what folding deletes: the deltas of blocks that ended. */
function fold(log: Logged[]): void {
  for (const [position, event] of log.entries()) {
    const finish = JSON.parse(event.data) as { event?: string; index?: number };
    if (finish.event !== "content-block-finish") continue;
    for (let before = position - 1; before >= 0; before -= 1) {
      const other = log[before] as Logged;
      if (other.namespace[0] !== event.namespace[0]) continue;
      const { event: what, index } = JSON.parse(other.data) as { event?: string; index?: number };
      if (what === "content-block-start" && index === finish.index) break;
      if (what === "content-block-delta" && index === finish.index) other.isFolded = true;
    }
  }
}

/** The texts of the blocks that ended and that the reader saw begin, as a client adds them up; and the whole. */
function addUp(events: EventRecord[]): { text: string; whole: string }[] {
  const open = new Map<string, string>();
  const ended: { text: string; whole: string }[] = [];
  for (const { method, namespace, data } of events) {
    if (method !== "messages") continue;
    const { event, index, content, delta } = JSON.parse(data) as Record<string, { text: string }>;
    const key = `${namespace}#${index}`;
    if ((event as unknown) === "content-block-start") open.set(key, content?.text ?? "");
    if ((event as unknown) === "content-block-delta" && open.has(key)) {
      open.set(key, `${open.get(key)}${delta?.text}`);
    }
    const text = open.get(key);
    if ((event as unknown) !== "content-block-finish" || text === undefined) continue;
    ended.push({ text, whole: content?.text ?? "" });
    open.delete(key);
  }
  return ended;
}

test("every reader adds up the text of every block it saw begin, wherever it begins, however the pages fall, whenever the log is folded", async () => {
  const reading = fc.record({
    said: steps,
    pageLength: fc.integer({ min: 1, max: 40 }),
    since: fc.oneof(fc.constant(0), fc.nat({ max: 30 })),
    /** How much the reader has read when the log is folded. */
    foldedAt: fc.nat({ max: 60 }),
    /** How much of the log is there when the reader begins, and comes while it reads. */
    there: fc.nat({ max: 120 }),
  });
  await fc.assert(
    fc.asyncProperty(reading, async ({ said, pageLength, since, foldedAt, there }) => {
      const log = createLog(said);
      let [visible, isFolded] = [Math.min(there, log.length), false];
      const read = async (_threadId: string, after: number, limit: number) =>
        log
          .filter((event) => event.seq > after && event.seq <= visible && !(isFolded && event.isFolded))
          .slice(0, limit);
      const unfold = createUnfold({ read }, "t", pageLength);
      const sent: EventRecord[] = [];
      for (let [after, count] = [since, 0]; after < log.length; ) {
        const page = await read("t", after, pageLength);
        count += page.length;
        sent.push(...(await unfold(page)));
        after = page.at(-1)?.seq ?? after;
        if (page.length < pageLength) visible = Math.min(log.length, visible + pageLength);
        if (!isFolded && count >= foldedAt && visible === log.length) {
          fold(log);
          isFolded = true;
        }
        if (visible === log.length && after >= log.length) break;
      }
      for (const { text, whole } of addUp(sent)) expect(text).toBe(whole);
      const seqs = sent.map(({ seq }) => seq);
      expect(seqs.every((seq, index) => index === 0 || seq > (seqs[index - 1] ?? 0))).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});
