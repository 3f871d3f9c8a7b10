import { isRecord } from "../protocol/json.ts";

export interface TextCall {
  name: string;
  args: Record<string, unknown>;
}

/**
 * Calls that a model wrote as text, because it cannot call tools, or does so badly: `{"tool":"…","args":{…}}`,
 * also with the names that models are fond of, in a fence, or several as a list.
 *
 * @param where - `whole`: the text must be nothing else; `anywhere`: words may stand around it.
 * @returns the calls; `"broken"` when the text begins a call and is no JSON; undefined when there is none.
 */
export function callsInText(
  text: string,
  names: ReadonlySet<string>,
  where: "whole" | "anywhere",
): TextCall[] | "broken" | undefined {
  const bare = text.replace(/^\s*```(?:json)?\s*|\s*```\s*$/g, "").trim();
  const candidates = where === "whole" ? [bare] : [bare, between(text, "{", "}"), between(text, "[", "]")];
  for (const candidate of candidates) {
    if (!/^[[{]/.test(candidate)) continue;
    const calls = toCalls(parse(candidate), names);
    if (calls !== undefined) return calls;
  }
  const [, begun] = /^[[{\s]*"(?:tool|name)"\s*:\s*"([^"]+)"/.exec(bare) ?? [];
  return begun !== undefined && names.has(begun) ? "broken" : undefined;
}

function toCalls(value: unknown, names: ReadonlySet<string>): TextCall[] | undefined {
  const calls: TextCall[] = [];
  for (const one of [value].flat()) {
    if (!isRecord(one)) return undefined;
    const name = one.tool ?? one.name;
    const args = one.args ?? one.arguments ?? one.parameters;
    if (typeof name !== "string" || !names.has(name) || !isRecord(args)) return undefined;
    calls.push({ name, args });
  }
  return calls.length > 0 ? calls : undefined;
}

function between(text: string, open: string, close: string): string {
  const [start, end] = [text.indexOf(open), text.lastIndexOf(close)];
  return start === -1 || end < start ? "" : text.slice(start, end + 1);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
