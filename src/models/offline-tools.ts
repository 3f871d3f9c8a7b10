import { isObject } from "./offline-conversation.ts";

/** The tools of a call, as the offline model reads them. */
export interface BoundTools {
  names: ReadonlySet<string>;
  /** Tools that a plan may name: the enum in `propose_plan`, or all bound ones without it. */
  plannable: ReadonlySet<string>;
  /** Argument names of `fill_arguments`. */
  toFill: readonly string[];
}

/** Reads tools in OpenAI's shape, `{ function: { name, parameters } }`. */
export function readTools(tools: readonly unknown[]): BoundTools {
  const functions = new Map<string, Record<string, unknown>>();
  for (const tool of tools) {
    const definition = isObject(tool) && isObject(tool.function) ? tool.function : {};
    const parameters = isObject(definition.parameters) ? definition.parameters : {};
    if (typeof definition.name === "string") functions.set(definition.name, parameters);
  }
  const names = new Set(functions.keys());
  const listed = at(
    functions.get("propose_plan"),
    "properties",
    "steps",
    "items",
    "properties",
    "tool",
    "enum",
  );
  const plannable = Array.isArray(listed)
    ? listed.map(String)
    : [...names].filter((name) => name !== "propose_plan");
  const fillable = at(functions.get("fill_arguments"), "properties");
  return { names, plannable: new Set(plannable), toFill: isObject(fillable) ? Object.keys(fillable) : [] };
}

function at(value: unknown, ...keys: string[]): unknown {
  return keys.reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), value);
}
