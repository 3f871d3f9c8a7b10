import { expect, test } from "vitest";
import { schemaIssues } from "../../src/protocol/json-schema.ts";

test.each([
  ["a reference that leads nowhere", { type: "object", properties: { a: { $ref: "#/$defs/none" } } }],
  ["a reference to elsewhere", { type: "object", properties: { a: { $ref: "https://e.example/s.json" } } }],
  ["a reference to itself", { $ref: "#" }],
  ["a pattern that is none", { type: "object", properties: { a: { type: "string", pattern: "(" } } }],
  ["a property without a schema", { type: "object", properties: { a: null } }],
  ["choices that are no list", { enum: { a: 1 } }],
])("a schema with %s says nothing of any value: what was asked can still be answered", (_, schema) => {
  expect(schemaIssues(schema, { a: "x" })).toEqual([]);
});

test("a value that goes too deep for its schema to be judged does not fit it", () => {
  const schema = { type: "object", properties: { in: { $ref: "#" } }, required: ["name"] };
  let value: Record<string, unknown> = { name: "bottom" };
  for (let level = 0; level < 50_000; level += 1) value = { name: "x", in: value };
  expect(schemaIssues(schema, value)).toEqual(["/: It is nested too deeply to be judged"]);
  expect(schemaIssues(schema, { name: "x", in: {} })).toEqual([expect.stringContaining("name")]);
});
