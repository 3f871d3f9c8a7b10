import type { BaseStore } from "@langchain/langgraph";
import { z } from "zod";
import type { NodeConfig } from "./context.ts";
import { type CallPattern, fits } from "./policy.ts";

/**
 * "Always allow …": what a person said, at the moment of a call, about later calls like it. Kept in the
 * long-term store under `["countersign", "allow", scope, …]`, where the server lets clients read and delete,
 * and never write. It silences reviews at the moment of a call; a plan is asked about all the same.
 */
export interface AllowRule extends CallPattern {
  scope: "thread" | "actor" | "server";
  /** ISO 8601; absent: until it is revoked. */
  expires_at?: string;
  by?: { id: string; verified: boolean };
  at: string;
}

/** What an answer says about later calls. */
export const allowRequest = z.looseObject({
  tool: z.string().min(1),
  args: z.record(z.string(), z.string()).optional(),
  scope: z.enum(["thread", "actor", "server"]),
  expires_at: z.iso.datetime({ offset: true }).optional(),
});

export type AllowRequest = z.infer<typeof allowRequest>;

const root = ["countersign", "allow"];

/** Keeps a rule; doing it again changes nothing. Without a store of the server's, nothing is kept. */
export async function keepRule(
  config: NodeConfig,
  id: string,
  request: AllowRequest,
  signature: { by?: AllowRule["by"]; at?: string },
): Promise<void> {
  const namespace = namespaceOf(request.scope, { thread: threadOf(config), actor: signature.by?.id });
  if (namespace === undefined || storeOf(config) === undefined) return;
  const { tool, args, scope, expires_at } = request;
  const rule: AllowRule = {
    tool,
    ...(args ? { args } : {}),
    scope,
    ...(expires_at ? { expires_at } : {}),
    ...(signature.by ? { by: signature.by } : {}),
    at: signature.at ?? new Date().toISOString(),
  };
  await storeOf(config)?.put(namespace, id, { ...rule });
}

/** The rules in force: of this thread, of the person who approved the plan, and of the server. */
export async function rulesFor(config: NodeConfig, actor: string | undefined): Promise<AllowRule[]> {
  const store = storeOf(config);
  if (store === undefined) return [];
  const scopes = (["thread", "actor", "server"] as const).flatMap((scope) => {
    const namespace = namespaceOf(scope, { thread: threadOf(config), actor });
    return namespace === undefined ? [] : [namespace];
  });
  const found = await Promise.all(scopes.map((namespace) => store.search(namespace, { limit: 1000 })));
  const now = Date.now();
  return found
    .flat()
    .map(({ value }) => value as unknown as AllowRule)
    .filter(({ expires_at }) => expires_at === undefined || Date.parse(expires_at) > now);
}

export function isAllowed(
  rules: readonly AllowRule[],
  call: { tool: string; args: Record<string, unknown> },
): boolean {
  return rules.some((rule) => fits(rule, call));
}

function namespaceOf(
  scope: AllowRule["scope"],
  { thread, actor }: { thread: string | undefined; actor: string | undefined },
): string[] | undefined {
  if (scope === "server") return [...root, "server"];
  const name = scope === "thread" ? thread : actor;
  // Labels of a namespace hold no dots.
  return name === undefined ? undefined : [...root, scope, encodeURIComponent(name).replaceAll(".", "%2E")];
}

function threadOf(config: NodeConfig): string | undefined {
  return config.configurable?.thread_id as string | undefined;
}

function storeOf(config: NodeConfig): BaseStore | undefined {
  return config.store;
}
