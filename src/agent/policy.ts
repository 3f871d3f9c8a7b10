import { z } from "zod";
import { canonicalJson } from "../protocol/json.ts";
import type { Risk } from "../tools/index.ts";

/**
 * When a call is asked about. `never`: a plan of such calls alone is not asked about at all. `plan`
 * (default): with the plan. `always`: with the plan, and again at the moment of the call.
 */
export type Ask = "never" | "plan" | "always";

/** How calls of a tool are treated. The first rule that fits a call is the one that counts. */
export interface ToolPolicy {
  /** Name of the tool; `*` stands for any run of characters. */
  tool: string;
  /** Patterns of arguments, by name; `*` as above. Values that are no text are compared as JSON, keys sorted. */
  args?: Record<string, string>;
  ask?: Ask;
  /** Milliseconds a call may take; then it is aborted, and the step fails as uncertain. */
  timeoutMs?: number;
  /** Calls after a failed one, before a person is asked. The tool gets the same idempotency key each time. */
  retries?: number;
  /** Milliseconds before the first of them; doubled for each further one. Default 500. */
  retryDelayMs?: number;
}

/** Which calls are meant, by name and arguments. */
export type CallPattern = Pick<ToolPolicy, "tool" | "args">;

/** The rule for a call; `{}` when none fits. */
export function policyFor(
  policy: readonly ToolPolicy[],
  call: { tool: string; args: Record<string, unknown> },
): Partial<ToolPolicy> {
  return policy.find((rule) => fits(rule, call)) ?? {};
}

/** True when the call is one of those that are meant. An argument that is named and absent does not fit. */
export function fits(
  { tool, args = {} }: CallPattern,
  call: { tool: string; args: Record<string, unknown> },
): boolean {
  if (!matches(tool, call.tool)) return false;
  return Object.entries(args).every(([name, pattern]) => {
    if (!Object.hasOwn(call.args, name)) return false;
    const value = call.args[name];
    return matches(pattern, typeof value === "string" ? value : canonicalJson(value));
  });
}

/** True for a call that cannot be taken back, or that leaves this machine. */
export function isRisky(risk: Risk): boolean {
  return risk === "destructive" || risk === "external";
}

/** `*` stands for any run of characters; everything else for itself. Linear in time, whatever the pattern. */
function matches(pattern: string, text: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (!text.startsWith(first)) return false;
  const last = rest.pop();
  if (last === undefined) return text === first;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/** A policy as it comes from outside, such as a configuration file. */
export const toolPolicy = z.strictObject({
  tool: z.string().min(1),
  args: z.record(z.string(), z.string()).optional(),
  ask: z.enum(["never", "plan", "always"]).optional(),
  timeoutMs: z.number().int().positive().optional(),
  retries: z.number().int().min(0).max(10).optional(),
  retryDelayMs: z.number().int().min(0).optional(),
});
