import type { JsonRecord } from "./json.ts";
import type { Contract } from "./plan-diff.ts";
import type { Tools } from "./use-tools.ts";

/** Ids of the steps whose arguments do not fit their tool's schema, as far as that is known. */
export async function misfitsOf(steps: readonly Contract[], tools: Tools | null): Promise<string[]> {
  const { fits } = await import("./schema-validator.ts");
  return steps
    .filter(({ tool, args, late = {} }) => {
      const schema = tools?.get(tool)?.schema;
      return schema != null && !fits(withoutLate(schema, Object.keys(late)), args);
    })
    .map(({ id }) => id);
}

/** The schema of the arguments that are stated: those that are decided later are not asked for. */
export function withoutLate(schema: JsonRecord, late: readonly string[]): JsonRecord {
  if (late.length === 0) return schema;
  const { properties, required, ...rest } = schema;
  const left = Object.entries((properties ?? {}) as JsonRecord).filter(([name]) => !late.includes(name));
  return {
    ...rest,
    properties: Object.fromEntries(left),
    ...(Array.isArray(required) ? { required: required.filter((name) => !late.includes(String(name))) } : {}),
  };
}
