import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fairShare, resultsBudget, shorten, trimHistory } from "../../src/agent/history.ts";
import { plainAgent, proposal, writing } from "../support/plain-agent.ts";

interface Request {
  words: string;
  /** Lengths of results of calls, each group by one message of the model. */
  calls: number[][];
  answer: string;
}

let ids = 0;

/** A conversation as providers take it: each call has its answer right behind it. */
function toMessages(requests: Request[]): BaseMessage[] {
  return requests.flatMap(({ words, calls, answer }) => [
    new HumanMessage(words),
    ...calls.flatMap((lengths) => {
      const made = lengths.map(() => ({ id: `c${++ids}`, name: "read_note", args: { name: "n" } }));
      const results = lengths.map((length, index) => {
        return new ToolMessage({ tool_call_id: made[index]?.id ?? "", content: "x".repeat(length) });
      });
      return [new AIMessage({ content: "", tool_calls: made }), ...results];
    }),
    new AIMessage(answer),
  ]);
}

const request: fc.Arbitrary<Request> = fc.record({
  words: fc.string({ maxLength: 400 }),
  calls: fc.array(fc.array(fc.nat(2_000), { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
  answer: fc.string({ maxLength: 400 }),
});

const charactersOf = (messages: BaseMessage[]) =>
  messages.reduce((sum, message) => {
    const calls = AIMessage.isInstance(message) ? JSON.stringify(message.tool_calls ?? []) : "";
    return sum + message.text.length + calls.length;
  }, 0);

test("whole requests are left out, the oldest first; the newest is whole; calls keep their answers", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 0, max: 6_000 }),
      async (requests, maxTokens) => {
        const messages = toMessages(requests);
        const kept = await trimHistory(messages, maxTokens);
        expect(kept).toEqual(messages.slice(messages.length - kept.length));
        expect(kept[0]?.type).toBe("human");
        const newest = messages.findLastIndex((message) => HumanMessage.isInstance(message));
        expect(kept.length).toBeGreaterThanOrEqual(messages.length - newest);
        const isNewestAlone = kept.length === messages.length - newest;
        expect(isNewestAlone || charactersOf(kept) <= maxTokens * 4).toBe(true);
        const calls = kept.flatMap((one) => (AIMessage.isInstance(one) ? (one.tool_calls ?? []) : []));
        const answers = kept.flatMap((one) => (ToolMessage.isInstance(one) ? [one.tool_call_id] : []));
        expect(answers).toEqual(calls.map(({ id }) => id));
      },
    ),
  );
});

test("as many old requests stay as fit", async () => {
  const requests = Array.from({ length: 10 }, (_, n) => ({
    words: `${n}`.repeat(400),
    calls: [],
    answer: "",
  }));
  const kept = await trimHistory(toMessages(requests), 350);
  expect(kept.filter(({ type }) => type === "human").map(({ text }) => text[0])).toEqual(["7", "8", "9"]);
  expect(await trimHistory(toMessages(requests), Number.POSITIVE_INFINITY)).toHaveLength(20);
});

test("the agent sends what the rule leaves, for planning and for the summary, and keeps everything", async () => {
  const sent: string[][] = [];
  const agent = plainAgent({
    maxHistoryTokens: 500,
    script: (messages, tools) => {
      sent.push(messages.filter(({ type }) => type === "human").map(({ text }) => text.slice(0, 5)));
      if (messages.at(-1)?.text === "do it") return { calls: [proposal([writing("a", "x")])] };
      return { text: tools.length > 0 ? "Noted." : "Done." };
    },
  });
  for (const n of [1, 2, 3]) await agent.say(`note${n} ${"x".repeat(800)}`);
  const { plan } = await agent.say("do it");
  const end = await agent.answer({ type: "approve", digest: plan?.digest });
  expect(sent).toEqual([
    ["note1"],
    ["note1", "note2"],
    ["note2", "note3"],
    ["note2", "note3", "do it"],
    ["note3", "do it"],
  ]);
  expect(end.messages.filter(({ type }) => type === "human")).toHaveLength(4);
});

test("outputs share what there is: short ones leave theirs to the long ones", () => {
  expect(fairShare([10, 10, 5_000, 9_000], 4_020)).toBe(2_000);
  expect(fairShare([10, 20], 100)).toBe(Number.POSITIVE_INFINITY);
  expect(fairShare([9_000, 9_000], 100)).toBe(500);
  expect(resultsBudget(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  expect(shorten("x".repeat(20), 10)).toBe(`${"x".repeat(10)}\n[cut: 20 characters in all]`);
});

test("the outputs of all steps together never have more than their budget, but 500 characters each", async () => {
  await fc.assert(
    fc.property(
      fc.array(fc.nat(50_000), { minLength: 1 }),
      fc.integer({ min: 1, max: 60_000 }),
      (lengths, budget) => {
        const share = fairShare(lengths, budget);
        const total = lengths.reduce((sum, length) => sum + Math.min(length, share), 0);
        expect(total).toBeLessThanOrEqual(Math.max(budget, lengths.length * 500));
        expect(total === lengths.reduce((sum, length) => sum + length, 0) || share >= 500).toBe(true);
      },
    ),
  );
});

test("a reading that is too long for the model is cut, and says so", async () => {
  const seen: string[] = [];
  const agent = plainAgent({
    maxHistoryTokens: 1_000,
    script: (messages) => {
      const results = messages.filter((message) => ToolMessage.isInstance(message));
      seen.push(...results.map(({ text }) => text));
      return results.length > 0
        ? { text: "I see." }
        : { calls: [{ name: "read_note", args: { name: "n".repeat(4_000) } }] };
    },
  });
  await agent.say("Read it");
  expect(seen[0]).toHaveLength(1_000 + "\n[cut: 4013 characters in all]".length);
});
