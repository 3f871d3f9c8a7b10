import { tool } from "@langchain/core/tools";
import { expect, test } from "vitest";
import { describeTool } from "../../src/tools/index.ts";

function specOf(metadata: Record<string, unknown>, properties: Record<string, unknown> = {}) {
  return describeTool(
    tool(() => "", { name: "t", description: "d", schema: { type: "object", properties }, metadata }),
  );
}

test.each([
  [{}, "destructive", false],
  [{ readOnlyHint: true, openWorldHint: true }, "read", true],
  [{ destructiveHint: false }, "write", false],
  [{ destructiveHint: false, idempotentHint: true }, "write", true],
  [{ destructiveHint: false, openWorldHint: true }, "external", false],
])("annotations %j mean risk %s, idempotent %s", (annotations, risk, idempotent) => {
  expect(specOf({ annotations })).toMatchObject({ risk, idempotent });
});

test("a content argument is named once, whether the schema, the configuration or both say so", () => {
  const properties = { body: { type: "string", contentMediaType: "text/plain" }, path: { type: "string" } };
  expect(specOf({ contentArguments: ["body", "subject"] }, properties).contentArguments).toEqual([
    "body",
    "subject",
  ]);
});
