import { matchesSubscription } from "@langchain/langgraph/stream";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { channelOf, type EventMethod, isChannel, toFilter } from "../../src/protocol/events.ts";
import { canonicalJson } from "../../src/protocol/json.ts";
import { schemaIssues } from "../../src/protocol/json-schema.ts";
import { toSseFrame } from "../../src/protocol/sse.ts";

const methods: EventMethod[] = ["values", "messages", "lifecycle", "custom", "input.requested", "tasks"];
const segment = fc.constantFrom("a", "b", "a:1", "a:2", "b:1", "sub:x");
const namespace = fc.array(segment, { maxLength: 3 });

test("events are filtered as the stock client filters them", async () => {
  const subscription = fc.record(
    {
      channels: fc.uniqueArray(
        fc.constantFrom("values", "messages", "lifecycle", "custom", "custom:plan", "input"),
        { minLength: 1 },
      ),
      namespaces: fc.array(namespace, { maxLength: 2 }),
      depth: fc.integer({ min: 0, max: 3 }),
    },
    { requiredKeys: ["channels"] },
  );
  await fc.assert(
    fc.property(
      subscription,
      fc.constantFrom(...methods),
      namespace,
      fc.constantFrom(undefined, "plan", "other"),
      (wanted, method, ns, name) => {
        const data = method === "custom" && name !== undefined ? { name, payload: 1 } : {};
        const event = { type: "event", seq: 1, method, params: { namespace: ns, timestamp: 0, data } };
        const ours = toFilter(wanted)(channelOf(method, method === "custom" ? name : undefined), ns);
        expect(ours).toBe(matchesSubscription(event as never, wanted as never));
      },
    ),
    { numRuns: 2000 },
  );
});

test("channels are the protocol's, and named custom ones", () => {
  expect(["values", "custom", "custom:plan", "input"].every(isChannel)).toBe(true);
  expect(["debug", "", "__proto__", "customplan"].some(isChannel)).toBe(false);
});

test("canonical JSON is the same for the same value, and differs for another", async () => {
  await fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(JSON.parse(text))).toBe(text);
    }),
  );
  expect(canonicalJson({ b: 1, a: [{ d: 1, c: 2 }] })).toBe('{"a":[{"c":2,"d":1}],"b":1}');
  expect(canonicalJson(JSON.parse('{"__proto__":{"x":1}}'))).toBe('{"__proto__":{"x":1}}');
});

test("a frame is one event whose data is on one line", () => {
  expect(toSseFrame("values", '{"a":"x\\ny"}', "r:1")).toBe(
    'event: values\ndata: {"a":"x\\ny"}\nid: r:1\n\n',
  );
});

test("of alternatives told apart by a type, the issues are those of the one that was meant", () => {
  const schema = {
    oneOf: [
      { type: "object", properties: { type: { const: "yes" } }, required: ["type"] },
      {
        type: "object",
        properties: { type: { const: "no" }, why: { type: "string" } },
        required: ["type", "why"],
      },
    ],
  };
  expect(schemaIssues(schema, { type: "yes" })).toEqual([]);
  expect(schemaIssues(schema, { type: "no" }).join()).toContain("why");
  expect(schemaIssues(schema, { type: "no" }).join()).not.toContain("yes");
  expect(schemaIssues(null, 7)).toEqual([]);
});
